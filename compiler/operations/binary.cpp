// Element-wise operations of two or three tensors with numpy's broadcasting and Keras's promotion (promotion.h).
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "compiler/operations/operation.h"

namespace keratin {

namespace {

using Unary = ir::Unary::Kind;
using Binary = ir::Binary::Kind;
using Compare = ir::Compare::Kind;
using Function = std::function<Val(Val, Val)>;

enum class Rule : uint8_t {
  promote,           // the type that holds both
  promote_to_float,  // likewise, float32 for integers
  no_bool,           // likewise; two bools become int32
  boolean,           // both are cast to bool
};

Vals operands_of(Arguments& a, std::string_view first, std::string_view second, Rule rule) {
  const std::vector<Operand> operands = {a.operand(first), a.operand(second)};
  if (rule == Rule::boolean) {
    Vals values;
    for (const Operand& operand : operands) values.push_back(a.as(operand, DType::boolean));
    return values;
  }
  std::optional<OperandType> with;
  if (rule == Rule::promote_to_float) with = kWeakFloat;
  if (rule == Rule::no_bool) with = kWeakInt;
  return a.promoted(operands, with);
}

Operation row(std::string_view name, Rule rule, Function f, std::string_view call = "x1 x2") {
  return {name, "", call, [=](Arguments& a) {
            const size_t space = call.find(' ');
            const Vals x = operands_of(a, call.substr(0, space), call.substr(space + 1), rule);
            return one(x[0].poisoned() || x[1].poisoned() ? Val() : f(x[0], x[1]));
          }};
}

Operation row(std::string_view name, Rule rule, Binary kind, std::string_view call = "x1 x2") {
  return row(name, rule, [kind](Val x, Val y) { return x.builder().binary(kind, x, y); }, call);
}

/// Sums and products of bools are their `or` and `and`.
Operation arithmetic(std::string_view name, Binary kind, Binary of_bools) {
  return row(name, Rule::promote, [=](Val x, Val y) { return x.builder().binary(x.dtype() == DType::boolean ? of_bools : kind, x, y); });
}

Operation comparison(std::string_view name, Compare kind) {
  return row(name, Rule::promote, [kind](Val x, Val y) { return x.builder().compare(kind, x, y); });
}

/// The larger or smaller one; of a number and NaN the number.
Operation without_nan(std::string_view name, Binary kind) {
  return row(name, Rule::no_bool, [kind](Val x, Val y) {
    ir::Builder& b = x.builder();
    const Val best = b.binary(kind, x, y);
    if (!is_float(x.dtype())) return best;
    return b.select(b.unary(Unary::is_nan, x), y, b.select(b.unary(Unary::is_nan, y), x, best));
  });
}

Val log_add_exp(Val x, Val y) {
  const Val gap = x - y;
  ir::Builder& b = x.builder();
  const Val sum = maximum(x, y) + b.unary(Unary::log1p, exp(-abs(gap)));
  return b.select(b.unary(Unary::is_nan, gap), x + y, sum);  // infinities of one sign
}

Val divide_no_nan(Val x, Val y) {
  ir::Builder& b = x.builder();
  const Val zero = b.compare(Compare::eq, y, b.number(y.dtype(), 0));
  return b.select(zero, b.number(x.dtype(), 0), x / b.select(zero, b.number(y.dtype(), 1), y));
}

/// The remainder of the division towards zero.
Val fmod(Val x, Val y) {
  if (!is_float(x.dtype())) return x - x / y * y;
  ir::Builder& b = x.builder();
  const Val size = abs(y), rest = b.binary(Binary::mod, abs(x), size);
  return b.select(less(x, 0), -rest, rest);
}

Val heaviside(Val x, Val at_zero) {
  ir::Builder& b = x.builder();
  const Val zero = b.number(x.dtype(), 0), unit = b.number(x.dtype(), 1);
  return b.select(b.compare(Compare::lt, x, zero), zero, b.select(b.compare(Compare::gt, x, zero), unit, at_zero));
}

Val is_close(Arguments& a) {
  const Vals x = operands_of(a, "x1", "x2", Rule::promote_to_float);
  if (x[0].poisoned() || x[1].poisoned()) return {};
  const double relative = a.number("rtol", 1e-5), absolute = a.number("atol", 1e-8);
  const Val near = a.b.compare(Compare::le, abs(x[0] - x[1]), abs(x[1]) * relative + absolute);
  const Val result = a.b.binary(Binary::logical_or, a.b.compare(Compare::eq, x[0], x[1]), a.b.binary(Binary::logical_and, near, a.b.unary(Unary::is_finite, x[1])));
  if (!a.boolean("equal_nan", false)) return result;
  return a.b.binary(Binary::logical_or, result, a.b.binary(Binary::logical_and, a.b.unary(Unary::is_nan, x[0]), a.b.unary(Unary::is_nan, x[1])));
}

Val where(Arguments& a) {
  if (!a.given("x1") || !a.given("x2")) return a.fail("without x1 and x2 gives indices, whose number depends on the data; this is not supported");
  const Val condition = a.as(a.operand("condition"), DType::boolean);
  const Vals x = operands_of(a, "x1", "x2", Rule::promote);
  return a.b.select(condition, x[0], x[1]);
}

OperationTable arithmetics() {
  return {
      arithmetic("Add", Binary::add, Binary::logical_or),
      row("Arctan2", Rule::promote_to_float, Binary::atan2),
      row("Divide", Rule::promote_to_float, Binary::div),
      row("DivideNoNan", Rule::promote_to_float, divide_no_nan),
      row("FloorDivide", Rule::no_bool, Binary::floor_div),
      without_nan("Fmax", Binary::max),
      without_nan("Fmin", Binary::min),
      row("Fmod", Rule::no_bool, fmod),
      row("Heaviside", Rule::promote_to_float, heaviside),
      row("Hypot", Rule::promote_to_float, [](Val x, Val y) { return sqrt(x * x + y * y); }),
      row("Ldexp", Rule::promote_to_float, [](Val x, Val y) { return x * exp(y * std::numbers::ln2); }),
      row("Logaddexp", Rule::promote_to_float, log_add_exp),
      row("Logaddexp2", Rule::promote_to_float, [](Val x, Val y) { return log_add_exp(x * std::numbers::ln2, y * std::numbers::ln2) / std::numbers::ln2; }),
      arithmetic("Maximum", Binary::max, Binary::logical_or),
      arithmetic("Minimum", Binary::min, Binary::logical_and),
      row("Mod", Rule::no_bool, Binary::mod),
      arithmetic("Multiply", Binary::mul, Binary::logical_and),
      row("Power", Rule::no_bool, Binary::pow),
      row("Subtract", Rule::promote, Binary::sub),
      row("TrueDivide", Rule::promote_to_float, Binary::div),
  };
}

OperationTable comparisons_and_logic() {
  return {
      row("BitwiseAnd", Rule::promote, Binary::logical_and, "x y"),
      row("BitwiseLeftShift", Rule::promote, Binary::shift_left, "x y"),
      row("BitwiseOr", Rule::promote, Binary::logical_or, "x y"),
      row("BitwiseRightShift", Rule::promote, Binary::shift_right, "x y"),
      row("BitwiseXor", Rule::promote, Binary::logical_xor, "x y"),
      comparison("Equal", Compare::eq),
      comparison("Greater", Compare::gt),
      comparison("GreaterEqual", Compare::ge),
      {"Isclose", "equal_nan", "x1 x2 rtol atol", [](Arguments& a) { return one(is_close(a)); }},
      row("LeftShift", Rule::promote, Binary::shift_left, "x y"),
      comparison("Less", Compare::lt),
      comparison("LessEqual", Compare::le),
      row("LogicalAnd", Rule::boolean, Binary::logical_and),
      row("LogicalOr", Rule::boolean, Binary::logical_or),
      row("LogicalXor", Rule::boolean, Binary::logical_xor),
      comparison("NotEqual", Compare::ne),
      row("RightShift", Rule::promote, Binary::shift_right, "x y"),
      {"Where", "", "condition x1 x2", [](Arguments& a) { return one(where(a)); }},
  };
}

}  // namespace

const OperationTable& binary_operations() {
  static const OperationTable table = [] {
    OperationTable all = arithmetics(), more = comparisons_and_logic();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return table;
}

}  // namespace keratin
