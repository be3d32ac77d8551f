#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Slice() {
  const Dim n = kBatch;
  return {{sample("middle", Slice::Attrs{{1}, {3}, {1}}, {floats({4}, {1, 2, 3, 4})}).gives({floats({2}, {2, 3})}),
           sample("every second", Slice::Attrs{{0}, {5}, {2}}, {floats({5}, {1, 2, 3, 4, 5})}).gives({floats({3}, {1, 3, 5})}),
           sample("every second, last not met", Slice::Attrs{{1}, {6}, {3}}, {spread({6})}),
           sample("one", Slice::Attrs{{2}, {3}, {5}}, {spread({4})}),
           sample("none", Slice::Attrs{{2}, {2}, {1}}, {spread({4})}).gives({floats({0}, {})}),
           sample("none in steps", Slice::Attrs{{2}, {2}, {3}}, {spread({4})}),
           sample("both axes", Slice::Attrs{{1, 0}, {3, 4}, {1, 3}}, {spread({3, 4})}),
           sample("scalar", Slice::Attrs{{}, {}, {}}, {spread({})}),
           sample("of each example", Slice::Attrs{{0, 1}, {n, 3}, {1, 1}}, {spread({2, 4})}).of({float32({n, 4})}, 2),
           sample("all but the last example", Slice::Attrs{{0}, {n - 1}, {1}}, {spread({3})}).of({float32({n})}, 3),
           sample("no example left", Slice::Attrs{{1, 0}, {n, 2}, {1, 1}}, {spread({1, 2})}).of({float32({n, 2})}, 1),
           sample("every second of two per example", Slice::Attrs{{1}, {n * 2}, {2}}, {spread({6})}).of({float32({n * 2})}, 3),
           sample("integers", Slice::Attrs{{1}, {2}, {1}}, {integers({2}, {8, 9})}).gives({integers({1}, {9})})},
          {{Slice::Attrs{{0}, {1}, {1}}, {float32({2, 3})}, "start, limit and stride are of 1, 1 and 1 axes, the operand has 2"},
           {Slice::Attrs{{0}, {1}, {0}}, {float32({2})}, "stride 0 along axis 0 is not positive"},
           {Slice::Attrs{{0}, {3}, {1}}, {float32({2})}, "0:3 is not inside the 2 elements of axis 0"},
           {Slice::Attrs{{-1}, {1}, {1}}, {float32({2})}, "-1:1 is not inside the 2 elements of axis 0"},
           {Slice::Attrs{{2}, {1}, {1}}, {float32({2})}, "2:1 is not inside the 2 elements of axis 0"},
           {Slice::Attrs{{2}, {n}, {1}}, {float32({n})}, "2:n is not inside the n elements of axis 0"},
           {Slice::Attrs{{0}, {n}, {2}}, {float32({n})}, "stride 2 does not divide the n elements of axis 0"}}};
}

}  // namespace keratin::ir::test
