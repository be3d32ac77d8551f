// Products over common axes (keras.ops.matmul, einsum, tensordot, ...).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/operations/moves.h"
#include "compiler/operations/operation.h"

namespace keratin {

namespace {

bool has_poison(const Vals& values) {
  return std::any_of(values.begin(), values.end(), [](const Val& value) { return value.poisoned(); });
}

/// Both operands in their common type, no bools; empty after a problem.
Vals factors(Arguments& a) {
  Vals x = a.promoted({a.operand("x1"), a.operand("x2")});
  if (has_poison(x)) return {};
  for (Val& value : x)
    if (value.dtype() == DType::boolean) value = a.b.cast(value, DType::int32);
  return x;
}

Operation row(std::string_view name, std::string_view config, std::function<Val(Arguments&, Val, Val)> f) {
  return {name, config, "x1 x2", [f](Arguments& a) {
            const Vals x = factors(a);
            return one(x.empty() ? Val() : f(a, x[0], x[1]));
          }};
}

Val matmul(Arguments& a, Val x, Val y) {
  const auto turned = [&](Val value, std::string_view name) {
    if (!a.boolean(name, false) || value.rank() < 2) return value;
    std::vector<int> order;
    for (int i = 0; i < value.rank(); ++i) order.push_back(i);
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return a.b.transpose(value, order);
  };
  x = turned(x, "transpose_a");
  y = turned(y, "transpose_b");
  for (int i = 3; i <= std::min(x.rank(), y.rank()); ++i) {
    const Dim first = x.dim(-i), second = y.dim(-i);
    if (first.is_static() != second.is_static() && !first.is_one() && !second.is_one())
      if (a.fix_batch(first.is_static() ? second : first, first.is_static() ? first.size : second.size)) return {};
  }
  return a.b.matmul(x, y);
}

Val dot(Arguments& a, Val x, Val y) {
  if (x.rank() == 0 || y.rank() == 0) return x * y;
  return a.b.dot(x, y, {{}, {}, {x.rank() - 1}, {y.rank() == 1 ? 0 : y.rank() - 2}});
}

Val inner(Arguments& a, Val x, Val y) {
  if (x.rank() == 0 || y.rank() == 0) return x * y;
  return a.b.dot(x, y, {{}, {}, {x.rank() - 1}, {y.rank() - 1}});
}

Val outer(Arguments& a, Val x, Val y) {
  x = flattened(a, x);
  y = flattened(a, y);
  return a.b.dot(x, y, {});
}

Val vdot(Arguments& a, Val x, Val y) {
  x = flattened(a, x);
  y = flattened(a, y);
  return a.b.dot(x, y, {{}, {}, {0}, {0}});
}

/// axes: how many of the last of x1 and first of x2, or two lists of them.
Val tensordot(Arguments& a, Val x, Val y) {
  const Json axes = a.given("axes") ? a.constant("axes") : Json(2);
  ir::Dot::Attrs attrs;
  const auto add = [&](std::vector<int>& list, int64_t axis, int rank) {
    const std::optional<int> counted = ir::normalize_axis(axis, rank);
    if (counted) return list.push_back(*counted);
    a.fail("axes", fmt::format("{} is outside the {} dimensions of the tensor", axis, rank));
  };
  if (axes.is_int()) {
    const int64_t count = axes.as_int();
    if (count < 0 || count > std::min(x.rank(), y.rank())) return a.fail("axes", fmt::format("{} axes of {} and {}", count, ir::keras_shape(x.shape()), ir::keras_shape(y.shape())));
    for (int64_t i = 0; i < count; ++i) {
      attrs.left_contract.push_back(x.rank() - static_cast<int>(count - i));
      attrs.right_contract.push_back(static_cast<int>(i));
    }
    return a.b.dot(x, y, attrs);
  }
  if (!axes.is_array() || axes.as_array().size() != 2) return a.fail("axes", fmt::format("{} is no number and no pair of lists", axes.dump()));
  for (size_t side = 0; side < 2; ++side) {
    std::vector<int>& list = side ? attrs.right_contract : attrs.left_contract;
    const int rank = side ? y.rank() : x.rank();
    const Json& listed = axes.as_array()[side];
    if (listed.is_int()) add(list, listed.as_int(), rank);
    else if (listed.is_array())
      for (const Json& axis : listed.as_array())
        if (axis.is_int()) add(list, axis.as_int(), rank);
  }
  return a.failed() ? Val() : a.b.dot(x, y, attrs);
}

/// Each element of x times the whole of y.
Val kron(Arguments& a, Val x, Val y) {
  while (x.rank() < y.rank()) x = a.b.expand_dims(x, 0);
  while (y.rank() < x.rank()) y = a.b.expand_dims(y, 0);
  Shape merged;
  for (int i = 0; i < y.rank(); ++i) {
    const std::optional<Dim> extent = ir::product(x.dim(i), y.dim(i));
    if (!extent) return a.fail("the product of two batches is not supported");
    merged.dims.push_back(*extent);
  }
  const int rank = x.rank();
  for (int i = 0; i < rank; ++i) {
    x = a.b.expand_dims(x, 2 * i + 1);
    y = a.b.expand_dims(y, 2 * i);
  }
  const Val product = x * y;
  return product.poisoned() ? product : a.b.reshape(product, merged);
}

// ---- cross ------------------------------------------------------------------------------------------------------------

/// Vectors of 2 or 3 elements along an axis of each; two of 2 give numbers.
Val cross(Arguments& a, Val x, Val y) {
  int axis_x = a.axis("axisa", x.rank(), -1), axis_y = a.axis("axisb", y.rank(), -1);
  if (a.given("axis")) {
    axis_x = a.axis("axis", x.rank());
    axis_y = a.axis("axis", y.rank());
  }
  if (a.failed()) return {};
  x = axis_to_end(x, axis_x);
  y = axis_to_end(y, axis_y);
  const Dim p = x.dim(-1), q = y.dim(-1);
  const auto is_vector = [](Dim dim) { return dim == Dim(2) || dim == Dim(3); };
  if (!is_vector(p) || !is_vector(q)) return a.fail(fmt::format("takes vectors of 2 or 3 elements, not {} and {}", ir::to_string(p), ir::to_string(q)));
  const auto part = [&](Val value, int64_t i) {
    const Val element = a.b.slice(value, value.rank() - 1, std::min<int64_t>(i, value.dim(-1).size - 1), std::min<int64_t>(i, value.dim(-1).size - 1) + 1);
    return i < value.dim(-1).size ? element : element * 0.0;
  };
  const auto component = [&](int64_t i, int64_t j) { return part(x, i) * part(y, j) - part(x, j) * part(y, i); };
  if (p == Dim(2) && q == Dim(2)) {
    const Val z = component(0, 1);
    return z.poisoned() ? z : a.b.squeeze(z, {-1});
  }
  const Vals parts = {component(1, 2), component(2, 0), component(0, 1)};
  if (has_poison(parts)) return {};
  const Val result = a.b.concatenate(parts, -1);
  const int target = a.given("axis") ? a.axis("axis", result.rank()) : a.axis("axisc", result.rank(), -1);
  return axis_from_end(result, target);
}

// ---- einsum -----------------------------------------------------------------------------------------------------------

/// The letters of each operand and of the result, `...` replaced by letters of its own.
struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::optional<Equation> parsed_equation(Arguments& a, std::string text, const Vals& operands) {
  std::erase(text, ' ');
  const auto wrong = [&](std::string_view why) -> std::optional<Equation> {
    a.fail("subscripts", fmt::format("'{}' {}", text, why));
    return std::nullopt;
  };
  const size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  Equation equation;
  for (size_t at = 0;;) {
    const size_t comma = left.find(',', at);
    equation.inputs.push_back(left.substr(at, comma - at));
    if (comma == std::string::npos) break;
    at = comma + 1;
  }
  if (equation.inputs.size() != operands.size()) return wrong(fmt::format("is of {} operands, the call has {}", equation.inputs.size(), operands.size()));
  std::string spare;  // letters that the equation does not use
  for (char letter : kLetters)
    if (text.find(letter) == std::string::npos) spare += letter;
  size_t longest = 0;
  for (size_t i = 0; i < operands.size(); ++i) {
    std::string& letters = equation.inputs[i];
    const size_t dots = letters.find("...");
    if (dots == std::string::npos) continue;
    const int hidden = operands[i].rank() - (static_cast<int>(letters.size()) - 3);
    if (hidden < 0 || hidden > static_cast<int>(spare.size())) return wrong(fmt::format("does not fit {}", ir::keras_shape(operands[i].shape())));
    const size_t count = static_cast<size_t>(hidden);
    longest = std::max(longest, count);
    std::string names = spare.substr(0, count);
    std::reverse(names.begin(), names.end());  // aligned at the right
    letters.replace(dots, 3, names);
  }
  std::string shared = spare.substr(0, longest);
  std::reverse(shared.begin(), shared.end());
  if (arrow != std::string::npos) {
    equation.output = text.substr(arrow + 2);
    if (const size_t dots = equation.output.find("..."); dots != std::string::npos) equation.output.replace(dots, 3, shared);
  } else {  // `...` and the letters that occur once, in alphabetical order
    std::string all;
    for (const std::string& letters : equation.inputs) all += letters;
    equation.output = shared;
    std::string sorted(kLetters.substr(26));
    sorted += kLetters.substr(0, 26);
    for (char letter : sorted)
      if (std::count(all.begin(), all.end(), letter) == 1 && shared.find(letter) == std::string::npos) equation.output += letter;
  }
  for (const std::string& letters : equation.inputs)
    if (letters.find_first_not_of(kLetters) != std::string::npos) return wrong("is no equation");
  if (equation.output.find_first_not_of(kLetters) != std::string::npos) return wrong("is no equation");
  return equation;
}

Val einsum(Arguments& a) {
  Vals operands = a.promoted(a.operands("operands"));
  if (a.failed() || has_poison(operands)) return {};
  std::optional<Equation> equation = parsed_equation(a, a.text("subscripts", ""), operands);
  if (!equation) return {};
  std::vector<std::string>& letters = equation->inputs;
  while (operands.size() > 2) {  // the first two become one, which keeps the letters that are still needed
    std::string rest = equation->output, kept;
    for (size_t i = 2; i < letters.size(); ++i) rest += letters[i];
    for (char letter : letters[0] + letters[1])
      if (rest.find(letter) != std::string::npos && kept.find(letter) == std::string::npos) kept += letter;
    const Val product = a.b.einsum(fmt::format("{},{}->{}", letters[0], letters[1], kept), {operands[0], operands[1]});
    operands.erase(operands.begin());
    operands[0] = product;
    letters.erase(letters.begin());
    letters[0] = kept;
  }
  const std::string left = operands.size() == 1 ? letters[0] : letters[0] + "," + letters[1];
  return a.b.einsum(left + "->" + equation->output, operands);
}

}  // namespace

const OperationTable& contraction_operations() {
  static const OperationTable table = {
      row("Cross", "axisa axisb axisc axis", cross),
      row("Dot", "", dot),
      {"Einsum", "subscripts", "*operands", [](Arguments& a) { return one(einsum(a)); }},
      row("Inner", "", inner),
      row("Kron", "", kron),
      row("Matmul", "", matmul),
      row("Outer", "", outer),
      row("Tensordot", "axes", tensordot),
      row("Vdot", "", vdot),
  };
  return table;
}

}  // namespace keratin
