#include "ir/passes/composite_gradient.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>

#include "ir/passes/eliminate_dead.h"
#include "ir/passes/gradients.h"
#include "ir/passes/rewrite.h"

namespace keratin::ir {

namespace {

struct Derived {
  FunctionId body;
  std::vector<size_t> gradients;  // input of each result
};

/// Nodes from `first` on read the parameter instead of the recomputed output, so that a gradient in terms of y needs no second forward
/// computation.
void read_given_outputs(Function& function, size_t first, const Vals& computed, const Vals& given) {
  const std::vector<int> defined_by = [&] {
    std::vector<int> nodes(function.values.size(), -1);
    for (size_t i = 0; i < first; ++i)
      for (ValueId output : function.nodes[i].outputs) nodes[output.index] = static_cast<int>(i);
    return nodes;
  }();
  for (size_t i = first; i < function.nodes.size(); ++i)
    for (ValueId& input : function.nodes[i].inputs)
      for (size_t k = 0; k < computed.size(); ++k)
        if (input == computed[k].id() && defined_by[input.index] >= 0) input = given[k].id();
}

/// Softmax's gradient in terms of its result alone, (dy - sum(dy y)) y: what is derived from exp and the division needs all of them again.
Val softmax_gradient(Builder& b, const Composite::Attrs& composite, Val y, Val dy) {
  std::vector<int> axes;
  std::istringstream list(std::get<std::string>(composite.attributes.at("axes")));
  for (std::string axis; std::getline(list, axis, ',');) axes.push_back(std::stoi(axis));
  return (dy - b.broadcast(b.sum(dy * y, axes, true), y.shape())) * y;
}

/// Composites whose gradient is known in closed form, in terms of their result: shorter than what is derived from the body, to which tests
/// compare it. For one wanted input.
struct ClosedForm {
  std::string_view kind;
  Val (*gradient)(Builder&, const Composite::Attrs&, Val y, Val dy);
};
constexpr ClosedForm kClosedForms[] = {{"softmax", softmax_gradient}};

const ClosedForm* closed_form_of(const Composite::Attrs& composite, size_t wanted) {
  const auto found = std::find_if(std::begin(kClosedForms), std::end(kClosedForms), [&](const ClosedForm& form) { return form.kind == composite.kind; });
  return found != std::end(kClosedForms) && wanted == 1 ? &*found : nullptr;
}

Derived derive(Builder& outer, const Composite::Attrs& composite, const std::vector<bool>& wanted) {
  Program& program = outer.program();
  const Function forward = program.function(composite.body);
  Derived derived{outer.new_function(forward.name + "_grad"), {}};
  Builder b(program, derived.body);
  Vals inputs, given, of, seeds, wrt;
  for (size_t i = 0; i < forward.parameters.size(); ++i)
    inputs.push_back(b.parameter(forward.type(forward.parameters[i]), forward.parameter_names[i]));
  for (size_t i = 0; i < forward.outputs.size(); ++i)
    given.push_back(b.parameter(forward.type(forward.outputs[i]), forward.output_names[i]));
  const Vals computed = inline_function(b, composite.body, inputs);
  for (size_t i = 0; i < computed.size(); ++i) {
    if (!is_float(computed[i].dtype())) continue;
    of.push_back(computed[i]);
    seeds.push_back(b.parameter(computed[i].type(), "d_" + forward.output_names[i]));
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (wanted[i]) wrt.push_back(inputs[i]);
  Vals results;
  if (const ClosedForm* form = closed_form_of(composite, wrt.size())) {
    results = {form->gradient(b, composite, given[0], seeds[0])};
  } else {
    const size_t forward_nodes = b.function().nodes.size();
    results = gradients_or_none(b, of, seeds, wrt);
    read_given_outputs(b.function(), forward_nodes, computed, given);
  }
  for (size_t i = 0, next = 0; i < inputs.size(); ++i) {
    if (!wanted[i]) continue;
    const Val result = results[next++];
    if (result.poisoned()) continue;
    derived.gradients.push_back(i);
    b.output(result, "d_" + forward.parameter_names[i]);
  }
  eliminate_dead(program, derived.body);
  return derived;
}

}  // namespace

Vals composite_gradient(Builder& builder, const Node& node, const Vals& d_outputs, const std::vector<bool>& wanted) {
  const Composite::Attrs composite = *node.op.as<Composite>();
  const Derived derived = derive(builder, composite, wanted);
  Vals results(node.inputs.size());
  if (derived.gradients.empty()) return results;
  Vals operands;
  for (ValueId input : node.inputs) operands.emplace_back(&builder, input);
  for (ValueId output : node.outputs) operands.emplace_back(&builder, output);
  for (Val d : d_outputs)
    if (!d.poisoned()) operands.push_back(d);
  std::map<std::string, Composite::Attribute> attributes = composite.attributes;
  attributes["gradients"] = fmt::format("{}", fmt::join(derived.gradients, ","));
  const Vals values = builder.composite(composite.kind + "_grad", attributes, derived.body, operands);
  for (size_t i = 0; i < values.size(); ++i) results[derived.gradients[i]] = values[i];
  return results;
}

}  // namespace keratin::ir
