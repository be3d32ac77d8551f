#include "ir/passes/rewrite.h"

#include <algorithm>
#include <utility>

#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// Carries the hint over unless the new value has a name already, which it has where one value stands for two.
void keep_name(Builder& builder, Val value, const std::string& hint) {
  if (!hint.empty() && builder.function().values[value.id().index].name.empty()) builder.name(value, hint);
}

/// Appends the body of a composite node to `nodes`. The body's results are defined under the ids that the node's outputs have, so that
/// whoever holds them goes on; this is why it does not go through a Builder.
void splice(Program& program, Function& into, std::vector<Node>& nodes, const Node& composite, FunctionId body_id,
            const std::function<bool(const Composite::Attrs&)>& which) {
  const Function& body = program.function(body_id);
  std::vector<ValueId> now(body.values.size());
  for (size_t i = 0; i < body.parameters.size(); ++i) now[body.parameters[i].index] = composite.inputs[i];
  std::vector<bool> aliased(body.outputs.size(), false);
  for (size_t i = 0; i < body.outputs.size(); ++i) {
    ValueId& place = now[body.outputs[i].index];
    aliased[i] = place.valid();  // a parameter, or a result given twice
    if (!aliased[i]) place = composite.outputs[i];
  }
  for (Node node : body.nodes) {
    for (ValueId& input : node.inputs) input = now[input.index];
    for (ValueId& output : node.outputs) {
      ValueId& place = now[output.index];
      if (!place.valid()) {
        place = ValueId{static_cast<uint32_t>(into.values.size())};
        into.values.push_back(body.values[output.index]);
      }
      output = place;
    }
    if (!node.origin.valid()) node.origin = composite.origin;
    const auto* inner = node.op.as<Composite>();
    if (inner && which(*inner))
      splice(program, into, nodes, node, inner->body, which);
    else
      nodes.push_back(std::move(node));
  }
  for (size_t i = 0; i < body.outputs.size(); ++i)
    if (aliased[i])
      nodes.push_back(Node{Reshape::Attrs{body.type(body.outputs[i]).shape}, {now[body.outputs[i].index]}, {composite.outputs[i]},
                           composite.origin});
}

}  // namespace

Val Rewriter::at(ValueId old) const {
  IR_CHECK(has(old), "a value is used before it is defined");
  return now_[old.index];
}

Vals Rewriter::operands(const Node& node) const {
  Vals operands;
  for (ValueId input : node.inputs) operands.push_back(at(input));
  return operands;
}

void Rewriter::copy_parameters() {
  for (size_t i = 0; i < from_.parameters.size(); ++i) {
    const ValueId old = from_.parameters[i];
    set(old, to_.parameter(from_.type(old), from_.parameter_names[i]));
    keep_name(to_, at(old), from_.values[old.index].name);
  }
}

void Rewriter::copy(const Node& node) {
  to_.set_origin(node.origin);
  const Vals results = to_.add(node.op, operands(node));
  IR_CHECK(results.size() == node.outputs.size());
  for (size_t i = 0; i < results.size(); ++i) {
    IR_CHECK(!results[i].poisoned(), "a node does not fit its new operands");
    IR_CHECK(results[i].type() == from_.type(node.outputs[i]), "a rewritten value has another type");
    set(node.outputs[i], results[i]);
    keep_name(to_, results[i], from_.values[node.outputs[i].index].name);
  }
}

void Rewriter::copy_results() {
  for (size_t i = 0; i < from_.outputs.size(); ++i) to_.output(at(from_.outputs[i]), from_.output_names[i]);
  for (const Update& update : from_.updates) to_.update(update.variable, at(update.value));
}

const Node* Rewriter::definition(Val value) {
  const Function& function = to_.function();
  defined_by_.resize(function.values.size(), -1);
  for (; scanned_ < function.nodes.size(); ++scanned_)
    for (ValueId output : function.nodes[scanned_].outputs) defined_by_[output.index] = static_cast<int>(scanned_);
  const int index = defined_by_[value.id().index];
  return index < 0 ? nullptr : &function.nodes[static_cast<size_t>(index)];
}

Val Rewriter::operand_of(Val value, size_t i) {
  const Node* node = definition(value);
  IR_CHECK(node && i < node->inputs.size());
  return Val(&to_, node->inputs[i]);
}

void rebuild(Program& program, FunctionId id, const Replace& replace) {
  Function empty;
  empty.name = program.function(id).name;
  const Function old = std::exchange(program.function(id), std::move(empty));
  Builder builder(program, id);
  Rewriter rewriter(old, builder);
  rewriter.copy_parameters();
  for (const Node& node : old.nodes) {
    builder.set_origin(node.origin);
    if (!replace(rewriter, node)) {
      rewriter.copy(node);
      continue;
    }
    for (ValueId output : node.outputs)
      if (rewriter.has(output)) {
        IR_CHECK(rewriter.at(output).type() == old.type(output), "a replacement has another type");
        keep_name(builder, rewriter.at(output), old.values[output.index].name);
      }
  }
  rewriter.copy_results();
}

Vals inline_function(Builder& builder, FunctionId body, const Vals& arguments) {
  const Function function = builder.program().function(body);
  IR_CHECK(function.updates.empty() && arguments.size() == function.parameters.size());
  Rewriter rewriter(function, builder);
  for (size_t i = 0; i < arguments.size(); ++i) {
    IR_CHECK(arguments[i].type() == function.type(function.parameters[i]), "an argument has another type than the parameter");
    rewriter.set(function.parameters[i], arguments[i]);
  }
  const OriginId caller = builder.origin();
  for (Node node : function.nodes) {
    if (!node.origin.valid()) node.origin = caller;
    rewriter.copy(node);
  }
  builder.set_origin(caller);
  Vals results;
  for (ValueId output : function.outputs) results.push_back(rewriter.at(output));
  return results;
}

void inline_composites(Program& program, FunctionId id, const std::function<bool(const Composite::Attrs&)>& which) {
  Function& function = program.function(id);
  std::vector<Node> nodes;
  for (const Node& node : function.nodes) {
    const auto* composite = node.op.as<Composite>();
    if (composite && which(*composite))
      splice(program, function, nodes, node, composite->body, which);
    else
      nodes.push_back(node);
  }
  function.nodes = std::move(nodes);
}

}  // namespace keratin::ir
