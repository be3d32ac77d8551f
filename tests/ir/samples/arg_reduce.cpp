#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_ArgReduce() {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto largest = [](int axis) { return ArgReduce::Attrs{true, axis, DType::int32}; };
  const auto smallest = [](int axis) { return ArgReduce::Attrs{false, axis, DType::int64}; };
  return {{sample("first of ties", largest(1), {floats({2, 3}, {1, 3, 3, 2, 2, 1})}).gives({integers({2, 1}, {1, 0})}),
           sample("along the batch", largest(0), {floats({3, 2}, {1, 5, 3, 4, 2, 6})}).of({float32({kBatch, 2})}, 3)
               .gives({integers({1, 2}, {1, 2})}),
           sample("first smallest", smallest(0), {floats({4}, {2, 1, 1, 3})}).gives({integers({1}, {1}, DType::int64)}),
           sample("middle axis", smallest(1), {floats({1, 2, 2}, {1, 2, 0, 3})}).gives({integers({1, 1, 2}, {1, 0}, DType::int64)}),
           sample("first NaN", largest(0), {floats({4}, {9, kNan, 7, kNan})}).gives({integers({1}, {1})}),
           sample("first NaN again", smallest(0), {floats({3}, {kNan, -9, kNan})}).gives({integers({1}, {0}, DType::int64)}),
           sample("integers", largest(0), {integers({3}, {-5, -1, -2})}).gives({integers({1}, {1})}),
           sample("uint64", smallest(0), {integers({2}, {-1, 1}, DType::uint64)}).gives({integers({1}, {1}, DType::int64)}),
           sample("bools", largest(0), {bools({3}, {0, 1, 1})}).gives({integers({1}, {1})}),
           sample("extent 1", largest(1), {spread({2, 1})}).gives({integers({2, 1}, {0, 0})})},
          {{ArgReduce::Attrs{true, 0, DType::float32}, {float32({2})}, "an index cannot be float32"},
           {largest(0), {{DType::string, {2}}}, "strings have no largest element"},
           {largest(1), {float32({2})}, "axis 1 is outside 0..0 of [2]"},
           {largest(0), {float32({})}, "axis 0, the operand is a scalar"},
           {largest(1), {float32({2, 0})}, "[2,0] has no elements along axis 1"}}};
}

}  // namespace keratin::ir::test
