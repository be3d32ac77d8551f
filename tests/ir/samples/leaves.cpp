// constant, iota, read, size: ops without operands.
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

Sample of_constant(Tensor tensor) {
  return sample("constant",
                [tensor](Program& program) -> Op {
                  program.constants.push_back(std::make_shared<const Tensor>(tensor));
                  return Constant::Attrs{ConstantId{0}, type_of(tensor)};
                })
      .gives({tensor});
}

Sample of_variable(Tensor tensor) {
  return sample("read",
                [tensor](Program& program) -> Op {
                  Variable variable;
                  variable.name = "kernel";
                  variable.type = type_of(tensor);
                  variable.initial = std::make_shared<const Tensor>(tensor);
                  program.variables.push_back(variable);
                  return Read::Attrs{VariableId{0}, type_of(tensor)};
                })
      .gives({tensor});
}

}  // namespace

Samples samples_Constant() {
  return {{of_constant(floats({}, {2.5})), of_constant(spread({2, 3})), of_constant(bools({2}, {0, 1}))},
          {{Constant::Attrs{ConstantId{0}, float32({kBatch})}, {}, "a constant of float32[n] depends on the batch"}}};
}

Samples samples_Read() { return {{of_variable(floats({}, {2.5})), of_variable(spread({2, 3})), of_variable(integers({2}, {0, 1}))}, {}}; }

Samples samples_Iota() {
  return {{sample("last axis", Iota::Attrs{int32({2, 3}), 1}).gives({integers({2, 3}, {0, 1, 2, 0, 1, 2})}),
           sample("first axis", Iota::Attrs{float32({2, 2}), 0}).gives({floats({2, 2}, {0, 0, 1, 1})}),
           sample("examples", Iota::Attrs{int32({kBatch}), 0}).of({}, 3).gives({integers({3}, {0, 1, 2})}),
           sample("beyond the range", Iota::Attrs{{DType::uint8, {258}}, 0}),
           sample("none", Iota::Attrs{int32({0}), 0}).gives({integers({0}, {})})},
          {{Iota::Attrs{boolean({2}), 0}, {}, "counts in floats or integers, not bool"},
           {Iota::Attrs{int32({2}), 1}, {}, "axis 1 is outside 0..0 of [2]"},
           {Iota::Attrs{int32({}), 0}, {}, "axis 0, the operand is a scalar"}}};
}

Samples samples_Size() {
  return {{sample("examples", Size::Attrs{kBatch, DType::float32}).of({}, 3).gives({floats({}, {3})}),
           sample("of the batch", Size::Attrs{kBatch * 2 + 1, DType::int64}).of({}, 3).gives({integers({}, {7}, DType::int64)}),
           sample("a number", Size::Attrs{5, DType::int32}).gives({integers({}, {5})}),
           sample("in half precision", Size::Attrs{2049, DType::float16}).gives({floats({}, {2048}, DType::float16)})},
          {{Size::Attrs{kBatch, DType::boolean}, {}, "a size is a float or an integer, not bool"}}};
}

}  // namespace keratin::ir::test
