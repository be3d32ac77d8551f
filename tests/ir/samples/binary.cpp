#include <cmath>
#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

using Kind = Binary::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<Sample> smooth() {
  std::vector<Sample> list;
  for (Kind kind : {Kind::add, Kind::sub, Kind::mul, Kind::div, Kind::max, Kind::min, Kind::pow, Kind::mod, Kind::floor_div, Kind::atan2}) {
    const std::string name(Binary::name_of(kind));
    const double low = kind == Kind::pow ? 0.3 : -2;
    list.push_back(sample(name, Binary::Attrs{kind}, {spread({2, 3}, low, 2), spread({2, 3}, 0.4, 3, 5)})
                       .of({float32({kBatch, 3}), float32({kBatch, 3})}, 2));
    list.push_back(sample(name + " of scalars", Binary::Attrs{kind},
                          {spread({}, low, 2, 1, DType::float64), spread({}, 0.4, 3, 6, DType::float64)}));
  }
  list.push_back(sample("div by negative numbers", Binary::Attrs{Kind::div}, {spread({5}), spread({5}, -3, -0.5, 4)}));
  list.push_back(sample("mod by negative numbers", Binary::Attrs{Kind::mod}, {spread({5}), spread({5}, -3, -0.5, 4)}));
  return list;
}

Sample of_floats(Kind kind, std::vector<double> a, std::vector<double> b, std::vector<double> expected) {
  const int64_t n = static_cast<int64_t>(a.size());
  Sample made = sample(std::string(Binary::name_of(kind)) + " of chosen numbers", Binary::Attrs{kind}, {floats({n}, a), floats({n}, b)});
  made.smooth = false;
  return made.gives({floats({n}, expected)});
}

Sample of_integers(Kind kind, DType dtype, std::vector<int64_t> a, std::vector<int64_t> b, std::vector<int64_t> expected) {
  const int64_t n = static_cast<int64_t>(a.size());
  return sample(std::string(Binary::name_of(kind)) + " of " + std::string(name_of(dtype)), Binary::Attrs{kind},
                {integers({n}, a, dtype), integers({n}, b, dtype)})
      .gives({integers({n}, expected, dtype)});
}

std::vector<Sample> chosen_floats() {
  return {
      of_floats(Kind::max, {1, 2, 3}, {2, 2, 2}, {2, 2, 3}).slopes({floats({3}, {0, 1, 1}), floats({3}, {1, 0, 0})}),
      of_floats(Kind::min, {1, 2, 3}, {2, 2, 2}, {1, 2, 2}).slopes({floats({3}, {1, 1, 0}), floats({3}, {0, 0, 1})}),
      of_floats(Kind::max, {kNan, 1, kInfinity}, {1, kNan, 1}, {kNan, kNan, kInfinity}),
      of_floats(Kind::min, {kNan, 1, -kInfinity}, {1, kNan, 1}, {kNan, kNan, -kInfinity}),
      of_floats(Kind::div, {1, -1, 0}, {0, 0, 0}, {kInfinity, -kInfinity, kNan}),
      of_floats(Kind::mod, {-7.5, 7.5, 7.5, 6}, {2, -2, 2, 2}, {0.5, -0.5, 1.5, 0}),
      of_floats(Kind::floor_div, {-7.5, 7.5, 7.5, 1, 5, -1, 6, 0}, {2, -2, 2, 0.1, 0, kInfinity, 2, 0}, {-4, -4, 3, 10, kInfinity, 0, 3, kNan}),
      of_floats(Kind::floor_div, {kInfinity, -kInfinity, kInfinity, kInfinity, 1e30}, {2, 2, -2, -kInfinity, 3}, {kInfinity, -kInfinity, -kInfinity, kNan, 1e30f / 3}),
      of_floats(Kind::mod, {-1, 1, kInfinity, 5, 0, kNan, 3}, {kInfinity, -kInfinity, 2, 0, kInfinity, 1, kNan}, {kInfinity, -kInfinity, kNan, kNan, 0, kNan, kNan}),
      of_floats(Kind::pow, {0, -2, 2, 0}, {2, 2, 3, 0.5}, {0, 4, 8, 0})
          .slopes({floats({4}, {0, -4, 12, kInfinity}), floats({4}, {0, 0, 8 * std::log(2.0), 0})}),
      of_floats(Kind::pow, {0, -2, -8}, {0, 3, 0.5}, {1, -8, kNan}),
      of_floats(Kind::atan2, {1, 0, -1}, {0, 1, 0}, {std::acos(0.0), 0, -std::acos(0.0)}),
  };
}

