// The composites lstm, gru and simple_rnn whole: the projection of all steps as one dense call, then the runtime's kernel over the steps
// (lstm.h, gru.h, simple_rnn.h). What the kernels do not take is a loop over the steps, which plan.txt says with the reason.
#include <algorithm>
#include <fmt/format.h>

#include "ir/plan/kernels/rules.h"
#include "ir/plan/kernels/shapes.h"
#include "ir/plan/packing.h"

namespace keratin::ir {

namespace {

using Attributes = std::map<std::string, Composite::Attribute>;

int64_t number(const Attributes& attributes, const char* name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? 0 : std::get<int64_t>(found->second);
}

std::string word(const Attributes& attributes, const char* name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string() : std::get<std::string>(found->second);
}

/// The operands by name, in the order in which the layer gives them.
struct Operands {
  ValueId x, kernel, recurrent;
  std::optional<ValueId> bias, mask;
  std::vector<ValueId> states;
};

Operands operands_of(const Node& node) {
  const Attributes& attributes = node.op.as<Composite>()->attributes;
  const auto weights = static_cast<size_t>(number(attributes, "weights"));
  const size_t end = node.inputs.size() - (number(attributes, "masked") ? 1 : 0);
  Operands operands{node.inputs[0], node.inputs[1], node.inputs[2], {}, {}, {}};
  if (number(attributes, "use_bias")) operands.bias = node.inputs[3];
  if (end < node.inputs.size()) operands.mask = node.inputs[end];
  operands.states.assign(node.inputs.begin() + 1 + static_cast<ptrdiff_t>(weights), node.inputs.begin() + static_cast<ptrdiff_t>(end));
  return operands;
}

/// The runtime's type of an activation; empty: it has none.
std::string activation_type(const Attributes& attributes, const char* name) {
  static const std::map<std::string, std::string> types = {{"linear", "Linear"}, {"relu", "Relu"}, {"relu6", "Relu6"}, {"sigmoid", "Sigmoid"}, {"tanh", "Tanh"}};
  const std::string activation = word(attributes, name);
  if (activation == "hard_sigmoid") return number(attributes, "keras2") ? "HardSigmoidOfKeras2" : "HardSigmoid";
  const auto found = types.find(activation);
  return found == types.end() ? std::string() : found->second;
}

bool is_read_of_weight(const Program& program, const Function& function, ValueId id) {
  for (const Node& node : function.nodes) {
    if (node.outputs.empty() || node.outputs[0] != id) continue;
    const auto* read = node.op.as<Read>();
    return read && program.variable(read->variable).role == Role::weight;
  }
  return false;
}

/// Why the layer is a loop over its steps; empty: a kernel takes it.
std::string declines(const Program& program, const Function& function, const Node& node) {
  const Attributes& attributes = node.op.as<Composite>()->attributes;
  const Operands operands = operands_of(node);
  const Type& x = function.type(operands.x);
  if (x.dtype != storage(x.dtype)) return fmt::format("a loop over its steps: the kernel does not round to {}", name_of(x.dtype));
  for (const char* name : {"activation", "recurrent_activation"}) {
    if (!attributes.contains(name) || !activation_type(attributes, name).empty()) continue;
    const std::string activation = word(attributes, name);
    return fmt::format("a loop over its steps: the kernel has no {} {}", name, activation.empty() ? "with arguments" : activation);
  }
  std::vector<ValueId> weights = {operands.kernel, operands.recurrent};
  if (operands.bias) weights.push_back(*operands.bias);
  if (!std::all_of(weights.begin(), weights.end(), [&](ValueId id) { return is_read_of_weight(program, function, id); })) return "a loop over its steps: its weights are computed";
  for (ValueId state : operands.states)
    if (function.type(state).shape != Shape{x.shape[0], number(attributes, "units")}) return fmt::format("a loop over its steps: an initial state has shape {}", to_string(function.type(state).shape));
  return "";
}

Val gate_columns(Builder& b, Val w, int64_t gates) { return b.add1(Pack::Attrs{Pack::Layout::gate_columns, gates}, {w}); }
Val recurrent_panels(Builder& b, Val w, int64_t gates) { return b.add1(Pack::Attrs{Pack::Layout::recurrent, gates}, {w}); }

bool writes_rows(const Planner&, const Node&) { return true; }
bool reverses(const Planner&, const Node& node, const Reverse::Attrs& reverse) {
  return number(node.op.as<Composite>()->attributes, "return_sequences") != 0 && reverse.axes == std::vector<int>{1};
}

/// One recurrent layer while it is planned.
class RecurrentPlan {
 public:
  RecurrentPlan(Planner& planner, const Node& node, int64_t gates)
      : planner_(planner), node_(node), attributes_(node.op.as<Composite>()->attributes), operands_(operands_of(node)), gates_(gates), units_(number(attributes_, "units")) {
    x_ = planner.dense(operands_.x);
    dtype_ = x_.dtype;
    columns_ = gates * padded_units(units_);
    states_ = operands_.states;
  }

