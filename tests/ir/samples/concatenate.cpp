#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Concatenate() {
  const Concatenate::Attrs first{0}, second{1};
  return {{sample("rows", first, {floats({1, 2}, {1, 2}), floats({2, 2}, {3, 4, 5, 6})}).gives({floats({3, 2}, {1, 2, 3, 4, 5, 6})}),
           sample("columns", second, {floats({2, 1}, {1, 2}), floats({2, 2}, {3, 4, 5, 6})}).gives({floats({2, 3}, {1, 3, 4, 2, 5, 6})}),
           sample("three parts, one empty", second, {spread({2, 1}), floats({2, 0}, {}), spread({2, 3}, -2, 2, 1)}),
           sample("one part", first, {spread({2})}).gives({spread({2})}),
           sample("middle axis", second, {spread({2, 1, 2}), spread({2, 2, 2}, -2, 2, 1)}),
           sample("features of each example", second, {spread({2, 2}), spread({2, 1}, -2, 2, 1)})
               .of({float32({kBatch, 2}), float32({kBatch, 1})}, 2),
           sample("examples", first, {spread({2}), spread({1}, -2, 2, 1)}).of({float32({kBatch}), float32({1})}, 2),
           sample("bools", first, {bools({1}, {1}), bools({1}, {0})}).gives({bools({2}, {1, 0})})},
          {{first, {}, "nothing to join"},
           {second, {float32({2}), float32({2})}, "axis 1 is outside 0..0 of [2]"},
           {first, {float32({}), float32({})}, "axis 0, the operand is a scalar"},
           {first, {float32({2, 3}), float32({2, 4})}, "cannot join float32[2,3] and float32[2,4] along axis 0"},
           {first, {float32({2}), float32({2, 1})}, "cannot join float32[2] and float32[2,1] along axis 0"},
           {first, {float32({2}), int32({2})}, "cannot join float32[2] and int32[2] along axis 0"}}};
}

}  // namespace keratin::ir::test
