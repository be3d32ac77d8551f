// SimpleRNN, LSTM and GRU, and their cells (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

// The layers take (n, steps, features) and give the last output (n, units), or all of them with return_sequences, and their states with
// return_state.
#define KERATIN_RECURRENT(Name)       \
  explicit Name(Arguments arguments); \
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
  Seed seed{};
  bool zero_output_for_mask = false;
  KERATIN_ARGUMENTS(units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
                    recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, recurrent_constraint, bias_constraint,
                    dropout, recurrent_dropout, return_sequences, return_state, go_backwards, stateful, unroll, seed, zero_output_for_mask)
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
  Seed seed{};
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false, zero_output_for_mask = false;
  KERATIN_ARGUMENTS(units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                    unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                    recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences, return_state, go_backwards,
                    stateful, unroll, zero_output_for_mask)
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
  Seed seed{};
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false, reset_after = true,
       zero_output_for_mask = false;
  KERATIN_ARGUMENTS(units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                    kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                    recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences, return_state, go_backwards,
                    stateful, unroll, reset_after, zero_output_for_mask)
};

/// Gated recurrent unit (Cho et al.); one state.
class GRU : public Layer {
 public:
  using Arguments = GRUArguments;
  KERATIN_RECURRENT(GRU)
};

/// The arguments of SimpleRNNCell.
struct SimpleRNNCellArguments {
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "tanh";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", recurrent_initializer = "orthogonal", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, recurrent_regularizer{}, bias_regularizer{};
  Constraint kernel_constraint{}, recurrent_constraint{}, bias_constraint{};
  double dropout = 0, recurrent_dropout = 0;
  Seed seed{};
  KERATIN_ARGUMENTS(units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
                    recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint, bias_constraint, dropout,
                    recurrent_dropout, seed)
};

/// The cell of SimpleRNN: called with x (n, features) and a state (n, units) in `states`, gives the output and the next state.
class SimpleRNNCell : public Layer {
 public:
  using Arguments = SimpleRNNCellArguments;
  KERATIN_RECURRENT(SimpleRNNCell)
};

/// The arguments of LSTMCell.
struct LSTMCellArguments {
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "tanh", recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", recurrent_initializer = "orthogonal", bias_initializer = "zeros";
  bool unit_forget_bias = true;
  Regularizer kernel_regularizer{}, recurrent_regularizer{}, bias_regularizer{};
  Constraint kernel_constraint{}, recurrent_constraint{}, bias_constraint{};
  double dropout = 0, recurrent_dropout = 0;
  Seed seed{};
  KERATIN_ARGUMENTS(units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                    unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
                    bias_constraint, dropout, recurrent_dropout, seed)
};

/// The cell of LSTM; states h and c.
class LSTMCell : public Layer {
 public:
  using Arguments = LSTMCellArguments;
  KERATIN_RECURRENT(LSTMCell)
};

/// The arguments of GRUCell.
struct GRUCellArguments {
  NamedOnly named_only{};
  Positive units{};
  ActivationFunction activation = "tanh", recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform", recurrent_initializer = "orthogonal", bias_initializer = "zeros";
  Regularizer kernel_regularizer{}, recurrent_regularizer{}, bias_regularizer{};
  Constraint kernel_constraint{}, recurrent_constraint{}, bias_constraint{};
  double dropout = 0, recurrent_dropout = 0;
  bool reset_after = true;
  Seed seed{};
  KERATIN_ARGUMENTS(units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                    kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint, bias_constraint,
                    dropout, recurrent_dropout, reset_after, seed)
};

/// The cell of GRU; one state.
class GRUCell : public Layer {
 public:
  using Arguments = GRUCellArguments;
  KERATIN_RECURRENT(GRUCell)
};

#undef KERATIN_RECURRENT

}  // namespace keratin::layers
