// MultiHeadAttention (Vaswani et al.; keras.layers.MultiHeadAttention).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of MultiHeadAttention.
struct MultiHeadAttentionArguments {
  NamedOnly named_only{};
  Positive num_heads{}, key_dim{};
  std::optional<int64_t> value_dim{};  // key_dim
  double dropout = 0;
  bool use_bias = true;
  Ints output_shape{}, attention_axes{};
  std::optional<int64_t> sliding_window{};
  Initializer kernel_initializer = "glorot_uniform", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, bias_constraint{};
  bool use_gate = false;
  Seed seed{};
  KERATIN_ARGUMENTS(num_heads, key_dim, value_dim, dropout, use_bias, output_shape, attention_axes, sliding_window, kernel_initializer,
                    bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint,
                    use_gate, seed)
  static void resolve(MultiHeadAttentionArguments& arguments) {
    if (!arguments.value_dim && arguments.key_dim.given()) arguments.value_dim = arguments.key_dim;
  }
};

/// Attention of queries to keys in several heads: called with a query and a value (n, steps, features), and a key where that is another.
class MultiHeadAttention : public Layer {
 public:
  using Arguments = MultiHeadAttentionArguments;
  explicit MultiHeadAttention(Arguments arguments);
  MultiHeadAttention(int64_t num_heads, int64_t key_dim, Arguments arguments = {})
      : MultiHeadAttention((arguments.num_heads = num_heads, arguments.key_dim = key_dim, std::move(arguments))) {}

  /// With options.key as the key; without, the value is it.
  Outputs operator()(const Tensor& query, const Tensor& value, const CallOptions& options = {}) const;
};

}  // namespace keratin::layers
