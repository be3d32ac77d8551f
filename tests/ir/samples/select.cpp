#include "tests/ir/samples.h"

namespace keratin::ir::test {

Samples samples_Select() {
  const Select::Attrs attrs;
  return {{sample("floats", attrs, {bools({3}, {1, 0, 1}), floats({3}, {1, 2, 3}), floats({3}, {4, 5, 6})}).gives({floats({3}, {1, 5, 3})}),
           sample("of each example", attrs, {bools({2, 2}, {1, 0, 0, 1}), spread({2, 2}), spread({2, 2}, -2, 2, 1)})
               .of({boolean({kBatch, 2}), float32({kBatch, 2}), float32({kBatch, 2})}, 2),
           sample("scalars", attrs, {bools({}, {0}), integers({}, {1}), integers({}, {2})}).gives({integers({}, {2})})},
          {{attrs, {float32({2}), float32({2}), float32({2})}, "the condition is float32, not bool"},
           {attrs, {boolean({2}), float32({2}), float32({3})}, "chooses between float32[2] and float32[3]"},
           {attrs, {boolean({3}), float32({2}), float32({2})}, "the condition is [3], the values are [2]"}}};
}

}  // namespace keratin::ir::test
