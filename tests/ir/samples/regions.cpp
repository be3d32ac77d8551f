// composite and scan: ops with a body, whose gradients are passes.
#include "ir/builder.h"
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

/// A running sum with the product of sum and step as the output of each step: (sum, x) -> (sum + x, sum * x).
Op running(Program& program, bool reverse) {
  program.functions.push_back({});
  Builder b(program, FunctionId{0});
  b.function().name = "step";
  const Type number = float32({kBatch});
  const Val sum = b.parameter(number, "sum"), x = b.parameter(number, "x");
  b.output(sum + x, "sum");
  b.output(sum * x, "product");
  return Scan::Attrs{FunctionId{0}, 1, 1, 1, 3, reverse, {number}, {number}};
}

Op squared(Program& program) {
  program.functions.push_back({});
  Builder b(program, FunctionId{0});
  b.function().name = "square";
  const Val x = b.parameter(float32({kBatch, 2}), "x");
  b.output(x * x, "y");
  return Composite::Attrs{"square", {{"power", int64_t{2}}}, FunctionId{0}, {x.type()}};
}

}  // namespace

Samples samples_Scan() {
  const Tensor start = floats({2}, {0, 1}), steps = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  const Types types = {float32({kBatch}), float32({kBatch, 3})};
  Samples samples{{sample("forwards", [](Program& program) { return running(program, false); }, {start, steps})
                       .of(types, 2)
                       .gives({floats({2}, {6, 16}), floats({2, 3}, {0, 2, 9, 4, 25, 60})}),
                   sample("backwards", [](Program& program) { return running(program, true); }, {start, steps})
                       .of(types, 2)
                       .gives({floats({2}, {6, 16}), floats({2, 3}, {5, 6, 0, 48, 35, 6})})},
                  {{Scan::Attrs{FunctionId{0}, 1, 1, 1, 3, false, {float32({2})}, {}}, {float32({2})},
                    "has 1 operands for 1 carries and 1 sequences"},
                   {Scan::Attrs{FunctionId{0}, 0, 1, 1, 3, false, {}, {}}, {float32({2, 4})},
                    "sequence 0 is [2,4], expected 3 steps on axis 1"}}};
  for (Sample& one : samples.good) one.local = false;
  return samples;
}

Samples samples_Composite() {
  Samples samples{{sample("square", [](Program& program) { return squared(program); }, {floats({2, 2}, {1, 2, 3, 4})})
                       .of({float32({kBatch, 2})}, 2)
                       .gives({floats({2, 2}, {1, 4, 9, 16})})},
                  {}};
  samples.good[0].local = false;
  return samples;
}

}  // namespace keratin::ir::test
