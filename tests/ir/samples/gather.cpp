#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Gather() {
  const auto at = [](int axis, int batch_dims = 0) { return Gather::Attrs{axis, batch_dims, true}; };
  return {{sample("rows, repeated", at(0), {floats({3, 2}, {1, 2, 3, 4, 5, 6}), integers({4}, {2, 0, 2, 2})})
               .gives({floats({4, 2}, {5, 6, 1, 2, 5, 6, 5, 6})}),
           sample("columns", at(1), {floats({2, 3}, {1, 2, 3, 4, 5, 6}), integers({2}, {2, 0})}).gives({floats({2, 2}, {3, 1, 6, 4})}),
           sample("one column", at(1), {spread({2, 3}), integers({}, {1}, DType::int64)}),
           sample("table by examples", at(0), {spread({4, 2}), integers({2, 3}, {0, 3, 3, 1, 0, 0}, DType::uint8)})
               .of({float32({4, 2}), {DType::uint8, {kBatch, 3}}}, 2),
           sample("paired", at(1, 1), {floats({2, 3}, {1, 2, 3, 4, 5, 6}), integers({2, 2}, {2, 2, 0, 1})})
               .gives({floats({2, 2}, {3, 3, 4, 5})}),
           sample("paired with an axis between", at(2, 1), {spread({2, 2, 3, 2}), integers({2, 2}, {2, 0, 1, 1})}),
           sample("paired, one each", at(1, 1), {spread({2, 3}), integers({2}, {2, 0})}).of({float32({kBatch, 3}), int32({kBatch})}, 2),
           sample("no indices", at(0), {spread({2}), integers({0}, {})}).gives({floats({0}, {})}),
           sample("known to be in range", Gather::Attrs{0, 0, false}, {spread({2}), integers({1}, {1})}),
           sample("integers", at(0), {integers({2}, {7, 8}), integers({3}, {1, 1, 0})}).gives({integers({3}, {8, 8, 7})})},
          {{at(0), {float32({2}), float32({2})}, "indices are float32, not integers"},
           {at(1), {float32({2}), int32({2})}, "axis 1 is outside 0..0 of [2]"},
           {at(0), {float32({}), int32({2})}, "axis 0, the operand is a scalar"},
           {at(0, 1), {float32({2, 3}), int32({2})}, "1 paired axes, axis 0 and indices [2] allow at most 0"},
           {at(1, 1), {float32({2, 3}), int32({})}, "1 paired axes, axis 1 and indices [] allow at most 0"},
           {at(1, -1), {float32({2, 3}), int32({2})}, "-1 paired axes, axis 1 and indices [2] allow at most 1"},
           {at(1, 1), {float32({kBatch, 3}), int32({2})}, "axis 0 is paired, [n,3] and indices [2] differ"}}};
}

}  // namespace keratin::ir::test
