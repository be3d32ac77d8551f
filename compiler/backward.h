// The function `backward`: gradients of the inference-mode model.
#pragma once

#include <string>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/problems.h"
#include "ir/program.h"

namespace keratin {

struct Backward {
  ir::FunctionId function;           // parameters: the inputs, then `d_<output>` of every float output; outputs: the gradients
  std::vector<size_t> outputs;       // of predict, those with a cotangent
  std::vector<std::string> results;  // of the outputs: `gradient/<input>` of float inputs, `gradient/<weight path>` of trainable weights
};

enum class GradientsOf { all, inputs, weights };

/// Adds `backward`: gradients of sum(output * cotangent) + losses, of inputs and weights or of one of them. `predict` was expanded with losses,
/// an output that it then has no more.
Backward add_backward(ir::Program& program, GradientsOf what = GradientsOf::all);

/// The arrays `cotangent/<output>` of the data, in order; problems where one is missing or of another shape. `file` stands in messages.
std::vector<Array> cotangents_of(const ir::Program& program, const Backward& backward, const NamedArrays& data, const std::string& file, int64_t examples, Problems& problems);

}  // namespace keratin
