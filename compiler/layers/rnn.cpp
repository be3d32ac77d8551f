#include "compiler/layers/rnn.h"

#include <fmt/format.h>
#include <numeric>

#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"

namespace keratin {

KTensors Cell::call(CallContext& ctx, const CallInputs& inputs) {
  KTensors given;
  for (const CallValue& value : inputs.args)
    for (const KTensor& tensor : value.flatten()) given.push_back(tensor);
  if (const CallValue* states = inputs.find("states"))
    for (const KTensor& tensor : states->flatten()) given.push_back(tensor);
  if (given.size() != 1 + state_sizes().size()) return ctx.fail(fmt::format("takes an input and {} states, got {} tensors", state_sizes().size(), given.size()));
  const Val x = given[0].value;
  if (x.rank() != 2 || !x.dim(1).is_static()) return ctx.fail(fmt::format("expected ndim=2, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
  Vals states;
  for (size_t i = 1; i < given.size(); ++i) states.push_back(given[i].value);
  Constants constants{weights_for(ctx, x.dim(1).size), {}};
  for (const Val& weight : constants.weights)
    if (weight.poisoned()) return KTensors(8);
  // Keras resets the masks of a cell where a layer has run it; without a layer all calls of a step share them.
  if (draws_noise(ctx, inputs)) {
    auto [kept, added] = ctx.expansion().cell_masks.try_emplace(this);
    if (added) kept->second = masks_for(ctx, x.dim(0), x.dim(1).size);
    constants.masks = kept->second;
  }
  const Step result = step(ctx, project(ctx, x, constants), states, constants);
  KTensors outputs = {{result.output, {}}};
  for (const Val& state : result.states) outputs.push_back({state, {}});
  return outputs;
}

RnnResult run_cell(CallContext& ctx, Cell& cell, Val x, const Cell::Constants& constants, const Vals& states, Val mask, const RnnArguments& arguments) {
  ir::Builder& b = ctx.b;
  const Val projected = cell.project(ctx, x, constants);
  if (projected.poisoned()) return {};
  const int64_t steps = projected.dim(1).size;
  const bool masked = !mask.poisoned();
  // With a mask the last valid output is a state of its own: it begins as zeros even where the cell's states do not.
  Vals carries = states, sequences = {projected};
  Val previous = b.zeros({x.dtype(), {x.dim(0), cell.output_size()}});
  carries.push_back(previous);
  if (masked) sequences.push_back(mask);

  const ir::FunctionId body = b.new_function(cell.name + "_step");
  ir::Builder inner(b.program(), body);
  inner.set_origin(b.origin());
  CallContext inner_ctx(ctx.expansion(), inner, cell, ctx.path());
  Vals held, invariants = constants.weights;
  Cell::Constants inside;
  for (const Val& carry : carries) held.push_back(inner.parameter(carry.type(), "carry"));
  Shape step_shape({projected.dim(0)});
  for (int axis = 2; axis < projected.rank(); ++axis) step_shape.dims.push_back(projected.dim(axis));
  const Val now = inner.parameter({projected.dtype(), step_shape}, "input");
  const Val live = masked ? inner.parameter({DType::boolean, {mask.dim(0)}}, "mask") : Val();
  for (const Val& weight : constants.weights) inside.weights.push_back(inner.parameter(weight.type(), "weight"));
  for (const Val& kept : constants.masks) inside.masks.push_back(inner.parameter(kept.type(), "dropout"));
  invariants.insert(invariants.end(), constants.masks.begin(), constants.masks.end());

  const Vals before(held.begin(), held.end() - 1);
  Cell::Step result = cell.step(inner_ctx, now, before, inside);
  Val output = result.output;
  if (masked && !output.poisoned()) {
    const auto keep = [&](Val next, Val old) {
      Val condition = live;
      while (condition.rank() < next.rank()) condition = inner.expand_dims(condition, -1);
      return inner.select(condition, next, old);
    };
    for (size_t i = 0; i < result.states.size(); ++i) result.states[i] = keep(result.states[i], before[i]);
    const Val valid = keep(output, held.back());
    output = arguments.zero_output_for_mask ? keep(output, inner.zeros(output.type())) : valid;
    held.back() = valid;
  } else {
    held.back() = output;
  }
  for (const Val& state : result.states) inner.output(state, "state");
  inner.output(held.back(), "last");
  inner.output(output, "output");
  for (const std::string& error : inner.take_errors()) return ctx.fail(error), RnnResult{};

  const Vals outputs = b.scan(body, carries, sequences, invariants, 1, steps, arguments.go_backwards);
  RnnResult run;
  run.states.assign(outputs.begin(), outputs.begin() + static_cast<ptrdiff_t>(states.size()));
  run.last = outputs[states.size()];
  run.sequence = arguments.go_backwards && !outputs.back().poisoned() ? b.reverse(outputs.back(), {1}) : outputs.back();
  return run;
}

/// Initial states: the call's own, those a stateful layer keeps, or zeros.
Vals RnnLayer::initial_states(CallContext& ctx, const CallInputs& inputs, Val x, std::vector<const Weight*>& kept) {
  const std::vector<int64_t> sizes = cell().state_sizes();
  KTensors given;
  const KTensors tensors = inputs.tensors();
  for (size_t i = 1; i < tensors.size(); ++i) given.push_back(tensors[i]);
  if (const CallValue* value = inputs.find(1, "initial_state"))
    for (const KTensor& tensor : value->flatten()) given.push_back(tensor);
  Vals states;
  if (arguments.stateful) {
    if (!x.dim(0).is_static()) return ctx.fail("stateful: the model needs a fixed batch size"), Vals();
    for (size_t i = 0; i < sizes.size(); ++i) {
      CallContext::WeightOptions options;
      options.trainable = false;
      options.role = ir::Role::recurrent_state;
      options.dtype = x.dtype();
      const Weight& state = ctx.state(fmt::format("state_{}", i), {x.dim(0), sizes[i]}, options);
      kept.push_back(&state);
      states.push_back(ctx.read_exact(state));
    }
  }
  if (!given.empty()) {
    if (given.size() < sizes.size()) return ctx.fail(fmt::format("initial_state: {} states are given, the cell has {}", given.size(), sizes.size())), Vals();
    states.clear();
    for (size_t i = 0; i < sizes.size(); ++i) {
      const Val state = given[i].value;
      if (state.rank() < 2 || state.dim(-1) != Dim(sizes[i]))
        return ctx.fail(fmt::format("initial_state: state {} has shape {}, the cell's state has {} features", i, ir::keras_shape(state.shape()), sizes[i])), Vals();
      states.push_back(ctx.b.cast(state, x.dtype()));
    }
  }
  if (states.empty())
    for (int64_t size : sizes) states.push_back(ctx.b.zeros({x.dtype(), {x.dim(0), size}}));
  return states;
}

Val RnnLayer::drop_inputs(Val x, Vals&) const { return x; }

/// The scan, within a composite where a kernel may take the layer whole: no kernel drops anything in its steps.
RnnResult RnnLayer::run(CallContext& ctx, CallContext& cell_ctx, Val x, const Vals& states, Val mask, bool training) {
  Cell::Constants constants{cell().weights_for(cell_ctx, x.dim(-1).size), {}};
  for (const Val& weight : constants.weights)
    if (weight.poisoned()) return {};
  if (training) constants.masks = cell().masks_for(cell_ctx, x.dim(0), x.dim(-1).size);
  x = drop_inputs(x, constants.masks);
  if (kind().empty() || !constants.masks.empty()) return run_cell(cell_ctx, cell(), x, constants, states, mask, arguments);
  return run_whole(ctx, cell_ctx, x, constants.weights, states, mask);
}

RnnResult RnnLayer::run_whole(CallContext& ctx, CallContext& cell_ctx, Val x, const Vals& weights, const Vals& states, Val mask) {
  const ir::FunctionId body = ctx.b.new_function(kind());
  ir::Builder inner(ctx.b.program(), body);
  inner.set_origin(ctx.b.origin());
  CallContext inner_ctx(ctx.expansion(), inner, cell(), cell_ctx.path());
  Vals operands = {x}, inner_weights, inner_states;
  const Val inner_x = inner.parameter(x.type(), "x");
  for (const Val& weight : weights) {
    operands.push_back(weight);
    inner_weights.push_back(inner.parameter(weight.type(), "weight"));
  }
  for (const Val& state : states) {
    operands.push_back(state);
    inner_states.push_back(inner.parameter(state.type(), "state"));
  }
  if (!mask.poisoned()) operands.push_back(mask);
  const Val inner_mask = mask.poisoned() ? Val() : inner.parameter(mask.type(), "mask");
  const RnnResult result = run_cell(inner_ctx, cell(), inner_x, {inner_weights, {}}, inner_states, inner_mask, arguments);
  if (result.last.poisoned()) return {};
  inner.output(arguments.return_sequences ? result.sequence : result.last, "y");
  for (const Val& state : result.states) inner.output(state, "state");
  std::map<std::string, ir::Composite::Attribute> described = attributes();
  described["go_backwards"] = int64_t{arguments.go_backwards};
  described["return_sequences"] = int64_t{arguments.return_sequences};
  described["zero_output_for_mask"] = int64_t{arguments.zero_output_for_mask};
  described["masked"] = int64_t{!mask.poisoned()};
  described["weights"] = static_cast<int64_t>(weights.size());
  const Vals outputs = ctx.b.composite(kind(), described, body, operands);
  RnnResult taken;
  taken.sequence = taken.last = outputs[0];
  taken.states.assign(outputs.begin() + 1, outputs.end());
  return taken;
}

KTensors RnnLayer::call(CallContext& ctx, const CallInputs& inputs) {
  const KTensors tensors = inputs.tensors();
  if (tensors.empty()) return ctx.fail("takes a sequence");
  const Val x = tensors[0].value;
  if (x.rank() != 3) return ctx.fail(fmt::format("expected ndim=3, found ndim={}. Full shape received: {}", x.rank(), ir::keras_shape(x.shape())));
  if (!x.dim(1).is_static() || !x.dim(2).is_static()) return ctx.fail(fmt::format("steps and features of {} must be known", ir::keras_shape(x.shape())));
  Val mask = tensors[0].mask;
  if (const CallValue* given = inputs.find("mask")) {
    const KTensors masks = given->flatten();
    if (!masks.empty()) mask = masks[0].value;
  }
  std::vector<const Weight*> kept;
  const Vals states = initial_states(ctx, inputs, x, kept);
  if (states.empty()) return KTensors(8);
  CallContext cell_ctx(ctx.expansion(), ctx.b, cell(), ctx.path() + "/" + cell().name);
  const RnnResult result = run(ctx, cell_ctx, x, states, mask, draws_noise(ctx, inputs));
  if (result.last.poisoned()) return KTensors(8);
  for (size_t i = 0; i < kept.size(); ++i) ctx.update(*kept[i], result.states[i]);
  KTensors outputs = {{arguments.return_sequences ? result.sequence : result.last, arguments.return_sequences ? mask : Val()}};
  if (arguments.return_state)
    for (const Val& state : result.states) outputs.push_back({state, {}});
  return outputs;
}

namespace {

/// RNN (keras.layers.RNN): any cell, or several stacked.
class Rnn : public RnnLayer {
 public:
  void configure(ConfigReader& config) override {
    layers::RNNArguments given;
    read_arguments(config, given);
    arguments = RnnArguments(given);
    std::shared_ptr<Layer> held = config.layer("cell");
    if (held && !dynamic_cast<Cell*>(held.get())) return config.fail("cell", fmt::format("{} is no recurrent cell", held->class_name));
    if (held) hold(std::move(held));
  }
  std::string describe() const override { return fmt::format("RNN({})", cell().class_name); }
};

/// StackedRNNCells: the output of each cell is the input of the next.
class StackedCells : public Cell {
 public:
  void configure(ConfigReader& config) override {
    layers::StackedRNNCellsArguments arguments;
    read_arguments(config, arguments);
    const Json& cells = config.raw("cells");
    config.ignore({"reverse_state_order"});
    if (!cells.is_array() || cells.as_array().empty()) return config.fail("cells", "is no list of cells");
    std::map<std::string, int> numbers;
    for (const Json& serialized : cells.as_array()) {
      std::shared_ptr<Layer> cell = config.layer_of(serialized);
      if (!cell) return;
      if (!dynamic_cast<Cell*>(cell.get())) return config.fail("cells", fmt::format("{} is no recurrent cell", cell->class_name));
      const std::string group = cell->class_name == "LSTMCell" ? "lstm_cell" : cell->class_name == "GRUCell" ? "gru_cell" : cell->class_name == "SimpleRNNCell" ? "simple_rnn_cell" : "stacked_rnn_cells";
      const int number = numbers[group]++;
      children.push_back({"cells/" + group + (number ? fmt::format("_{}", number) : ""), std::move(cell)});
    }
  }
  std::vector<int64_t> state_sizes() const override {
    std::vector<int64_t> sizes;
    for (size_t i = 0; i < children.size(); ++i)
      for (int64_t size : cell(i).state_sizes()) sizes.push_back(size);
    return sizes;
  }
  int64_t output_size() const override { return cell(children.size() - 1).output_size(); }
  Vals weights_for(CallContext& ctx, int64_t features) override {
    Vals all;
    counts_.clear();
    for (size_t i = 0; i < children.size(); ++i) {
      CallContext inner(ctx.expansion(), ctx.b, cell(i), ctx.path() + "/" + cell(i).name);
      const Vals own = cell(i).weights_for(inner, features);
      counts_.push_back(own.size());
      all.insert(all.end(), own.begin(), own.end());
      features = cell(i).output_size();
    }
    return all;
  }
  Vals masks_for(CallContext& ctx, Dim batch, int64_t features) override {
    Vals all;
    mask_counts_.clear();
    for (size_t i = 0; i < children.size(); ++i) {
      CallContext inner(ctx.expansion(), ctx.b, cell(i), ctx.path() + "/" + cell(i).name);
      const Vals own = cell(i).masks_for(inner, batch, features);
      mask_counts_.push_back(own.size());
      all.insert(all.end(), own.begin(), own.end());
      features = cell(i).output_size();
    }
    return all;
  }
  Val project(CallContext& ctx, Val x, const Constants& constants) override { return cell(0).project(ctx, x, of(0, constants)); }
  Step step(CallContext& ctx, Val projected, const Vals& states, const Constants& constants) override {
    Step all;
    size_t state = 0;
    for (size_t i = 0; i < children.size(); ++i) {
      const Constants own = of(i, constants);
      const size_t states_of = cell(i).state_sizes().size();
      CallContext inner(ctx.expansion(), ctx.b, cell(i), ctx.path() + "/" + cell(i).name);
      if (i > 0) projected = cell(i).project(inner, all.output, own);
      const Step one = cell(i).step(inner, projected, part(states, state, states_of), own);
      all.output = one.output;
      all.states.insert(all.states.end(), one.states.begin(), one.states.end());
      state += states_of;
    }
    return all;
  }

 private:
  Cell& cell(size_t i) const { return static_cast<Cell&>(*children[i].layer); }
  static Vals part(const Vals& list, size_t begin, size_t count) { return Vals(list.begin() + static_cast<ptrdiff_t>(begin), list.begin() + static_cast<ptrdiff_t>(begin + count)); }
  Constants of(size_t i, const Constants& all) const {
    const auto own = [i](const Vals& list, const std::vector<size_t>& counts) { return part(list, std::accumulate(counts.begin(), counts.begin() + static_cast<ptrdiff_t>(i), size_t{0}), counts[i]); };
    return {own(all.weights, counts_), all.masks.empty() ? Vals() : own(all.masks, mask_counts_)};
  }
  std::vector<size_t> counts_, mask_counts_;  // of each cell
};

}  // namespace

const LayerDefinition& layer_RNN() {
  static const LayerDefinition definition{.name = "RNN", .aliases = {}, .create = create_layer<Rnn>};
  return definition;
}

const LayerDefinition& layer_StackedRNNCells() {
  static const LayerDefinition definition{.name = "StackedRNNCells", .aliases = {}, .create = create_layer<StackedCells>};
  return definition;
}

}  // namespace keratin
