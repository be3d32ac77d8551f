#include "compiler/layers/json_tensor.h"

namespace keratin {

namespace {

bool collect(const Json& value, size_t depth, std::vector<int64_t>& shape, bool& known, std::vector<double>& numbers) {
  if (value.is_array()) {
    const auto& items = value.as_array();
    const int64_t length = static_cast<int64_t>(items.size());
    if (depth == shape.size()) {
      if (known) return false;
      shape.push_back(length);
    } else if (shape[depth] != length) {
      return false;
    }
    for (const Json& item : items)
      if (!collect(item, depth + 1, shape, known, numbers)) return false;
    return true;
  }
  known = true;
  if (depth != shape.size()) return false;
  if (value.is_number()) numbers.push_back(value.as_double());
  else if (value.is_bool()) numbers.push_back(value.as_bool() ? 1 : 0);
  else return false;
  return true;
}

}  // namespace

std::optional<ir::Tensor> json_tensor(const Json& value, DType dtype) {
  if (value.is_object()) {
    const Json* config = value.find("config");
    const Json* inner = config ? config->find("value") : nullptr;
    return inner && !inner->is_object() ? json_tensor(*inner, dtype) : std::nullopt;
  }
  std::vector<int64_t> shape;
  std::vector<double> numbers;
  bool known = false;
  if (!collect(value, 0, shape, known, numbers)) return std::nullopt;
  ir::Tensor tensor(dtype, shape);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (is_float(dtype)) tensor.floats[i] = ir::round_to(dtype, numbers[i]);
    else tensor.integers[i] = ir::wrap_to(dtype, static_cast<int64_t>(numbers[i]));
  }
  return tensor;
}

}  // namespace keratin
