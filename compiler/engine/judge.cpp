#include "compiler/engine/judge.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "compiler/engine/compare.h"

namespace keratin {

namespace {

ArrayError failure(const std::string& name, double limit, const std::string& reason) { return {name, std::numeric_limits<double>::infinity(), limit, reason}; }

ArrayError compared(const std::string& name, const Array& actual, const Array& expected, double limit) {
  const Difference difference = compare_arrays(actual, expected);
  return {name, difference.error, limit, difference.reason};
}

/// By the weight's path, which may begin with more or fewer layers; Keras 2 ends names of variables in `:0`.
const Array* find_gradient(const NamedArrays& actual, const std::string& recorded) {
  const std::string path = recorded.ends_with(":0") ? recorded.substr(0, recorded.size() - 2) : recorded;
  const Array* found = find_array(actual, "gradient/" + path);
  for (const auto& [name, array] : actual) {
    if (found || !name.starts_with("gradient/")) continue;
    const std::string own = name.substr(9);
    if (own.ends_with("/" + path) || path.ends_with("/" + own)) found = &array;
  }
  return found;
}

/// The first values of a large gradient, and its sum and norm.
void add_head_errors(const Array& found, const std::string& name, const Array& head, const std::string& norm_name, const Array* norm, double limit, std::vector<ArrayError>& errors) {
  const std::vector<double> values = found.as<double>();
  const auto count = static_cast<size_t>(head.count());
  if (values.size() < count) return errors.push_back(failure(name, limit, "has too few values"));
  errors.push_back(compared(name, Array::of(head.shape, std::vector<double>(values.begin(), values.begin() + static_cast<ptrdiff_t>(count))), head, limit));
  if (!norm) return;
  double sum = 0, squares = 0;
  for (double value : values) {
    sum += value;
    squares += value * value;
  }
  errors.push_back(compared(norm_name, Array::of<double>({2}, {sum, std::sqrt(squares)}), *norm, 10 * limit));
}

}  // namespace

std::vector<ArrayError> forward_errors(const NamedArrays& actual, const NamedArrays& recorded, double limit) {
  std::vector<ArrayError> errors;
  for (const auto& [name, array] : recorded) {
    if (!name.starts_with("output/")) continue;
    const Array* found = find_array(actual, name.substr(7));
    errors.push_back(found ? compared(name, *found, array, limit) : failure(name, limit, "is missing"));
  }
  return errors;
}

std::vector<ArrayError> gradient_errors(const NamedArrays& actual, const NamedArrays& recorded, double limit) {
  std::vector<ArrayError> errors;
  for (const auto& [name, array] : recorded) {
    for (const std::string group : {"input_gradient", "weight_gradient"}) {
      const bool whole = name.starts_with(group + "/"), head = name.starts_with(group + "_head/");
      if (!whole && !head) continue;
      const std::string path = name.substr(name.find('/') + 1), norm = group + "_norm/" + path;
      const Array* found = find_gradient(actual, path);
      if (!found) errors.push_back(failure(name, limit, "gradient/" + path + " is missing"));
      else if (whole) errors.push_back(compared(name, *found, array, limit));
      else add_head_errors(*found, name, array, norm, find_array(recorded, norm), limit, errors);
    }
  }
  return errors;
}

const ArrayError* worst_of(const std::vector<ArrayError>& errors) {
  const ArrayError* worst = nullptr;
  for (const ArrayError& error : errors) {
    if (!error.passed()) return &error;
    if (!worst || error.error > worst->error) worst = &error;
  }
  return worst;
}

NamedArrays below(const NamedArrays& arrays, const std::string& prefix) {
  NamedArrays part;
  for (const auto& [name, array] : arrays)
    if (name.starts_with(prefix)) part.emplace_back(name.substr(prefix.size()), array);
  return part;
}

}  // namespace keratin
