// Runs a body over the steps of sequences; inputs (carries, sequences, invariants), outputs (last carries, stacked outputs).
#pragma once

#include "ir/op.h"
#include "ir/support/ids.h"

namespace keratin::ir {

struct Scan {
  static constexpr OpInfo info{.name = "scan", .arity = -1, .outputs = -1};
  /// Body parameters: carries, one step of each sequence (without the step axis), invariants; body outputs: next carries, outputs of the
  /// step.
  struct Attrs {
    FunctionId body;
    int carries = 0, sequences = 0;
    int axis = 0;          // of the steps in sequences and stacked outputs
    int64_t length = 0;    // number of steps
    bool reverse = false;  // from the last step to the first; stacked outputs keep their step's place
    Types carry_types;     // of the last carries
    Types step_types;      // of the body's outputs of one step
    bool operator==(const Attrs&) const = default;
  };

  KERATIN_OP_RULES
};

}  // namespace keratin::ir
