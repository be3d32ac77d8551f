#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Dot() {
  const Dot::Attrs matrices{{}, {}, {1}, {0}}, outer{{}, {}, {}, {}}, batched{{0}, {0}, {2}, {1}}, crossed{{1}, {2}, {2, 0}, {1, 0}};
  return {{sample("matrices", matrices, {floats({2, 2}, {1, 2, 3, 4}), floats({2, 1}, {5, 6})}).gives({floats({2, 1}, {17, 39})}),
           sample("examples by weights", matrices, {spread({2, 3}), spread({3, 4}, -2, 2, 1)})
               .of({float32({kBatch, 3}), float32({3, 4})}, 2),
           sample("outer product", outer, {spread({2}), spread({3}, -2, 2, 1)}),
           sample("scalars", outer, {spread({}), spread({}, -2, 2, 1)}),
           sample("batched", batched, {spread({2, 2, 3}), spread({2, 3, 2}, -2, 2, 1)}),
           sample("several axes in other orders", crossed, {spread({2, 3, 4, 2}), spread({2, 4, 3, 2}, -2, 2, 1)}),
           sample("over the batch", Dot::Attrs{{}, {}, {0}, {0}}, {spread({3, 2}), spread({3, 2}, -2, 2, 1)})
               .of({float32({kBatch, 2}), float32({kBatch, 2})}, 3),
           sample("integers wrap around", matrices, {integers({1, 2}, {100, 100}, DType::int8), integers({2, 1}, {1, 1}, DType::int8)})
               .gives({integers({1, 1}, {-56}, DType::int8)})},
          {{matrices, {float32({2, 3}), int32({3, 2})}, "multiplies float32 by int32"},
           {matrices, {boolean({2, 3}), boolean({3, 2})}, "takes numbers, not bool"},
           {matrices, {float32({2, 3}), float32({4, 2})}, "contracts axis 1 of [2,3] with axis 0 of [4,2]: 3 and 4"}}};
}

}  // namespace keratin::ir::test
