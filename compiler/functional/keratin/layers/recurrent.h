// SimpleRNN, LSTM and GRU (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

// Each takes (n, steps, features) and gives the last output (n, units), or all of them with return_sequences; with return_state its states, too.
#define KERATIN_RECURRENT(Name)                                                                               \
  explicit Name(Arguments arguments) : Layer(#Name, config_of(std::move(arguments))) {}                      \
  explicit Name(int64_t units, Arguments arguments = {}) : Name((arguments.units = units, std::move(arguments))) {}

/// The arguments of SimpleRNN.
struct SimpleRNNArguments {
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "tanh";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", recurrent_initializer = "orthogonal", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, recurrent_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, recurrent_constraint{}, bias_constraint{};
  double dropout = 0, recurrent_dropout = 0;
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false;
  std::optional<int64_t> seed{};
  KERATIN_ARGUMENTS(units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer, recurrent_regularizer,
                    bias_regularizer, activity_regularizer, kernel_constraint, recurrent_constraint, bias_constraint, dropout, recurrent_dropout,
                    return_sequences, return_state, go_backwards, stateful, unroll, seed)
};

/// A fully connected cell: h = activation(x W + h U + b).
class SimpleRNN : public Layer {
 public:
  using Arguments = SimpleRNNArguments;
  KERATIN_RECURRENT(SimpleRNN)
};

/// The arguments of LSTM.
struct LSTMArguments {
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "tanh", recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", recurrent_initializer = "orthogonal", bias_initializer = "zeros";
  bool unit_forget_bias = true;
  Regularizer kernel_regularizer{}, recurrent_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, recurrent_constraint{}, bias_constraint{};
  double dropout = 0, recurrent_dropout = 0;
  std::optional<int64_t> seed{};
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false;
  KERATIN_ARGUMENTS(units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, unit_forget_bias,
                    kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, recurrent_constraint,
                    bias_constraint, dropout, recurrent_dropout, seed, return_sequences, return_state, go_backwards, stateful, unroll)
};

/// Long short-term memory (Hochreiter & Schmidhuber); states h and c.
class LSTM : public Layer {
 public:
  using Arguments = LSTMArguments;
  KERATIN_RECURRENT(LSTM)
};

/// The arguments of GRU.
struct GRUArguments {
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "tanh", recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", recurrent_initializer = "orthogonal", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, recurrent_regularizer{}, bias_regularizer{}, activity_regularizer{};
  Constraint kernel_constraint{}, recurrent_constraint{}, bias_constraint{};
  double dropout = 0, recurrent_dropout = 0;
  std::optional<int64_t> seed{};
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false, reset_after = true;
  KERATIN_ARGUMENTS(units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
                    recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, recurrent_constraint, bias_constraint, dropout,
                    recurrent_dropout, seed, return_sequences, return_state, go_backwards, stateful, unroll, reset_after)
};

/// Gated recurrent unit (Cho et al.); one state.
class GRU : public Layer {
 public:
  using Arguments = GRUArguments;
  KERATIN_RECURRENT(GRU)
};

#undef KERATIN_RECURRENT

}  // namespace keratin::layers
