// Builder::einsum: letters that one operand alone has are summed first, then one Dot, then a transpose.
#include <algorithm>
#include <fmt/format.h>

#include "ir/builder.h"

namespace keratin::ir {

namespace {

struct Labelled {
  Val value;
  std::string letters;

  int axis(char letter) const { return static_cast<int>(letters.find(letter)); }
  bool has(char letter) const { return letters.find(letter) != std::string::npos; }
  /// Takes the letters that fulfil the condition away by summing over them.
  template <class F>
  void sum_out(F&& condition) {
    std::vector<int> axes;
    std::string kept;
    for (size_t i = 0; i < letters.size(); ++i) {
      if (condition(letters[i]))
        axes.push_back(static_cast<int>(i));
      else
        kept += letters[i];
    }
    if (axes.empty() || value.poisoned()) return;
    value = value.builder().sum(value, axes);
    letters = kept;
  }
};

/// `ii` -> `i`: the elements with equal indices.
void take_diagonals(Labelled& x) {
  for (size_t i = 0; i < x.letters.size(); ++i) {
    const size_t again = x.letters.find(x.letters[i], i + 1);
    if (again == std::string::npos) continue;
    Builder& b = x.value.builder();
    const Dim extent = x.value.dim(static_cast<int>(i));
    if (!extent.is_static() || x.value.dim(static_cast<int>(again)) != extent) {
      x.value = b.fail(fmt::format("einsum: the diagonal of axes {} and {} of {}", i, again, to_string(x.value.shape())));
      return;
    }
    std::vector<int> order;
    std::string letters;
    for (size_t axis = 0; axis < x.letters.size(); ++axis)
      if (axis != i && axis != again) {
        order.push_back(static_cast<int>(axis));
        letters += x.letters[axis];
      }
    order.push_back(static_cast<int>(i));
    order.push_back(static_cast<int>(again));
    Val y = b.transpose(x.value, order);
    Shape merged(std::vector<Dim>(y.shape().dims.begin(), y.shape().dims.end() - 1));
    merged.dims.back() = extent.size * extent.size;
    y = b.reshape(y, merged);
    y = b.slice(y, y.rank() - 1, 0, extent.size * extent.size, extent.size + 1);
    x = {y, letters + x.letters[i]};
    return take_diagonals(x);
  }
}

/// Shared letters of extent 1 against more are broadcast: without them the product is the same.
void drop_ones(Labelled& x, const Labelled& other) {
  x.sum_out([&](char letter) { return other.has(letter) && x.value.dim(x.axis(letter)).is_one() && !other.value.dim(other.axis(letter)).is_one(); });
}

Labelled contract(const Labelled& a, const Labelled& c, const std::string& output) {
  Dot::Attrs attrs;
  std::string letters, left_free;
  for (char letter : a.letters) {
    if (!c.has(letter)) {
      left_free += letter;
    } else if (output.find(letter) != std::string::npos) {
      attrs.left_batch.push_back(a.axis(letter));
      attrs.right_batch.push_back(c.axis(letter));
      letters += letter;
    } else {
      attrs.left_contract.push_back(a.axis(letter));
      attrs.right_contract.push_back(c.axis(letter));
    }
  }
  letters += left_free;
  for (char letter : c.letters)
    if (!a.has(letter)) letters += letter;
  return {a.value.builder().dot(a.value, c.value, attrs), letters};
}

}  // namespace

Val Builder::einsum(const std::string& equation, const Vals& operands) {
  const size_t arrow = equation.find("->"), comma = equation.find(',');
  const std::string output = arrow == std::string::npos ? "" : equation.substr(arrow + 2), left = equation.substr(0, arrow);
  const size_t count = comma == std::string::npos ? 1 : 2;
  if (arrow == std::string::npos || count != operands.size()) return fail(fmt::format("einsum: '{}' is no equation of {} operands", equation, operands.size()));
  std::vector<Labelled> x = {{operands[0], left.substr(0, comma)}};
  if (count == 2) x.push_back({operands[1], left.substr(comma + 1)});
  for (Labelled& operand : x) {
    if (operand.value.poisoned()) return {};
    if (static_cast<int>(operand.letters.size()) != operand.value.rank())
      return fail(fmt::format("einsum: '{}' names {} axes of {}", operand.letters, operand.letters.size(), to_string(operand.value.shape())));
    take_diagonals(operand);
    if (operand.value.poisoned()) return {};
  }
  for (size_t i = 0; i < output.size(); ++i) {
    if (output.find(output[i], i + 1) != std::string::npos) return fail(fmt::format("einsum: '{}' names axis '{}' twice in its result", equation, output[i]));
    if (std::none_of(x.begin(), x.end(), [&](const Labelled& operand) { return operand.has(output[i]); }))
      return fail(fmt::format("einsum: no operand of '{}' has axis '{}'", equation, output[i]));
  }
  if (count == 2) {
    drop_ones(x[0], x[1]);
    drop_ones(x[1], x[0]);
  }
  for (size_t i = 0; i < count; ++i)
    x[i].sum_out([&](char letter) { return output.find(letter) == std::string::npos && (count == 1 || !x[1 - i].has(letter)); });
  const Labelled result = count == 1 ? x[0] : contract(x[0], x[1], output);
  if (result.value.poisoned()) return {};
  std::vector<int> order;
  for (char letter : output) order.push_back(result.axis(letter));
  return transpose(result.value, order);
}

}  // namespace keratin::ir
