#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Reshape() {
  const int64_t huge = int64_t{1} << 31;
  return {{sample("merge", Reshape::Attrs{{6}}, {spread({2, 3})}), sample("split", Reshape::Attrs{{3, 1, 2}}, {spread({6})}),
           sample("scalar", Reshape::Attrs{Shape{}}, {spread({1, 1})}), sample("from a scalar", Reshape::Attrs{{1}}, {spread({})}),
           sample("merge the batch", Reshape::Attrs{{kBatch * 3}}, {spread({2, 3})}).of({float32({kBatch, 3})}, 2),
           sample("split the batch", Reshape::Attrs{{kBatch, 2, 2}}, {spread({4, 2})}).of({float32({kBatch * 2, 2})}, 2),
           sample("no elements", Reshape::Attrs{{0}}, {floats({0, 3}, {})}),
           sample("integers", Reshape::Attrs{{2, 1}}, {integers({2}, {1, 2})}),
           sample("bools", Reshape::Attrs{{2, 1}}, {bools({2}, {1, 0})}).gives({bools({2, 1}, {1, 0})})},
          {{Reshape::Attrs{{5}}, {float32({2, 3})}, "[2,3] and [5] differ in their number of elements"},
           {Reshape::Attrs{{6}}, {float32({kBatch, 3})}, "[n,3] and [6] differ in their number of elements"},
           {Reshape::Attrs{{-2, -3}}, {float32({6})}, "[-2,-3] has a negative extent"},
           {Reshape::Attrs{{huge, huge}}, {float32({2})}, "[2147483648,2147483648] has too many elements"},
           {Reshape::Attrs{{2}}, {float32({huge, huge})}, "[2147483648,2147483648] has too many elements"}}};
}

}  // namespace keratin::ir::test
