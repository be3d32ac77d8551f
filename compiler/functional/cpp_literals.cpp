#include "compiler/functional/cpp_literals.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace keratin::functional {

namespace {

std::string number_literal(const Json& value) {
  if (value.is_int()) {
    const int64_t number = value.as_int();
    return number == static_cast<int32_t>(number) ? std::to_string(number) : fmt::format("int64_t{{{}}}", number);
  }
  const double number = value.as_double();
  if (std::isnan(number)) return "std::numeric_limits<double>::quiet_NaN()";
  if (std::isinf(number)) return fmt::format("{}std::numeric_limits<double>::infinity()", number < 0 ? "-" : "");
  const std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string scalar_literal(const Json& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  return value.is_string() ? string_literal(value.as_string()) : number_literal(value);
}

}  // namespace

std::string string_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') literal += '\\', literal += c;
    else if (c == '\n') literal += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20) literal += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    else literal += c;
  }
  return literal + "\"";
}

std::string object_expression(const Json::Object& members, bool type) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : members) parts.push_back(fmt::format("{{{}, {}}}", string_literal(key), json_expression(value)));
  return fmt::format("{}{{{}}}", type ? "Json::Object" : "", fmt::join(parts, ", "));
}

std::string json_expression(const Json& value) {
  if (value.is_null()) return "Json()";
  if (value.is_object()) return object_expression(value.as_object());
  if (!value.is_array()) return scalar_literal(value);
  std::vector<std::string> parts;
  for (const Json& item : value.as_array())  // in a list of one the inner one would be copied in place of held
    parts.push_back(item.is_array() || item.is_object() ? fmt::format("Json({})", json_expression(item)) : json_expression(item));
  return fmt::format("Json::Array{{{}}}", fmt::join(parts, ", "));
}

std::string field_literal(const Json& value) {
  if (value.is_null()) return "{}";
  if (!value.is_array()) return scalar_literal(value);
  std::vector<std::string> parts;
  for (const Json& item : value.as_array()) parts.push_back(item.is_null() ? "std::nullopt" : field_literal(item));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

}  // namespace keratin::functional