  Template type() const { return Template::of(dtype_); }
  Template units() const { return Template::of(units_); }
  Template activation(const char* name) const { return Template::named(activation_type(attributes_, name)); }
  bool flag(const char* name) const { return number(attributes_, name) != 0; }

  /// x kernel + bias for all steps, the columns in the order of gates; the operand [n, steps, columns].
  Operand projection(const std::function<Val(Builder&, Val)>& bias_of = {}) {
    const int64_t features = x_.shape[2].size, gates = gates_;
    const Operand packed = planner_.prepared(operands_.kernel, "gates", [&](Builder& b, Val w) { return b.add1(Pack::Attrs{Pack::Layout::panels}, {gate_columns(b, w, gates)}); });
    Arg bias = NullArg{dtype_};
    if (operands_.bias) bias = PointerArg{planner_.prepared(*operands_.bias, "gates", [&](Builder& b, Val w) { return gate_columns(b, bias_of ? bias_of(b, w) : w, gates); })};
    const Operand y = planner_.scratch_operand(dtype_, {x_.shape[0], x_.shape[1], columns_}, "gates");
    Step step = planner_.step("dense", "dense.h", node_, Target{});
    step.templates = {type(), Template::of(features), Template::of(columns_), Template::epilogue_type()};
    step.args = {SizeArg{extent_product(planner_, node_, x_.shape, 0, 2)}, PointerArg{x_}, PointerArg{packed}, bias, PointerArg{y, true}, Epilogue{}, PoolArg{}};
    step.input = x_;
    step.output = y;
    planner_.add(std::move(step));
    return y;
  }

  Operand recurrent(const std::function<Val(Builder&, Val)>& pack) { return planner_.prepared(operands_.recurrent, "recurrent", pack); }
  Operand recurrent() {
    return recurrent([&](Builder& b, Val w) { return recurrent_panels(b, w, gates_); });
  }
  std::optional<ValueId> bias() const { return operands_.bias; }

  /// The initial state; zeros are no operand.
  Arg state(size_t i) {
    if (planner_.scalar(states_[i]) == 0.0) return NullArg{dtype_};
    return PointerArg{planner_.dense(states_[i])};
  }
  Arg mask() {
    if (!operands_.mask) return NullArg{DType::boolean};
    return PointerArg{planner_.dense(*operands_.mask)};
  }

  /// Ends the step: sizes and the arguments that all kernels share around those of this one.
  void finish(Step step, const Operand& x, std::vector<Arg> weights_and_states, size_t states, int64_t scratch_rows) {
    const bool sequences = flag("return_sequences");
    std::vector<std::string> flags;
    if (flag("go_backwards")) flags.push_back("kBackwards");
    if (sequences) flags.push_back("kSequences");
    if (flag("zero_output_for_mask") && operands_.mask) flags.push_back("kZeroMasked");
    const Operand y = output(flags);
    step.args = {SizeArg{x.shape[0]}, SizeArg{x.shape[1]}, PointerArg{x}};
    step.args.insert(step.args.end(), weights_and_states.begin(), weights_and_states.end());
    step.args.push_back(mask());
    step.args.push_back(y.buffer.valid() ? Arg(PointerArg{y, true}) : Arg(NullArg{dtype_, true}));
    step.args.push_back(SizeArg{y.buffer.valid() ? y.strides[sequences ? 1 : 0] : Dim(units_)});
    step.output = y;
    for (size_t i = 0; i < states; ++i) {
      const ValueId last = node_.outputs[1 + i];
      if (!planner_.is_read(last)) {
        step.args.push_back(NullArg{dtype_, true});
        continue;
      }
      const Operand state = planner_.result(last);
      step.args.push_back(PointerArg{state, true});
      if (!step.output.buffer.valid()) step.output = state;
    }
    step.args.push_back(ScratchArg{planner_.scratch(dtype_, times(x.shape[0], Dim(scratch_rows * padded_units(units_))), "states")});
    step.args.push_back(FlagsArg{flags});
    step.args.push_back(PoolArg{});
    step.input = x;
    planner_.add(std::move(step));
  }

