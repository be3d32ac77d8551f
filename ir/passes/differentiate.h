// differentiate: makes the function that computes outputs and gradients from the one that computes outputs. It runs after the forward
// function has been simplified, since every node kept here is one to differentiate, and before fusion, since fused ops have no gradient
// rule. Afterwards nothing needs a gradient rule: simplify may drop stop_gradient.
#pragma once

#include <string>
#include <vector>

#include "ir/program.h"

namespace keratin::ir {

struct GradientRequest {
  std::string name = "backward";      // of the new function
  std::vector<size_t> outputs;        // outputs of the forward function that have a cotangent
  std::vector<size_t> parameters;     // parameters whose gradients are asked for
  std::vector<VariableId> variables;  // likewise; read by the function itself, bodies get them as operands
  std::vector<size_t> losses;         // those of `outputs` whose cotangents are ones, not parameters
};

/// Parameters: those of the forward function, then one cotangent per requested output that is no loss, `d_<output>`. Outputs: those of the forward
/// function, then the gradients `d_<parameter>` and `d_<variable>`, zeros where nothing depends. Updates are those of the forward function.
FunctionId differentiate(Program& program, FunctionId forward, const GradientRequest& request);

}  // namespace keratin::ir
