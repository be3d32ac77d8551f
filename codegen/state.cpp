// State: what recurrent layers keep from call to call, in the header, and its beginning, in the body.
#include <algorithm>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

std::string Emitter::state_struct() const {
  if (states_.empty()) return "";
  std::string text = "/// What recurrent layers keep from call to call; one for each sequence of calls.\nstruct State {\n";
  for (const Field& field : states_) {
    text += plain_field(field);
  }
  return text + "\n  State() noexcept { reset(); }\n  /// Back to the beginning, as reset_states() of Keras.\n  void reset() noexcept;\n};\n\n";
}

std::string Emitter::plain_field(const Field& field) const {
  const ir::Variable& variable = program().variable(field.variable);
  if (variable.type.shape.rank() == 0) return fmt::format("  {} {};  // {}\n", cpp_type(variable.type.dtype), field.name, variable.name);
  return fmt::format("  alignas(64) {} {}[{}];  // {}{}\n", cpp_type(variable.type.dtype), field.name, field.count, variable.name, to_string(variable.type.shape));
}

std::string Emitter::state_reset() const {
  if (states_.empty()) return "";
  std::string tables, body;
  for (const Field& field : states_) {
    const ir::Variable& variable = program().variable(field.variable);
    const auto number = [&](int64_t i) { return literal(variable.type.dtype, variable.initial ? variable.initial->element(i) : ir::Number()); };
    bool uniform = true;
    for (int64_t i = 1; i < field.count; ++i) uniform = uniform && number(i) == number(0);
    if (uniform) {
      body += fmt::format("  for ({}& value : {}) value = {};\n", cpp_type(variable.type.dtype), field.name, number(0));
      continue;
    }
    std::string values;
    for (int64_t i = 0; i < field.count; ++i) values += (i == 0 ? "" : i % 8 == 0 ? ",\n    " : ", ") + number(i);
    tables += fmt::format("constexpr {} kFirst_{}[] = {{\n    {}}};\n\n", cpp_type(variable.type.dtype), field.name, values);
    body += fmt::format("  __builtin_memcpy({0}, kFirst_{0}, sizeof {0});\n", field.name);
  }
  if (!tables.empty()) tables = "namespace {\n\n" + tables + "}  // namespace\n\n";
  return tables + "void State::reset() noexcept {\n" + body + "}\n\n";
}

}  // namespace keratin
