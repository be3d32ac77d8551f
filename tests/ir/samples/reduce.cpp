#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

using Kind = Reduce::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<Sample> smooth() {
  std::vector<Sample> list;
  for (Kind kind : {Kind::sum, Kind::prod, Kind::max, Kind::min}) {
    const std::string name(Reduce::name_of(kind));
    for (const std::vector<int>& axes : {std::vector<int>{0}, {1}, {2}, {0, 2}, {1, 2}, {0, 1, 2}})
      list.push_back(sample(name, Reduce::Attrs{kind, axes}, {spread({2, 3, 2})}));
    list.push_back(sample(name + " over the batch", Reduce::Attrs{kind, {0}}, {spread({3, 2})}).of({float32({kBatch, 2})}, 3));
    list.push_back(sample(name + " over all", Reduce::Attrs{kind, {0, 1}}, {spread({3, 2}, -2, 2, 1, DType::float64)})
                       .of({{DType::float64, {kBatch, 2}}}, 3));
    list.push_back(sample(name + " of one element", Reduce::Attrs{kind, {0}}, {spread({1, 2})}));
  }
  list.push_back(sample("prod with a zero", Reduce::Attrs{Kind::prod, {0}}, {floats({3}, {2, 0, 3})}).gives({floats({1}, {0})}));
  list.push_back(sample("prod with two zeros", Reduce::Attrs{Kind::prod, {0, 1}}, {floats({2, 2}, {2, 0, 3, 0})})
                     .gives({floats({1, 1}, {0})}));
  return list;
}

Sample of(Kind kind, Tensor in, Tensor out) {
  Sample made = sample(std::string(Reduce::name_of(kind)) + " of " + std::string(name_of(in.dtype)), Reduce::Attrs{kind, {in.rank() - 1}},
                       {in});
  made.smooth = false;
  return made.gives({out});
}

std::vector<Sample> chosen() {
  return {
      of(Kind::sum, floats({2, 3}, {1, 2, 3, 4, 5, 6}), floats({2, 1}, {6, 15})),
      of(Kind::max, floats({1, 3}, {1, 3, 3}), floats({1, 1}, {3})).slopes({floats({1, 3}, {0, 0.5, 0.5})}),
      of(Kind::min, floats({4}, {1, 1, 3, 1}), floats({1}, {1})).slopes({floats({4}, {1.0 / 3, 1.0 / 3, 0, 1.0 / 3})}),
      of(Kind::max, floats({2, 3}, {1, kNan, 3, -kInfinity, -kInfinity, -kInfinity}), floats({2, 1}, {kNan, -kInfinity})),
      of(Kind::min, floats({2}, {kNan, 1}), floats({1}, {kNan})),
      of(Kind::sum, floats({2, 0}, {}), floats({2, 1}, {0, 0})),
      of(Kind::prod, floats({2, 0}, {}), floats({2, 1}, {1, 1})),
      of(Kind::max, floats({1, 0}, {}), floats({1, 1}, {-kInfinity})),
      of(Kind::min, floats({1, 0}, {}), floats({1, 1}, {kInfinity})),
      of(Kind::sum, floats({2}, {60000, 60000}, DType::float16), floats({1}, {kInfinity}, DType::float16)),
      of(Kind::sum, integers({3}, {100, 100, 100}, DType::int8), integers({1}, {44}, DType::int8)),
      of(Kind::prod, integers({3}, {2, 3, -7}), integers({1}, {-42})),
      of(Kind::max, integers({3}, {2, -3, 1}), integers({1}, {2})),
      of(Kind::min, integers({3}, {2, -3, 1}), integers({1}, {-3})),
      of(Kind::max, integers({2}, {-1, 1}, DType::uint64), integers({1}, {-1}, DType::uint64)),
      of(Kind::min, integers({2}, {-1, 1}, DType::uint64), integers({1}, {1}, DType::uint64)),
      of(Kind::max, integers({1, 0}, {}, DType::int16), integers({1, 1}, {-32768}, DType::int16)),
      of(Kind::min, integers({1, 0}, {}, DType::uint32), integers({1, 1}, {4294967295}, DType::uint32)),
      of(Kind::any, bools({2, 2}, {0, 0, 0, 1}), bools({2, 1}, {0, 1})),
      of(Kind::all, bools({2, 2}, {1, 0, 1, 1}), bools({2, 1}, {0, 1})),
      of(Kind::any, bools({1, 0}, {}), bools({1, 1}, {0})),
      of(Kind::all, bools({1, 0}, {}), bools({1, 1}, {1})),
  };
}

}  // namespace

Samples samples_Reduce() {
  Samples samples{smooth(),
                  {{Reduce::Attrs{Kind::sum, {0}}, {boolean({2})}, "sum takes floats or integers, not bool"},
                   {Reduce::Attrs{Kind::any, {0}}, {float32({2})}, "any takes bools, not float32"},
                   {Reduce::Attrs{Kind::sum, {}}, {float32({2})}, "sum without an axis"},
                   {Reduce::Attrs{Kind::sum, {2}}, {float32({2, 3})}, "axis 2 is outside 0..1 of [2,3]"},
                   {Reduce::Attrs{Kind::sum, {-1}}, {float32({2, 3})}, "axis -1 is outside 0..1 of [2,3]"},
                   {Reduce::Attrs{Kind::sum, {1, 0}}, {float32({2, 3})}, "axes (1, 0) are not sorted and different"},
                   {Reduce::Attrs{Kind::sum, {1, 1}}, {float32({2, 3})}, "axes (1, 1) are not sorted and different"},
                   {Reduce::Attrs{Kind::sum, {0}}, {float32({})}, "axis 0, the operand is a scalar"}}};
  for (Sample& more : chosen()) samples.good.push_back(std::move(more));
  return samples;
}

}  // namespace keratin::ir::test
