#include "codegen/expression.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace keratin {

std::string cpp_type(DType dtype) {
  switch (dtype) {
    case DType::boolean: return "bool";
    case DType::int8: return "signed char";
    case DType::uint8: return "unsigned char";
    case DType::int16: return "short";
    case DType::uint16: return "unsigned short";
    case DType::int32: return "int";
    case DType::uint32: return "unsigned";
    case DType::int64: return "kr::Int64";
    case DType::uint64: return "kr::UInt64";
    case DType::float64: return "double";
    default: return "float";
  }
}

std::string integer_text(DType dtype, int64_t value) {
  if (dtype == DType::uint64) return fmt::format("{}{}", static_cast<uint64_t>(value), value < 0 ? "u" : "");
  // The lowest number of a type is none that can be written down: its digits alone are too large.
  const bool lowest = (dtype == DType::int32 || dtype == DType::int64) && value == ir::lowest_integer(dtype);
  return lowest ? fmt::format("({} - 1)", value + 1) : fmt::format("{}", value);
}

std::string literal(DType dtype, double value) { return literal(dtype, ir::Number(dtype, value)); }

std::string literal(DType dtype, const ir::Number& number) {
  const double value = number.real;
  if (dtype == DType::boolean) return number.integer != 0 ? "true" : "false";
  if (dtype == DType::int32) return integer_text(dtype, number.integer);
  if (is_integer(dtype)) return fmt::format("static_cast<{}>({})", cpp_type(dtype), integer_text(dtype, number.integer));
  const bool single = dtype != DType::float64;
  if (std::isnan(value)) return single ? "__builtin_nanf(\"\")" : "__builtin_nan(\"\")";
  if (std::isinf(value)) return fmt::format("{}{}", value < 0 ? "-" : "", single ? "__builtin_inff()" : "__builtin_inf()");
  std::string text = single ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return single ? text + "f" : text;
}

namespace {

struct Spelling {
  std::string_view function, text;  // {0}, {1}: arguments
  int precedence;                   // of the result: 3 a call or name, 2 product, 1 sum, 0 comparison
  bool literals;                    // operands may be scalars beside vectors
};

constexpr std::array kSpellings = {
    Spelling{"add", "{0} + {1}", 1, true},
    Spelling{"sub", "{0} - {1}", 1, true},
    Spelling{"mul", "{0} * {1}", 2, true},
    Spelling{"div", "{0} / {1}", 2, true},
    Spelling{"neg", "-{0}", 2, false},
    Spelling{"equal", "{0} == {1}", 0, true},
    Spelling{"not_equal", "{0} != {1}", 0, true},
    Spelling{"less", "{0} < {1}", 0, true},
    Spelling{"less_equal", "{0} <= {1}", 0, true},
    Spelling{"greater", "{0} > {1}", 0, true},
    Spelling{"greater_equal", "{0} >= {1}", 0, true},
    Spelling{"bit_and", "{0} & {1}", -1, false},
    Spelling{"bit_or", "{0} | {1}", -1, false},
    Spelling{"bit_xor", "{0} ^ {1}", -1, false},
    Spelling{"max", "kr::max({0}, {1})", 3, true},
    Spelling{"min", "kr::min({0}, {1})", 3, true},
    Spelling{"pow", "kr::pow({0}, {1})", 3, true},
    Spelling{"mod", "kr::floor_mod({0}, {1})", 3, false},
    Spelling{"identity", "{0}", 3, false},
};

const Spelling* spelling_of(std::string_view function) {
  for (const Spelling& spelling : kSpellings)
    if (spelling.function == function) return &spelling;
  return nullptr;
}

class ExpressionWriter {
 public:
  ExpressionWriter(const ir::Expression& expression, const std::vector<std::string>& leaves, bool vectors, std::string indent)
      : expression_(expression), leaves_(leaves), vectors_(vectors), indent_(std::move(indent)), names_(expression.nodes.size()), uses_(expression.nodes.size()) {
    for (const auto& node : expression.nodes)
      for (int arg : node.args) ++uses_[static_cast<size_t>(arg)];
    for (int result : expression.results) ++uses_[static_cast<size_t>(result)];
  }

  std::string write(const std::vector<std::string>& results) {
    for (size_t i = 0; i < expression_.results.size(); ++i) {
      const std::string value = text(expression_.results[i], -1, false);
      statements_ += fmt::format("{}{} = {};\n", indent_, results[i], value);
    }
    if (!expression_.results.empty()) return statements_;
    std::string result = text(static_cast<int>(expression_.nodes.size()) - 1, -1, true);
    return statements_ + indent_ + "return " + result + ";\n";
  }

