#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Pad() {
  const Dim n = kBatch;
  const Tensor value = floats({}, {9});
  return {{sample("both ends", Pad::Attrs{{1}, {2}, {0}}, {floats({2}, {1, 2}), value}).gives({floats({5}, {9, 1, 2, 9, 9})}),
           sample("between", Pad::Attrs{{0}, {1}, {2}}, {floats({2}, {1, 2}), value}).gives({floats({5}, {1, 9, 9, 2, 9})}),
           sample("two axes", Pad::Attrs{{1, 0}, {0, 1}, {1, 0}}, {spread({2, 2}), value}),
           sample("nothing", Pad::Attrs{{0}, {0}, {0}}, {spread({3}), value}),
           sample("scalar", Pad::Attrs{{}, {}, {}}, {spread({}), value}),
           sample("one element", Pad::Attrs{{1}, {0}, {3}}, {spread({1}), value}),
           sample("no elements", Pad::Attrs{{1}, {1}, {2}}, {floats({0}, {}), value}).gives({floats({2}, {9, 9})}),
           sample("of each example", Pad::Attrs{{0, 1}, {0, 1}, {0, 1}}, {spread({2, 2}), value}).of({float32({n, 2}), float32({})}, 2),
           sample("more examples", Pad::Attrs{{1}, {n}, {0}}, {spread({2}), value}).of({float32({n}), float32({})}, 2),
           sample("between examples", Pad::Attrs{{0}, {0}, {1}}, {spread({2}), value}).of({float32({n}), float32({})}, 2),
           sample("bools", Pad::Attrs{{1}, {0}, {0}}, {bools({2}, {0, 0}), bools({}, {1})}).gives({bools({3}, {1, 0, 0})})},
          {{Pad::Attrs{{0}, {1}, {0}}, {float32({2}), int32({})}, "the value is int32[], not a scalar of float32"},
           {Pad::Attrs{{0}, {1}, {0}}, {float32({2}), float32({1})}, "the value is float32[1], not a scalar of float32"},
           {Pad::Attrs{{0}, {1}, {0}}, {float32({2, 3}), float32({})}, "low, high and interior are of 1, 1 and 1 axes, the operand has 2"},
           {Pad::Attrs{{-1}, {1}, {0}}, {float32({2}), float32({})}, "padding -1, 1, 0 of axis 0 is negative"},
           {Pad::Attrs{{0}, {1}, {-2}}, {float32({2}), float32({})}, "padding 0, 1, -2 of axis 0 is negative"},
           {Pad::Attrs{{0}, {0}, {1}},
            {float32({n - 1}), float32({})},
            "axis 0 of n-1 elements may be empty, which leaves nothing to put 1 cells between"}}};
}

}  // namespace keratin::ir::test
