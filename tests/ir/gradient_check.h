// Numerical checks that tests of ops and passes share.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "ir/builder.h"
#include "ir/eval.h"

namespace keratin::ir {

/// A function of its own Program, filled by `fill`.
struct Case {
  Program program;
  FunctionId function;
};
Case make_case(const std::function<void(Builder&)>& fill, const std::string& name = "f");

/// Adds a variable with random values.
VariableId add_variable(Program& program, std::string name, Type type, uint64_t seed, Role role = Role::weight);

/// Floats of N(0, 1), integers of 0..2, booleans; of n = batch examples.
Tensor random_tensor(const Type& type, int64_t batch, std::mt19937_64& random);
Tensors random_parameters(const Program& program, FunctionId function, int64_t batch, uint64_t seed);

/// Outputs; fails the test on an error.
Tensors evaluate(const Program& program, FunctionId function, int64_t batch, const Tensors& parameters, bool in_double = false);

/// Largest |a - b| / max(1, |b|); infinity where shapes, dtypes or NaNs differ.
double largest_difference(const Tensors& a, const Tensors& b);

/// Differentiates the function and compares the gradients of all its float parameters and variables with central differences in double,
/// relative to 1e-6: some elements of each one by one, and all at once in a random direction u, where <v, J u> = <J^T v, u>. `after` may run passes on the gradient function.
void check_gradients(Program& program, FunctionId function, int64_t batch, const std::function<void(Program&, FunctionId)>& after = {});

/// Runs the pass and checks that the outputs stay the same.
void check_same_results(Program& program, FunctionId function, int64_t batch, const std::function<void()>& pass, double tolerance = 0);

}  // namespace keratin::ir
