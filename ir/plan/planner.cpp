#include "ir/plan/planner.h"

#include <fmt/format.h>

#include "ir/plan/map_step.h"
#include "ir/support/check.h"

namespace keratin::ir {

Planner::Planner(Program& program, Plan& plan, const PlanOptions& options, FunctionId function, FunctionId prepare, WeightsFrom weights)
    : program_(program), plan_(plan), options_(options), id_(function), prepare_(prepare), weights_(weights) {}

// ---- structure ------------------------------------------------------------------------------------------------------

Planner::Frame Planner::make_frame(const Function& function) {
  Frame frame{&function, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  const size_t values = function.values.size();
  frame.operands.resize(values);
  frame.definition.assign(values, -1);
  frame.users.resize(values);
  frame.is_output.assign(values, 0);
  frame.is_update.assign(values, 0);
  for (size_t n = 0; n < function.nodes.size(); ++n) {
    for (ValueId id : function.nodes[n].outputs) frame.definition[id.index] = static_cast<int>(n);
    for (ValueId id : function.nodes[n].inputs) frame.users[id.index].push_back(static_cast<int>(n));
  }
  for (ValueId id : function.outputs) frame.is_output[id.index] = 1;
  for (const Update& update : function.updates) frame.is_output[update.value.index] = frame.is_update[update.value.index] = 1;
  find_sinks(frame);
  return frame;
}

const Node* Planner::definition(ValueId id) const {
  const int node = frame_->definition[id.index];
  return node < 0 ? nullptr : &frame_->function->nodes[static_cast<size_t>(node)];
}

bool Planner::is_pointwise(const Node& node) const { return node.op.info().pointwise; }

namespace {

std::string_view family_of(const Function& function, const Node& node) {
  if (const auto* composite = node.op.as<Composite>()) return composite->kind;
  Types in, out;
  for (ValueId id : node.inputs) in.push_back(function.type(id));
  for (ValueId id : node.outputs) out.push_back(function.type(id));
  const Lowering lowering = lower(node.op, in, out);
  const auto* family = std::get_if<KernelFamily>(&lowering);
  return family ? family->name : std::string_view();
}

}  // namespace

const KernelRule* find_rule(std::string_view family) {
  for (const KernelRule& rule : kernel_rules())
    if (rule.family == family) return &rule;
  return nullptr;
}

bool has_kernel(const Program& program, const Function& function, const Node& composite) {
  const KernelRule* rule = find_rule(family_of(function, composite));
  if (!rule || (rule->declines && !rule->declines(program, function, composite).empty())) return false;
  return !rule->accepts || rule->accepts(program, function, composite);
}

std::string why_no_kernel(const Program& program, const Function& function, const Node& composite) {
  const KernelRule* rule = find_rule(family_of(function, composite));
  return rule && rule->declines ? rule->declines(program, function, composite) : std::string();
}

const KernelRule* Planner::rule_of(const Node& node) const { return find_rule(family_of(*frame_->function, node)); }

// ---- steps ----------------------------------------------------------------------------------------------------------

void Planner::fail(const Node& node, const std::string& message) const {
  throw PlanError{node.origin.valid() ? program_.origins[node.origin.index].path + ": " + message : message};
}

Step Planner::step(std::string kernel, std::string header, const Node& node, const Target& target) {
  Step step;
  step.kernel = std::move(kernel);
  step.header = std::move(header);
  step.origin = node.origin;
  step.fused = target.fused;
  return step;
}

void Planner::add(Step step) { out_.steps.push_back(std::move(step)); }

void Planner::add_epilogue(Step& step, const Target& target) {
  if (target.epilogue) step.args.push_back(*target.epilogue);
}

ExpressionId Planner::add_expression(Expression expression) { return ir::add_expression(plan_, std::move(expression)); }

void Planner::plan_kernel(const Node& node, const Target& target) {
  const KernelRule* rule = rule_of(node);
  if (!rule) fail(node, fmt::format("no kernel for {}", node.op.as<Composite>() ? node.op.as<Composite>()->kind : std::string(node.op.info().name)));
  rule->plan(*this, node, target);
}

void Planner::materialize(ValueId id) {
  const Node* node = definition(id);
  IR_CHECK(node, "a parameter without operand");
  if (is_pointwise(*node)) return plan_pointwise(id);
  if (node->op.as<Read>()) {
    frame_->operands[id.index] = buffer_operand(variable_buffer(node->op.as<Read>()->variable));
    return;
  }
  if (node->op.as<Constant>()) {
    frame_->operands[id.index] = constant_operand(*node);
    return;
  }
  if (node->op.as<Iota>()) {
    frame_->operands[id.index] = iota_operand(*node);
    return;
  }
  if (std::optional<Operand> seen = view(*node)) {
    frame_->operands[id.index] = *seen;
    return;
  }
  plan_kernel(*node, Target{id, {}, {}, {}, nullptr});
}

std::vector<Operand> Planner::body(FunctionId id, const std::vector<Operand>& arguments) {
  const Function function = program_.function(id);  // a copy: planning adds functions and variables
  Frame frame = make_frame(function);
  Frame* outer = frame_;
  frame_ = &frame;
  for (size_t i = 0; i < arguments.size(); ++i) frame.operands[function.parameters[i].index] = arguments[i];
  std::vector<Operand> outputs;
  for (ValueId output : function.outputs) outputs.push_back(operand(output));
  frame_ = outer;
  return outputs;
}

BufferId Planner::add_end(const Function& function, ValueId value, std::string name, BufferRole role, size_t index) {
  return add_buffer(function.type(value).dtype, function.type(value).shape, std::move(name), role, static_cast<uint32_t>(index));
}

PlannedFunction Planner::run() {
  const Function function = program_.function(id_);
  out_.name = function.name;
  Frame frame = make_frame(function);
  frame_ = &frame;
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const BufferId id = add_end(function, function.parameters[i], function.parameter_names[i], BufferRole::input, i);
    frame.operands[function.parameters[i].index] = buffer_operand(id);
    out_.parameters.push_back(id);
  }
  out_.parameter_names = function.parameter_names;
  out_.output_names = function.output_names;
  // Output buffers exist before anything is planned, so that the step that computes an output writes it in place.
  for (size_t i = 0; i < function.outputs.size(); ++i) out_.outputs.push_back(add_end(function, function.outputs[i], function.output_names[i], BufferRole::output, i));
  std::vector<char> placed(function.values.size(), 0);
  output_of_.clear();
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    const Node* node = definition(function.outputs[i]);
    const bool computed = node && (is_pointwise(*node) || rule_of(*node)) && !placed[function.outputs[i].index];
    if (computed) output_of_[function.outputs[i]] = out_.outputs[i];
    placed[function.outputs[i].index] = 1;
  }
  replace_early(function.updates);
  // In the order of the program, so that layers follow each other as in the model; what only serves an update waits for its turn.
  const std::vector<char> tail = update_tail(function);
  for (const Node& node : function.nodes) {
    if (node.op.as<Read>() || node.op.as<Constant>() || node.op.as<Iota>()) continue;
    for (ValueId output : node.outputs)
      if (!tail[output.index] && frame.sink[output.index] == output && !frame.operands[output.index] && !frame.pooled[output.index] && (is_pointwise(node) || rule_of(node))) {
        materialize(output);
        break;
      }
  }
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    const Operand value = operand(function.outputs[i]);
    const Operand to = buffer_operand(out_.outputs[i]);
    if (value.buffer != to.buffer) copy(value, to, OriginId{});
  }
  plan_updates(function.updates);
  frame_ = nullptr;
  return std::move(out_);
}

}  // namespace keratin::ir