 private:
  /// Where outputs go. A reversal of all of them, as Bidirectional asks for, is an order in which they are written.
  Operand output(std::vector<std::string>& flags) {
    const ValueId y = node_.outputs[0];
    if (!planner_.is_read(y)) return {};
    const Node* reader = planner_.only_reader(y);
    if (const auto* reverse = reader ? reader->op.as<Reverse>() : nullptr; reverse && reverses(planner_, node_, *reverse)) {
      flags.push_back("kReversedOutput");
      return planner_.result(reader->outputs[0]);
    }
    return planner_.result(y);
  }

  Planner& planner_;
  const Node& node_;
  const Attributes attributes_;
  const Operands operands_;
  int64_t gates_, units_, columns_ = 0;
  std::vector<ValueId> states_;
  Operand x_;
  DType dtype_ = DType::float32;
};

void plan_lstm(Planner& planner, const Node& node, const Target& target) {
  RecurrentPlan plan(planner, node, 4);
  const Operand x = plan.projection();
  Step step = planner.step("lstm", "lstm.h", node, target);
  step.templates = {plan.type(), plan.units(), plan.activation("activation"), plan.activation("recurrent_activation")};
  plan.finish(std::move(step), x, {PointerArg{plan.recurrent()}, plan.state(0), plan.state(1)}, 2, 3);
}

/// The bias of a GRU that resets after the product is [2, 3 units]: of the input and of the state. For z and r their sum is what counts.
Val input_bias(Builder& b, Val bias, int64_t units) {
  const Val input = b.reshape(b.slice(bias, 0, 0, 1), {3 * units}), state = b.reshape(b.slice(bias, 0, 1, 2), {3 * units});
  return b.concatenate({b.slice(input, 0, 0, 2 * units) + b.slice(state, 0, 0, 2 * units), b.slice(input, 0, 2 * units, 3 * units)}, 0);
}

void plan_gru(Planner& planner, const Node& node, const Target& target) {
  RecurrentPlan plan(planner, node, 3);
  const int64_t units = plan.units().number;
  const bool after = plan.flag("reset_after");
  const Operand x = after ? plan.projection([units](Builder& b, Val bias) { return input_bias(b, bias, units); }) : plan.projection();
  // Reset before the product: the candidate's weights are multiplied in a second product, so they lie behind those of z and r.
  const Operand recurrent = after ? plan.recurrent() : plan.recurrent([units](Builder& b, Val w) {
    return b.concatenate({recurrent_panels(b, b.slice(w, 1, 0, 2 * units), 2), recurrent_panels(b, b.slice(w, 1, 2 * units, 3 * units), 1)}, 0);
  });
  Arg bias = NullArg{x.dtype};
  if (after && plan.bias())
    bias = PointerArg{planner.prepared(*plan.bias(), "candidate", [units](Builder& b, Val w) { return b.reshape(b.slice(b.slice(w, 0, 1, 2), 1, 2 * units, 3 * units), {units}); })};
  Step step = planner.step("gru", "gru.h", node, target);
  step.templates = {plan.type(), plan.units(), Template::flag(after), plan.activation("activation"), plan.activation("recurrent_activation")};
  plan.finish(std::move(step), x, {PointerArg{recurrent}, bias, plan.state(0)}, 1, after ? 2 : 4);
}

void plan_simple_rnn(Planner& planner, const Node& node, const Target& target) {
  RecurrentPlan plan(planner, node, 1);
  const Operand x = plan.projection();
  Step step = planner.step("simple_rnn", "simple_rnn.h", node, target);
  step.templates = {plan.type(), plan.units(), plan.activation("activation")};
  plan.finish(std::move(step), x, {PointerArg{plan.recurrent()}, plan.state(0)}, 1, 2);
}

}  // namespace

KernelRule gru_rule() { return {.family = "gru", .plan = plan_gru, .declines = declines, .writes_rows = writes_rows, .reverses = reverses}; }
KernelRule lstm_rule() { return {.family = "lstm", .plan = plan_lstm, .declines = declines, .writes_rows = writes_rows, .reverses = reverses}; }
KernelRule simple_rnn_rule() { return {.family = "simple_rnn", .plan = plan_simple_rnn, .declines = declines, .writes_rows = writes_rows, .reverses = reverses}; }

}  // namespace keratin::ir
