#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Reverse() {
  return {{sample("one axis", Reverse::Attrs{{0}}, {floats({3}, {1, 2, 3})}).gives({floats({3}, {3, 2, 1})}),
           sample("both axes", Reverse::Attrs{{0, 1}}, {floats({2, 2}, {1, 2, 3, 4})}).gives({floats({2, 2}, {4, 3, 2, 1})}),
           sample("steps of each example", Reverse::Attrs{{1}}, {spread({2, 3, 2})}).of({float32({kBatch, 3, 2})}, 2),
           sample("examples", Reverse::Attrs{{0}}, {spread({3, 2})}).of({float32({kBatch, 2})}, 3),
           sample("no axis", Reverse::Attrs{{}}, {spread({2})}),
           sample("scalar", Reverse::Attrs{{}}, {spread({})}), sample("one element", Reverse::Attrs{{0}}, {spread({1})}),
           sample("no elements", Reverse::Attrs{{1}}, {floats({2, 0}, {})}),
           sample("integers", Reverse::Attrs{{0}}, {integers({2}, {1, 2})}).gives({integers({2}, {2, 1})})},
          {{Reverse::Attrs{{1}}, {float32({2})}, "axis 1 is outside 0..0 of [2]"},
           {Reverse::Attrs{{1, 0}}, {float32({2, 2})}, "axes (1, 0) are not sorted and different"}}};
}

}  // namespace keratin::ir::test
