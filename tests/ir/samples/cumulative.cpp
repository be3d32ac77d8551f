#include <limits>

#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

using Kind = Cumulative::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<Sample> smooth() {
  std::vector<Sample> list;
  for (Kind kind : {Kind::sum, Kind::prod, Kind::max, Kind::min})
    for (int axis : {0, 1, 2})
      for (bool reverse : {false, true}) {
        const std::string name = std::string(Cumulative::name_of(kind)) + (reverse ? " backwards" : "");
        list.push_back(sample(name, Cumulative::Attrs{kind, axis, reverse, false}, {spread({2, 5, 1})}));
        if (kind == Kind::sum || kind == Kind::prod)  // the others begin with an infinity
          list.push_back(sample(name + ", exclusive", Cumulative::Attrs{kind, axis, reverse, true}, {spread({2, 5, 1})}));
      }
  for (Kind kind : {Kind::sum, Kind::max, Kind::min})
    list.push_back(sample("along the batch", Cumulative::Attrs{kind, 0, false, false}, {spread({3, 2})}).of({float32({kBatch, 2})}, 3));
  for (bool exclusive : {false, true}) {
    list.push_back(sample("prod with zeros", Cumulative::Attrs{Kind::prod, 0, false, exclusive}, {floats({6}, {2, 0, 3, 0, 4, 5})}));
    list.push_back(sample("prod of each example", Cumulative::Attrs{Kind::prod, 1, true, exclusive}, {floats({2, 3}, {2, 0, 3, 1, 4, 0})})
                       .of({float32({kBatch, 3})}, 2));
  }
  return list;
}

Sample of(Kind kind, bool reverse, bool exclusive, Tensor in, Tensor out) {
  Sample made = sample(std::string(Cumulative::name_of(kind)) + " of chosen numbers", Cumulative::Attrs{kind, 0, reverse, exclusive}, {in});
  made.smooth = false;
  return made.gives({out});
}

std::vector<Sample> chosen() {
  const Tensor ties = floats({4}, {1, 3, 2, 3});
  return {
      of(Kind::sum, false, false, floats({3}, {1, 2, 3}), floats({3}, {1, 3, 6})),
      of(Kind::sum, false, true, floats({3}, {1, 2, 3}), floats({3}, {0, 1, 3})),
      of(Kind::sum, true, false, floats({3}, {1, 2, 3}), floats({3}, {6, 5, 3})),
      of(Kind::sum, true, true, floats({3}, {1, 2, 3}), floats({3}, {5, 3, 0})),
      of(Kind::prod, false, true, floats({3}, {2, 3, 4}), floats({3}, {1, 2, 6})),
      of(Kind::max, false, false, ties, floats({4}, {1, 3, 3, 3})).slopes({floats({4}, {1, 3, 0, 0})}),
      of(Kind::max, false, true, ties, floats({4}, {-kInfinity, 1, 3, 3})).slopes({floats({4}, {1, 2, 0, 0})}),
      of(Kind::max, true, false, ties, floats({4}, {3, 3, 3, 3})).slopes({floats({4}, {0, 0, 0, 4})}),
      of(Kind::min, true, true, ties, floats({4}, {2, 2, 3, kInfinity})).slopes({floats({4}, {0, 0, 2, 1})}),
      of(Kind::max, false, false, floats({3}, {1, kNan, 2}), floats({3}, {1, kNan, kNan})),
      of(Kind::max, false, false, floats({0}, {}), floats({0}, {})),
      of(Kind::prod, false, false, floats({0}, {}), floats({0}, {})),
      of(Kind::sum, false, false, integers({3}, {100, 100, 100}, DType::int8), integers({3}, {100, -56, 44}, DType::int8)),
      of(Kind::prod, false, false, integers({3}, {2, 3, 4}), integers({3}, {2, 6, 24})),
      of(Kind::max, false, true, integers({3}, {2, -3, 4}), integers({3}, {INT32_MIN, 2, 2})),
      of(Kind::min, false, false, integers({2}, {-1, 4}, DType::uint64), integers({2}, {-1, 4}, DType::uint64)),
  };
}

}  // namespace

Samples samples_Cumulative() {
  Samples samples{smooth(),
                  {{Cumulative::Attrs{Kind::sum, 0}, {boolean({2})}, "a running sum takes floats or integers, not bool"},
                   {Cumulative::Attrs{Kind::max, 1}, {float32({2})}, "axis 1 is outside 0..0 of [2]"},
                   {Cumulative::Attrs{Kind::max, 0}, {float32({})}, "axis 0, the operand is a scalar"}}};
  for (Sample& more : chosen()) samples.good.push_back(std::move(more));
  return samples;
}

}  // namespace keratin::ir::test
