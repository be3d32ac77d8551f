// The recurrent family: cells, the scan over steps that all recurrent layers share, and the layers' common arguments (keras.layers.RNN).
#pragma once

#include "compiler/activations/activation.h"
#include "compiler/layers/call_context.h"
#include "keratin/layers/rnn.h"

namespace keratin {

/// One step of a recurrent layer. Weights are declared once per call and handed to the steps, whose ops stand in the body of a scan.
class Cell : public Layer {
 public:
  struct Step {
    Val output;
    Vals states;
  };

  /// Features of each state.
  virtual std::vector<int64_t> state_sizes() const = 0;
  virtual int64_t output_size() const = 0;
  /// What is the same in every step, in orders of the cell's own: the weights, and the masks by which training drops elements of inputs
  /// and states: [batch, features], zeros and 1/(1-rate).
  struct Constants {
    Vals weights, masks;
  };

  /// The weights for inputs of that many features.
  virtual Vals weights_for(CallContext& ctx, int64_t features) = 0;
  /// The masks of one call in training (keras.src.layers.rnn.DropoutRNNCell); none where nothing is dropped.
  virtual Vals masks_for(CallContext& ctx, Dim batch, int64_t features) = 0;
  /// What can be computed for all steps at once: x [n, features] or [n, steps, features] to the input of `step`.
  virtual Val project(CallContext& ctx, Val x, const Constants& constants) = 0;
  virtual Step step(CallContext& ctx, Val projected, const Vals& states, const Constants& constants) = 0;

  bool takes_argument(std::string_view argument) const override { return argument == "states" || Layer::takes_argument(argument); }
  /// A cell called as a layer: inputs (x, states), outputs (output, states).
  KTensors call(CallContext& ctx, const CallInputs& inputs) override;
};

/// The arguments that all recurrent layers have.
struct RnnArguments {
  bool return_sequences = false, return_state = false, go_backwards = false, stateful = false, zero_output_for_mask = false;
  RnnArguments() = default;
  explicit RnnArguments(const layers::RNNArguments& a)
      : return_sequences(a.return_sequences), return_state(a.return_state), go_backwards(a.go_backwards), stateful(a.stateful),
        zero_output_for_mask(a.zero_output_for_mask) {}
};

struct RnnResult {
  Val sequence;  // [n, steps, units], in the order of processing
  Val last;      // [n, units]: the last output that is not masked
  Vals states;
};

/// Runs the cell over the steps of x [n, steps, features]. `mask` [n, steps] may be poisoned: none. Steps that are masked keep the states and
/// repeat the output before (zeros before the first), or give zeros.
RnnResult run_cell(CallContext& ctx, Cell& cell, Val x, const Cell::Constants& constants, const Vals& states, Val mask, const RnnArguments& arguments);

/// A recurrent layer around a cell.
class RnnLayer : public Layer {
 public:
  bool takes_argument(std::string_view argument) const override { return argument == "initial_state" || Layer::takes_argument(argument); }
  std::vector<std::string_view> build_arguments() const override { return {"sequences", "initial_state"}; }
  KTensors call(CallContext& ctx, const CallInputs& inputs) override;
  RnnArguments arguments;

 protected:
  virtual Cell& cell() const { return static_cast<Cell&>(*children[0].layer); }
  /// The composite kind that a kernel may take whole, with its attributes; empty: none.
  virtual std::string kind() const { return ""; }
  virtual std::map<std::string, ir::Composite::Attribute> attributes() const { return {}; }
  /// Drops elements of x [n, steps, features] by those masks that can be applied before the cell runs, and takes them off the list.
  virtual Val drop_inputs(Val x, Vals& masks) const;
  void hold(std::shared_ptr<Layer> cell) { children.push_back({"cell", std::move(cell)}); }

 private:
  RnnResult run(CallContext& ctx, CallContext& cell_ctx, Val x, const Vals& states, Val mask, bool training);
  RnnResult run_whole(CallContext& ctx, CallContext& cell_ctx, Val x, const Vals& weights, const Vals& states, Val mask);
  Vals initial_states(CallContext& ctx, const CallInputs& inputs, Val x, std::vector<const Weight*>& kept);
};

}  // namespace keratin
