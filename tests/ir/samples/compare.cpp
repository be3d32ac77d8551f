#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

using Kind = Compare::Kind;

Sample of_floats(Kind kind, std::vector<int64_t> expected) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  return sample(std::string(Compare::name_of(kind)), Compare::Attrs{kind},
                {floats({5}, {1, 2, 3, kNan, -0.0}), floats({5}, {2, 2, 2, kNan, 0.0})})
      .gives({bools({5}, std::move(expected))});
}

Sample of_unsigned(Kind kind, int64_t expected) {  // the largest uint64 and 1
  return sample(std::string(Compare::name_of(kind)) + " of uint64", Compare::Attrs{kind},
                {integers({}, {-1}, DType::uint64), integers({}, {1}, DType::uint64)})
      .gives({bools({}, {expected})});
}

}  // namespace

Samples samples_Compare() {
  return {{of_floats(Kind::eq, {0, 1, 0, 0, 1}), of_floats(Kind::ne, {1, 0, 1, 1, 0}), of_floats(Kind::lt, {1, 0, 0, 0, 0}),
           of_floats(Kind::le, {1, 1, 0, 0, 1}), of_floats(Kind::gt, {0, 0, 1, 0, 0}), of_floats(Kind::ge, {0, 1, 1, 0, 1}),
           of_unsigned(Kind::lt, 0),
           of_unsigned(Kind::le, 0), of_unsigned(Kind::gt, 1), of_unsigned(Kind::ge, 1), of_unsigned(Kind::eq, 0), of_unsigned(Kind::ne, 1),
           sample("of the batch", Compare::Attrs{Kind::lt}, {integers({2, 1}, {-1, 5}), integers({2, 1}, {0, 5})})
               .of({int32({kBatch, 1}), int32({kBatch, 1})}, 2)
               .gives({bools({2, 1}, {1, 0})}),
           sample("of bools", Compare::Attrs{Kind::ne}, {bools({2}, {0, 1}), bools({2}, {1, 1})}).gives({bools({2}, {1, 0})})},
          {{Compare::Attrs{Kind::lt}, {float32({2}), float32({3})}, "less takes operands of one type, not float32[2] and float32[3]"},
           {Compare::Attrs{Kind::eq}, {float32({2}), int32({2})}, "equal takes operands of one type, not float32[2] and int32[2]"}}};
}

}  // namespace keratin::ir::test