 private:
  const ir::Expression::Node& node(int index) const { return expression_.nodes[static_cast<size_t>(index)]; }

  /// The node's text, in parentheses where it binds less than `precedence`. What is used twice gets a name first.
  std::string text(int index, int precedence, bool literals) {
    const ir::Expression::Node& n = node(index);
    if (n.leaf >= 0) return leaves_[static_cast<size_t>(n.leaf)];
    if (n.function == "constant") {
      const std::string value = literal(n.dtype, n.immediate);
      if (vectors_ && !literals && is_float(n.dtype)) return fmt::format("kr::broadcast<V>({})", value);
      return value;
    }
    std::string& name = names_[static_cast<size_t>(index)];
    if (!name.empty()) return name;
    auto [written, binds] = call(n);
    if (uses_[static_cast<size_t>(index)] > 1) {
      name = fmt::format("t{}", ++count_);
      statements_ += fmt::format("{}const auto {} = {};\n", indent_, name, written);
      return name;
    }
    return binds < precedence ? "(" + written + ")" : written;
  }

  std::pair<std::string, int> call(const ir::Expression::Node& n) {
    if (n.function.starts_with("convert<")) return conversion(n);
    if ((n.function == "max" || n.function == "min") && is_float(n.dtype)) return extreme(n);
    if (n.function == "rsqrt") return {fmt::format("{} / kr::sqrt({})", literal(n.dtype, 1), text(n.args[0], -1, false)), 2};
    if (n.function == "select") return {fmt::format("kr::select({}, {}, {})", text(n.args[0], -1, true), text(n.args[1], -1, false), text(n.args[2], -1, false)), 3};
    const Spelling* spelling = spelling_of(n.function);
    if (!spelling) {
      std::string args;
      for (int arg : n.args) args += (args.empty() ? "" : ", ") + text(arg, -1, false);
      return {fmt::format("kr::{}({})", n.function, args), 3};
    }
    const bool both_constant = n.args.size() == 2 && node(n.args[0]).function == "constant" && node(n.args[1]).function == "constant";
    const bool literals = spelling->literals && !both_constant;
    const int own = spelling->precedence == 3 ? -1 : spelling->precedence;
    std::string first = text(n.args[0], own, literals), second;
    // The right operand of - and / binds tighter.
    if (n.args.size() > 1) second = text(n.args[1], own < 0 ? -1 : own + 1, literals);
    if (n.function == "neg") first = text(n.args[0], 3, false);
    return {fmt::format(fmt::runtime(spelling->text), first, second), spelling->precedence};
  }

  /// NaN of either operand is the result: the runtime's max and min give that of the second one, in one instruction.
  std::pair<std::string, int> extreme(const ir::Expression::Node& n) {
    const auto is_known = [&](int arg) { return node(arg).function == "constant" && !std::isnan(node(arg).immediate.real); };
    const bool first = is_known(n.args[0]), second = is_known(n.args[1]);
    if (!first && !second) return {fmt::format("kr::{}_nan({}, {})", n.function, text(n.args[0], -1, false), text(n.args[1], -1, false)), 3};
    const int known = n.args[first ? 0 : 1], other = n.args[first ? 1 : 0];
    return {fmt::format("kr::{}({}, {})", n.function, text(known, -1, node(other).function != "constant"), text(other, -1, false)), 3};
  }

  std::pair<std::string, int> conversion(const ir::Expression::Node& n) {
    const DType from = node(n.args[0]).dtype, to = n.dtype;
    const std::string inner = text(n.args[0], -1, true);
    if (from == DType::boolean) return {fmt::format("kr::select({}, {}, {})", inner, one(to, 1), one(to, 0)), 3};
    if (to == DType::boolean) return {fmt::format("{} != {}", text(n.args[0], 1, true), literal(from, 0)), 0};
    return {fmt::format("kr::cast<{}>({})", cpp_type(to), inner), 3};
  }

  std::string one(DType dtype, double value) const {
    if (is_integer(dtype)) return literal(dtype, value);  // of its type already
    return vectors_ && is_float(dtype) ? fmt::format("kr::broadcast<V>({})", literal(dtype, value)) : fmt::format("{}({})", cpp_type(dtype), literal(dtype, value));
  }

  const ir::Expression& expression_;
  const std::vector<std::string>& leaves_;
  bool vectors_;
  std::string indent_, statements_;
  std::vector<std::string> names_;
  std::vector<int> uses_;
  int count_ = 0;
};

}  // namespace

std::string expression_body(const ir::Expression& expression, const std::vector<std::string>& leaves, const std::vector<std::string>& results, bool vectors,
                            const std::string& indent) {
  return ExpressionWriter(expression, leaves, vectors, indent).write(results);
}

}  // namespace keratin
