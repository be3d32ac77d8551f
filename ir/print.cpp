// The text form of the IR: one node a line, `%3: float32[n,8] = unary exp(%2)  ; origin`.
#include <fmt/format.h>

#include "ir/program.h"

namespace keratin::ir {

namespace {

constexpr int64_t kShownElements = 4;  // constants up to this size show their values

std::string reference(ValueId id) { return fmt::format("%{}", id.index); }

std::string definition(const Function& function, ValueId id) {
  const Value& value = function.values[id.index];
  return fmt::format("%{}{}{}: {}", id.index, value.name.empty() ? "" : " ", value.name, to_string(value.type));
}

template <class T, class F>
std::string list(const std::vector<T>& items, F&& text) {
  std::string joined;
  for (const T& item : items) joined += (joined.empty() ? "" : ", ") + text(item);
  return joined;
}

std::string values_of(const Tensor& tensor) {
  std::string text;
  for (int64_t i = 0; i < tensor.count(); ++i) text += fmt::format("{}{}", i ? "," : "", tensor.number(i));
  return "{" + text + "}";
}

/// What an op's attributes refer to in the Program, beside the id.
std::string referent(const Program& program, const Op& op) {
  if (const auto* read = op.as<Read>()) return " " + program.variable(read->variable).name;
  if (const auto* constant = op.as<Constant>()) {
    const Tensor& tensor = *program.constants[constant->id.index];
    if (tensor.count() <= kShownElements) return " " + values_of(tensor);
  }
  return "";
}

std::string line(const Program& program, const Function& function, const Node& node) {
  const std::string attributes = print(node.op);
  std::string text = list(node.outputs, [&](ValueId id) { return definition(function, id); });
  text += fmt::format(" = {}{}{}{}", node.op.info().name, attributes.empty() ? "" : " ", attributes, referent(program, node.op));
  if (!node.inputs.empty()) text += fmt::format("({})", list(node.inputs, reference));
  if (node.origin.valid()) {
    const Origin& origin = program.origins[node.origin.index];
    text += fmt::format("  ; {}{}", origin.path, origin.backward ? " backward" : "");
  }
  return text;
}

}  // namespace

std::string print(const Program& program, const Function& function) {
  std::string text = fmt::format("function {}({}) {{\n", function.name,
                                 list(function.parameters, [&](ValueId id) { return definition(function, id); }));
  for (const Node& node : function.nodes) text += "  " + line(program, function, node) + "\n";
  for (const Update& update : function.updates)
    text += fmt::format("  update v{} {} <- {}\n", update.variable.index, program.variable(update.variable).name, reference(update.value));
  for (size_t i = 0; i < function.outputs.size(); ++i)
    text += fmt::format("  return {} = {}\n", function.output_names[i], reference(function.outputs[i]));
  return text + "}\n";
}

std::string print(const Program& program) {
  std::string text;
  for (size_t i = 0; i < program.variables.size(); ++i) {
    const Variable& variable = program.variables[i];
    text += fmt::format("v{} {}: {} {}{}\n", i, variable.name, to_string(variable.type), name_of(variable.role),
                        variable.trainable ? " trainable" : "");
  }
  for (const Function& function : program.functions) text += (text.empty() ? "" : "\n") + print(program, function);
  return text;
}

}  // namespace keratin::ir
