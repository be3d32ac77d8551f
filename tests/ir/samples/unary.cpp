#include <cmath>
#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

using Kind = Unary::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

struct Domain {
  Kind kind;
  double low = -2, high = 2;
};

constexpr Domain kSmooth[] = {
    {Kind::neg}, {Kind::abs}, {Kind::sign}, {Kind::exp}, {Kind::expm1}, {Kind::log, 0.2, 3}, {Kind::log1p, -0.5, 3},
    {Kind::sqrt, 0.2, 3}, {Kind::rsqrt, 0.2, 3}, {Kind::sin}, {Kind::cos}, {Kind::tan, -1, 1}, {Kind::asin, -0.9, 0.9},
    {Kind::acos, -0.9, 0.9}, {Kind::atan}, {Kind::sinh}, {Kind::cosh}, {Kind::tanh}, {Kind::sigmoid}, {Kind::softplus}, {Kind::erf},
    {Kind::floor}, {Kind::ceil}, {Kind::round}};

std::vector<Sample> smooth() {
  std::vector<Sample> list;
  for (const Domain& domain : kSmooth) {
    const std::string name(Unary::name_of(domain.kind));
    list.push_back(sample(name, Unary::Attrs{domain.kind}, {spread({2, 3}, domain.low, domain.high)}).of({float32({kBatch, 3})}, 2));
    list.push_back(sample(name + " of a scalar", Unary::Attrs{domain.kind}, {spread({}, domain.low, domain.high, 1, DType::float64)}));
    list.push_back(sample(name + " in half precision", Unary::Attrs{domain.kind},
                          {spread({1, 4}, domain.low, domain.high, 2, DType::float16)}));
    list.back().smooth = false;  // half precision is rounded even where derivatives are taken
  }
  return list;
}

std::vector<Sample> special() {
  return {
      sample("abs at 0", Unary::Attrs{Kind::abs}, {floats({3}, {-1.5, 0, 2})}).gives({floats({3}, {1.5, 0, 2})})
          .slopes({floats({3}, {-1, 0, 1})}),
      sample("sign at 0 and of NaN", Unary::Attrs{Kind::sign}, {floats({3}, {-1.5, 0, kNan})}).gives({floats({3}, {-1, 0, kNan})})
          .slopes({Tensor()}),
      sample("sqrt at 0", Unary::Attrs{Kind::sqrt}, {floats({3}, {0, 4, -1})}).gives({floats({3}, {0, 2, kNan})})
          .slopes({floats({3}, {kInfinity, 0.25, kNan})}),
      sample("log at 0", Unary::Attrs{Kind::log}, {floats({2}, {0, 1})}).gives({floats({2}, {-kInfinity, 0})})
          .slopes({floats({2}, {kInfinity, 1})}),
      sample("round half to even", Unary::Attrs{Kind::round}, {floats({5}, {0.5, 1.5, 2.5, -0.5, -1.5})})
          .gives({floats({5}, {0, 2, 2, 0, -2})}).slopes({Tensor()}),
      sample("floor", Unary::Attrs{Kind::floor}, {floats({3}, {-1.5, 2, 2.5})}).gives({floats({3}, {-2, 2, 2})}).slopes({Tensor()}),
      sample("ceil", Unary::Attrs{Kind::ceil}, {floats({3}, {-1.5, 2, 2.5})}).gives({floats({3}, {-1, 2, 3})}).slopes({Tensor()}),
      sample("sigmoid far out", Unary::Attrs{Kind::sigmoid}, {floats({3}, {-1000, 0, 1000})}).gives({floats({3}, {0, 0.5, 1})})
          .slopes({floats({3}, {0, 0.25, 0})}),
      sample("softplus far out", Unary::Attrs{Kind::softplus}, {floats({3}, {-1000, 0, 1000})})
          .gives({floats({3}, {0, std::log(2.0), 1000})})
          .slopes({floats({3}, {0, 0.5, 1})}),
      sample("exp beyond half precision", Unary::Attrs{Kind::exp}, {floats({2}, {10, 12}, DType::float16)})
          .gives({floats({2}, {22032, kInfinity}, DType::float16)})
          .slopes({floats({2}, {22032, kInfinity}, DType::float16)}),
      sample("stop_gradient", Unary::Attrs{Kind::stop_gradient}, {spread({2})}).gives({spread({2})}).slopes({Tensor()}),
      sample("no elements", Unary::Attrs{Kind::exp}, {floats({0, 3}, {})}).gives({floats({0, 3}, {})}),
      sample("is_finite", Unary::Attrs{Kind::is_finite}, {floats({4}, {1, kNan, kInfinity, -kInfinity})}).gives({bools({4}, {1, 0, 0, 0})}),
      sample("is_nan", Unary::Attrs{Kind::is_nan}, {floats({4}, {1, kNan, kInfinity, -kInfinity})}).gives({bools({4}, {0, 1, 0, 0})}),
      sample("is_inf", Unary::Attrs{Kind::is_inf}, {floats({4}, {1, kNan, kInfinity, -kInfinity})}).gives({bools({4}, {0, 0, 1, 1})}),
      sample("logical_not", Unary::Attrs{Kind::logical_not}, {bools({2}, {0, 1})}).gives({bools({2}, {1, 0})}),
      sample("neg wraps around", Unary::Attrs{Kind::neg}, {integers({3}, {-128, 127, 0}, DType::int8)})
          .gives({integers({3}, {-128, -127, 0}, DType::int8)}),
      sample("neg of unsigned", Unary::Attrs{Kind::neg}, {integers({1}, {1}, DType::uint16)})
          .gives({integers({1}, {65535}, DType::uint16)}),
      sample("abs of integers", Unary::Attrs{Kind::abs}, {integers({3}, {-7, 0, 7})}).gives({integers({3}, {7, 0, 7})}),
      sample("abs of the largest uint64", Unary::Attrs{Kind::abs}, {integers({1}, {-1}, DType::uint64)})
          .gives({integers({1}, {-1}, DType::uint64)}),
      sample("sign of integers", Unary::Attrs{Kind::sign}, {integers({3}, {-7, 0, 7})}).gives({integers({3}, {-1, 0, 1})}),
      sample("sign of the largest uint64", Unary::Attrs{Kind::sign}, {integers({1}, {-1}, DType::uint64)})
          .gives({integers({1}, {1}, DType::uint64)}),
  };
}

}  // namespace

Samples samples_Unary() {
  Samples samples{smooth(),
                  {{Unary::Attrs{Kind::exp}, {int32({2})}, "exp takes a float, not int32"},
                   {Unary::Attrs{Kind::floor}, {int32({2})}, "floor takes a float, not int32"},
                   {Unary::Attrs{Kind::neg}, {boolean({2})}, "neg takes a float or an integer, not bool"},
                   {Unary::Attrs{Kind::logical_not}, {float32({2})}, "logical_not takes a bool, not float32"},
                   {Unary::Attrs{Kind::is_nan}, {int32({2})}, "is_nan takes a float, not int32"}}};
  for (Sample& more : special()) samples.good.push_back(std::move(more));
  return samples;
}

}  // namespace keratin::ir::test