std::vector<Sample> chosen_integers() {
  constexpr int64_t kTop = INT64_MIN;  // 2^63 as uint64
  return {
      of_integers(Kind::add, DType::uint8, {250, 1}, {10, 1}, {4, 2}),
      of_integers(Kind::sub, DType::uint8, {1}, {2}, {255}),
      of_integers(Kind::mul, DType::int16, {300, -300}, {300, 2}, {24464, -600}),
      of_integers(Kind::mul, DType::uint64, {-1}, {-1}, {1}),
      of_integers(Kind::div, DType::int32, {7, -7, 7, 7}, {2, 2, -2, 0}, {3, -3, -3, 0}),
      of_integers(Kind::div, DType::int8, {-128}, {-1}, {-128}),
      of_integers(Kind::div, DType::int64, {INT64_MIN}, {-1}, {INT64_MIN}),
      of_integers(Kind::div, DType::uint64, {-1}, {2}, {INT64_MAX}),
      of_integers(Kind::div, DType::uint64, {5, 5}, {0, -1}, {0, 0}),
      of_integers(Kind::div, DType::uint8, {5, 255, 7}, {255, 255, 0}, {0, 1, 0}),
      of_integers(Kind::floor_div, DType::uint8, {5, 255, 7}, {255, 255, 0}, {0, 1, 0}),
      of_integers(Kind::mod, DType::uint8, {5, 255, 7}, {255, 255, 0}, {5, 0, 0}),
      of_integers(Kind::floor_div, DType::int32, {INT32_MIN, INT32_MIN}, {-1, 0}, {INT32_MIN, 0}),
      of_integers(Kind::mod, DType::int64, {INT64_MIN, INT64_MIN}, {-1, 0}, {0, 0}),
      of_integers(Kind::add, DType::int32, {INT32_MAX}, {1}, {INT32_MIN}),
      of_integers(Kind::sub, DType::int64, {INT64_MIN}, {1}, {INT64_MAX}),
      of_integers(Kind::mul, DType::int32, {65536, -3}, {65537, 5}, {65536, -15}),
      of_integers(Kind::mul, DType::uint16, {65535}, {65535}, {1}),
      of_integers(Kind::floor_div, DType::int32, {7, -7, 7, -7, -6, 7}, {2, 2, -2, -2, 2, 0}, {3, -4, -4, 3, -3, 0}),
      of_integers(Kind::mod, DType::int32, {7, -7, 7, -7, -6, 7}, {2, 2, -2, -2, 2, 0}, {1, 1, -1, -1, 0, 0}),
      of_integers(Kind::mod, DType::uint64, {-1}, {10}, {5}),
      of_integers(Kind::max, DType::int32, {-1, 3}, {1, 2}, {1, 3}),
      of_integers(Kind::max, DType::uint64, {kTop}, {1}, {kTop}),
      of_integers(Kind::min, DType::uint64, {kTop}, {1}, {1}),
      of_integers(Kind::pow, DType::int32, {2, 3, -1, -1, 0, 0, 7}, {10, -1, -3, -2, 0, -1, 1}, {1024, 0, -1, 1, 1, 0, 7}),
      of_integers(Kind::pow, DType::int8, {2}, {7}, {-128}),
      of_integers(Kind::shift_left, DType::int32, {1, 1, 1, 1}, {3, 31, 32, -1}, {8, INT32_MIN, 0, 0}),
      of_integers(Kind::shift_left, DType::uint8, {200}, {1}, {144}),
      of_integers(Kind::shift_right, DType::int32, {-8, -8, 8, 8}, {1, 40, 1, 40}, {-4, -1, 4, 0}),
      of_integers(Kind::shift_right, DType::uint64, {kTop, kTop}, {63, 64}, {1, 0}),
      of_integers(Kind::logical_and, DType::int32, {6}, {3}, {2}),
      of_integers(Kind::logical_or, DType::int32, {6}, {3}, {7}),
      of_integers(Kind::logical_xor, DType::int32, {6}, {3}, {5}),
      of_integers(Kind::logical_and, DType::boolean, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 0, 0, 1}),
      of_integers(Kind::logical_or, DType::boolean, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 1}),
      of_integers(Kind::logical_xor, DType::boolean, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 0}),
  };
}

}  // namespace

Samples samples_Binary() {
  Samples samples{smooth(),
                  {{Binary::Attrs{Kind::add}, {float32({2}), float32({kBatch})},
                    "add takes operands of one type, not float32[2] and float32[n]"},
                   {Binary::Attrs{Kind::mul}, {float32({2}), int32({2})}, "mul takes operands of one type, not float32[2] and int32[2]"},
                   {Binary::Attrs{Kind::add}, {boolean({2}), boolean({2})}, "add takes floats or integers, not bool"},
                   {Binary::Attrs{Kind::atan2}, {int32({2}), int32({2})}, "atan2 takes floats, not int32"},
                   {Binary::Attrs{Kind::logical_or}, {float32({2}), float32({2})}, "logical_or takes bools or integers, not float32"},
                   {Binary::Attrs{Kind::shift_left}, {boolean({2}), boolean({2})}, "shift_left takes integers, not bool"}}};
  for (Sample& more : chosen_floats()) samples.good.push_back(std::move(more));
  for (Sample& more : chosen_integers()) samples.good.push_back(std::move(more));
  return samples;
}

}  // namespace keratin::ir::test
