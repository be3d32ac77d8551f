// RNN and StackedRNNCells (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of StackedRNNCells.
struct StackedRNNCellsArguments {
  NamedOnly named_only{};
  std::vector<Layer> cells{};  // required
  KERATIN_ARGUMENTS(cells)
};

/// Several cells as one: the output of each is the input of the next; the states are those of all.
class StackedRNNCells : public Layer {
 public:
  using Arguments = StackedRNNCellsArguments;
  explicit StackedRNNCells(Arguments arguments);
  explicit StackedRNNCells(const std::vector<Layer>& cells, Arguments arguments = {})
      : StackedRNNCells((arguments.cells = cells, std::move(arguments))) {}
};

/// The arguments of RNN.
struct RNNArguments {
  NamedOnly named_only{};
  Layer cell{};  // required
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, unroll = false, zero_output_for_mask = false;
  KERATIN_ARGUMENTS(cell, return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask)
};

/// Runs a cell (or several stacked) over the steps of (n, steps, features): the last output, or all of them with return_sequences.
class RNN : public Layer {
 public:
  using Arguments = RNNArguments;
  explicit RNN(Arguments arguments);
  explicit RNN(const Layer& cell, Arguments arguments = {}) : RNN((arguments.cell = cell, std::move(arguments))) {}
  explicit RNN(const std::vector<Layer>& cells, Arguments arguments = {}) : RNN(StackedRNNCells(cells), std::move(arguments)) {}
};

}  // namespace keratin::layers
