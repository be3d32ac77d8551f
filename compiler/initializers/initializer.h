// Initializers as Keras computes them (keras.initializers), from a seed: the same values on every machine, not Keras's own random numbers.
#pragma once

#include <vector>

#include "compiler/json/json.h"
#include "compiler/layers/layer.h"
#include "compiler/problems.h"
#include "ir/program.h"
#include "ir/support/result.h"

namespace keratin {

/// Keras's compute_fans: of a vector its length, of a matrix rows and columns, else the receptive field times the last two extents.
struct Fans {
  double in = 1, out = 1;
};
Fans fans_of(const std::vector<int64_t>& shape);

/// The first value of a variable. `initializer` is a serialized one or a name (`glorot_uniform`). Errors name it and its argument.
Result<ir::Tensor> initial_value(const Json& initializer, DType dtype, const std::vector<int64_t>& shape, uint64_t seed);

/// The weight's initializer or, where its layer names none, Keras's default for a weight of that name.
Json initializer_of(const Weight& weight);

/// Gives every weight of the layers its first value. A file that names no initializer means Keras's default for a weight of that name.
/// Problems name file and weight.
void initialize_weights(ir::Program& program, const std::vector<Layer*>& layers, uint64_t seed, const std::string& file, Problems& problems);

}  // namespace keratin
