#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_ScatterAdd() {
  const auto at = [](int axis, Dim extent, int batch_dims = 0) { return ScatterAdd::Attrs{axis, batch_dims, extent}; };
  return {{sample("rows, repeated", at(0, 3), {floats({3, 2}, {1, 2, 3, 4, 5, 6}), integers({3}, {2, 0, 2})})
               .gives({floats({3, 2}, {3, 4, 0, 0, 6, 8})}),
           sample("columns", at(1, 3), {spread({2, 2}), integers({2}, {2, 0})}),
           sample("one column", at(1, 2), {spread({2, 3}), integers({}, {1})}),
           sample("table by examples", at(0, 4), {spread({2, 3, 2}), integers({2, 3}, {0, 3, 3, 1, 0, 0})})
               .of({float32({kBatch, 3, 2}), int32({kBatch, 3})}, 2),
           sample("paired", at(1, 3, 1), {floats({2, 2}, {1, 2, 3, 4}), integers({2, 2}, {2, 2, 0, 1})})
               .gives({floats({2, 3}, {0, 0, 3, 3, 4, 0})}),
           sample("paired with an axis between", at(2, 3, 1), {spread({2, 2, 2, 2}), integers({2, 2}, {2, 0, 1, 1})}),
           sample("into the batch", at(0, kBatch), {spread({2}), integers({2}, {1, 1})}).of({float32({2}), int32({2})}, 2),
           sample("no indices", at(0, 2), {floats({0}, {}), integers({0}, {})}).gives({floats({2}, {0, 0})}),
           sample("integers wrap around", at(0, 1), {integers({3}, {100, 100, 100}, DType::uint8), integers({3}, {0, 0, 0})})
               .gives({integers({1}, {44}, DType::uint8)})},
          {{at(0, 3), {boolean({2}), int32({2})}, "adds floats or integers, not bool"},
           {at(0, 3), {float32({2}), float32({2})}, "indices are float32, not integers"},
           {at(0, -1), {float32({2}), int32({2})}, "extent -1 is negative"},
           {at(0, 3), {float32({2}), int32({3})}, "updates [2] do not fit indices [3] at axis 0"},
           {at(1, 3), {float32({2}), int32({2})}, "updates [2] do not fit indices [2] at axis 1"},
           {at(1, 3, 1), {float32({3, 2}), int32({2, 2})}, "updates [3,2] do not fit indices [2,2] at axis 1"},
           {at(0, 3, 1), {float32({2, 2}), int32({2, 2})}, "1 paired axes, axis 0 and indices [2,2] allow at most 0"}}};
}

}  // namespace keratin::ir::test
