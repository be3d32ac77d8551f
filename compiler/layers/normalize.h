// The arithmetic of normalization layers, used by operations too.
#pragma once

#include "compiler/layers/layer.h"

namespace keratin {

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta with mean and biased variance over `axes` (sorted, from the front) (Ba et al.): a
/// composite of kind `layer_norm` with inputs x, gamma, beta (those that are given), attributes axes (`1,2`), epsilon, scale and center (1
/// where gamma and beta are given). gamma and beta have the extents of the axes. Half precision is computed in float32.
Val layer_norm(Val x, const std::vector<int>& axes, double epsilon, std::optional<Val> gamma, std::optional<Val> beta);

/// x / sqrt(mean of x^2 over `axes` + epsilon) * scale (Zhang & Sennrich).
Val rms_norm(Val x, const std::vector<int>& axes, double epsilon, std::optional<Val> scale);

}  // namespace keratin
