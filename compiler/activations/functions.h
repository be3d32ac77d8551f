// The table of activation functions: name and what it expands to (keras.activations). Gradients at kinks are TensorFlow's.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/layers/call_context.h"

namespace keratin {

struct ActivationFunction {
  std::string_view name;
  Val (*build)(CallContext& ctx, const Json& arguments, Val x);
};

std::span<const ActivationFunction> activation_functions();

// Used by layers and operations too. Floats only; a poisoned x gives a poisoned value.

/// max(x, 0) with gradient 0 at 0.
Val relu(Val x);
/// x > threshold ? min(x, max_value) : negative_slope * (x - threshold).
Val relu(Val x, double negative_slope, std::optional<double> max_value, double threshold);
/// min(max(x, 0), 6) with gradient 0 at 0 and at 6.
Val relu6(Val x);
/// x > 0 ? x : slope * x.
Val leaky_relu(Val x, double slope);
/// x > 0 ? x : alpha * (e^x - 1) (Clevert et al.).
Val elu(Val x, double alpha);
/// Scaled elu with the constants of Klambauer et al.
Val selu(Val x);
/// max(x, 0) + alpha * (e^(min(x, 0) / alpha) - 1) (Barron).
Val celu(Val x, double alpha);
/// x between low and high; the gradient passes at both bounds (tf.clip_by_value).
Val clip(Val x, double low, double high);
/// Keras 3: relu6(x + 3) / 6.
Val hard_sigmoid(Val x);
/// Keras 1, Keras 2 and tf.keras: clip(0.2 x + 0.5, 0, 1).
Val hard_sigmoid_keras2(Val x);
/// The meaning that the name has in the Keras that wrote the file.
Val hard_sigmoid(const CallContext& ctx, Val x);
Val hard_silu(Val x);  // x * hard_sigmoid(x)
Val hard_tanh(Val x);
/// sign(x) * max(|x| - bound, 0).
Val soft_shrink(Val x, double bound);
/// |x| > bound ? x : 0.
Val hard_shrink(Val x, double bound);
/// x > bound ? x : value.
Val threshold(Val x, double bound, double value);
Val sparse_plus(Val x);
Val sparse_sigmoid(Val x);

Val softplus(Val x);     // log(1 + e^x)
Val log_sigmoid(Val x);  // -softplus(-x)
Val softsign(Val x);     // x / (1 + |x|)
Val silu(Val x);         // x * sigmoid(x)
Val mish(Val x);         // x * tanh(softplus(x))
/// x * P(N(0,1) <= x) (Hendrycks & Gimpel), or its approximation by tanh.
Val gelu(Val x, bool approximate);
Val squareplus(Val x, double b);  // (x + sqrt(x^2 + b)) / 2
Val tanh_shrink(Val x);           // x - tanh(x)

/// Max-shifted, over one axis or jointly over several: a composite of kind `softmax`.
Val softmax(Val x, std::vector<int> axes);
Val log_softmax(Val x, std::vector<int> axes);
/// max(x - tau, 0) with Keras's tau: (the sum of the cumulated sorted values of the support - 1) / size of the support.
Val sparsemax(Val x, int axis);
/// The first half of the axis times the sigmoid of the second (Dauphin et al.).
Val glu(Val x, int axis);

}  // namespace keratin
