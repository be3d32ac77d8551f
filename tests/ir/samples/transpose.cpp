#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Transpose() {
  return {{sample("matrix", Transpose::Attrs{{1, 0}}, {floats({2, 3}, {1, 2, 3, 4, 5, 6})}).gives({floats({3, 2}, {1, 4, 2, 5, 3, 6})}),
           sample("rotation", Transpose::Attrs{{2, 0, 1}}, {spread({2, 3, 4})}),
           sample("channels first", Transpose::Attrs{{0, 3, 1, 2}}, {spread({2, 1, 2, 3})}).of({float32({kBatch, 1, 2, 3})}, 2),
           sample("scalar", Transpose::Attrs{{}}, {spread({})}),
           sample("bools", Transpose::Attrs{{1, 0}}, {bools({1, 2}, {1, 0})}).gives({bools({2, 1}, {1, 0})})},
          {{Transpose::Attrs{{0, 0}}, {float32({2, 2})}, "(0, 0) is no order of axes"},
           {Transpose::Attrs{{1, 0}}, {float32({2, 2, 2})}, "orders 2 axes, the operand has 3"}}};
}

}  // namespace keratin::ir::test
