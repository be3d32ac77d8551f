#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Sort() {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const Sort::Attrs ascending{false, -1}, descending{true, -1};
  const Tensor ties = floats({4}, {3, 1, 2, 1});
  return {{sample("ascending, ties in order", ascending, {ties}).gives({floats({4}, {1, 1, 2, 3}), integers({4}, {1, 3, 2, 0})})
               .slopes({floats({4}, {1, 1, 1, 1})}),
           sample("descending, ties in order", descending, {ties}).gives({floats({4}, {3, 2, 1, 1}), integers({4}, {0, 2, 1, 3})})
               .slopes({floats({4}, {1, 1, 1, 1})}),
           sample("largest two", Sort::Attrs{true, 2}, {ties}).gives({floats({2}, {3, 2}), integers({2}, {0, 2})}),
           sample("smallest one, tied", Sort::Attrs{false, 1}, {ties}).gives({floats({1}, {1}), integers({1}, {1})})
               .slopes({floats({4}, {0, 1, 0, 0})}),
           sample("rows of each example", Sort::Attrs{true, 2}, {spread({2, 4})}).of({float32({kBatch, 4})}, 2),
           sample("examples", ascending, {spread({2, 3})}).of({float32({2, kBatch})}, 3),
           sample("one element", ascending, {spread({2, 1})}),
           sample("NaN is above everything", ascending, {floats({3}, {kNan, 1, 2})})
               .gives({floats({3}, {1, 2, kNan}), integers({3}, {1, 2, 0})}).slopes({floats({3}, {1, 1, 1})}),
           sample("NaN comes first", descending, {floats({3}, {1, kNan, 2})}).gives({floats({3}, {kNan, 2, 1}), integers({3}, {1, 2, 0})})
               .slopes({floats({3}, {1, 1, 1})}),
           sample("integers", descending, {integers({3}, {-1, 5, 0})}).gives({integers({3}, {5, 0, -1}), integers({3}, {1, 2, 0})}),
           sample("uint64", ascending, {integers({2}, {-1, 5}, DType::uint64)})
               .gives({integers({2}, {5, -1}, DType::uint64), integers({2}, {1, 0})}),
           sample("no rows", ascending, {floats({0, 2}, {})}).gives({floats({0, 2}, {}), integers({0, 2}, {})})},
          {{ascending, {{DType::string, {2}}}, "strings are not sorted"},
           {ascending, {float32({})}, "a scalar has no axis to sort"},
           {Sort::Attrs{true, 5}, {float32({4})}, "takes the first 5 of 4 elements"},
           {Sort::Attrs{true, 0}, {float32({4})}, "takes the first 0 of 4 elements"},
           {Sort::Attrs{true, 2}, {float32({kBatch})}, "takes the first 2 of n elements"}}};
}

}  // namespace keratin::ir::test
