// A small program planned: for tests of what becomes one kernel.
#pragma once

#include <functional>
#include <string>

#include "gradient_check.h"
#include "ir/plan/make_plan.h"

namespace keratin::ir {

/// Reads a new weight with seeded values.
Val weight(Builder& b, Shape shape, const std::string& name = "kernel");

/// The steps of predict as text, one `kernel[functions of its epilogue or expression]` after the other: `conv2d[max] pooling`. A bias that the
/// kernel adds itself is a `+`: `dense+[tanh]`. `build` gives the output of float32 inputs of that shape.
std::string steps_of(Shape input, const std::function<Val(Builder&, Val)>& build, const PlanOptions& options = {});

/// A convolution over two axes with stride 1 and `pad` zeros on every side.
Val conv2d(Val x, int64_t filters, int64_t kernel, int64_t pad, const std::string& name = "kernel");
Val max_pool(Val x, int64_t size, int64_t stride);

}  // namespace keratin::ir
