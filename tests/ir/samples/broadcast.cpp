#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Broadcast() {
  const Shape batch_by_two{kBatch, 2};
  return {{sample("new leading axis", Broadcast::Attrs{{2, 3}}, {floats({3}, {1, 2, 3})}).gives({floats({2, 3}, {1, 2, 3, 1, 2, 3})}),
           sample("last axis", Broadcast::Attrs{{2, 3}}, {floats({2, 1}, {1, 2})}).gives({floats({2, 3}, {1, 1, 1, 2, 2, 2})}),
           sample("middle axis", Broadcast::Attrs{{2, 3, 2}}, {spread({2, 1, 2})}),
           sample("all axes and new ones", Broadcast::Attrs{{2, 3, 2}}, {spread({1, 1})}),
           sample("scalar to the batch", Broadcast::Attrs{batch_by_two}, {floats({}, {7})}).of({float32({})}, 2)
               .gives({floats({2, 2}, {7, 7, 7, 7})}),
           sample("along the batch", Broadcast::Attrs{{kBatch, 3}}, {spread({2, 1})}).of({float32({kBatch, 1})}, 2),
           sample("rows for each example", Broadcast::Attrs{batch_by_two}, {spread({1, 2})}).of({float32({1, 2})}, 3),
           sample("nothing to repeat", Broadcast::Attrs{{2}}, {spread({2})}).gives({spread({2})}),
           sample("scalar stays", Broadcast::Attrs{Shape{}}, {spread({})}).gives({spread({})}),
           sample("to no elements", Broadcast::Attrs{{0, 2}}, {spread({2})}).gives({floats({0, 2}, {})}),
           sample("integers", Broadcast::Attrs{{2, 2}}, {integers({2}, {3, 4})}).gives({integers({2, 2}, {3, 4, 3, 4})})},
          {{Broadcast::Attrs{{3}}, {float32({2, 3})}, "[2,3] has more axes than [3]"},
           {Broadcast::Attrs{{2, 4}}, {float32({2, 3})}, "[2,3] does not repeat to [2,4]: 3 elements along axis 1 are neither 4 nor 1"},
           {Broadcast::Attrs{{kBatch, 4}}, {float32({2, 4})},
            "[2,4] does not repeat to [n,4]: 2 elements along axis 0 are neither n nor 1"}}};
}

}  // namespace keratin::ir::test
