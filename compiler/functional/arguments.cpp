#include "keratin/arguments.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "compiler/functional/serialized.h"
#include "compiler/functional/state.h"

namespace keratin::functional {

Json encode(bool value) { return value; }
Json encode(int64_t value) { return value; }
Json encode(double value) { return value; }
Json encode(const std::string& value) { return value; }
Json encode(const std::optional<bool>& value) { return value ? Json(*value) : Json(); }
Json encode(const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); }
Json encode(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
Json encode(const std::optional<std::string>& value) { return value ? Json(*value) : Json(); }
Json encode(const Json& value) { return value; }

Json encode(const std::vector<std::string>& value) { return Json::Array(value.begin(), value.end()); }

Json encode(const Ints& value) {
  if (!value.given()) return {};
  if (value.scalar()) return value.values()[0];
  return Json::Array(value.values().begin(), value.values().end());
}

Json encode_tuple(const Ints& value, size_t rank) {
  if (!value.given()) return {};
  if (value.values().size() == rank) return Json::Array(value.values().begin(), value.values().end());
  if (value.scalar()) return Json::Array(rank, Json(value.values()[0]));
  throw ValueError(fmt::format("An argument must be a tuple of {} integers. Received {} of them.", rank, value.values().size()));
}

Json encode(const Extents& value) {
  if (!value.given()) return {};
  Json::Array list;
  for (const std::optional<int64_t>& extent : value.values()) list.push_back(encode(extent));
  return list;
}

Json encode(const Seed& value) { return encode(static_cast<const std::optional<int64_t>&>(value)); }

Json encode(const Range& value) {
  if (value.given() && (!value.json().is_array() || value.json().as_array().size() != 2))
    throw ValueError(fmt::format("An argument should be a list of two numbers. Received: {}", value.json().dump()));
  return value.json();
}

Json encode_factor(const Numbers& value, int low, int high, FactorForm form) {
  const Json& given = value.json();
  if (given.is_null()) return {};
  const bool pair = given.is_array();
  std::vector<double> ends;
  for (const Json& end : pair ? given.as_array() : Json::Array{given}) ends.push_back(end.as_double());
  const bool outside = std::any_of(ends.begin(), ends.end(), [&](double end) { return end < low || end > high; });
  // Of a range to be clipped it is enough that a part lies inside.
  const bool apart = pair && ends.size() == 2 && (ends[0] > high || ends[1] < low);
  if ((pair && ends.size() != 2) || (pair && form == FactorForm::clipped ? apart : outside))
    throw ValueError(fmt::format("The `factor` argument should be a number (or a list of two numbers) in the range [{}, {}]. Received: factor={}",
                                 low, high, given.dump()));
  if (form == FactorForm::plain || form == FactorForm::optional) return given;
  if (pair) return Json::Array{std::min(ends[0], ends[1]), std::max(ends[0], ends[1])};
  const double size = std::abs(ends[0]);
  return Json::Array{form == FactorForm::clipped ? std::max(-size, static_cast<double>(low)) : -size, size};
}

void check_between(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw ValueError(fmt::format("The `{}` argument should be a number in the range [{}, {}]. Received: {}={}", name, low, high, name, value));
}

void fail_missing(const char* name) { throw ValueError(fmt::format("missing 1 required argument: '{}'", name)); }

Json encode(const std::vector<double>& value) { return Json::Array(value.begin(), value.end()); }

Json encode(const Initializer& value) { return serialized_initializer(value.json()); }
Json encode(const Regularizer& value) { return serialized_regularizer(value.json()); }
Json encode(const Constraint& value) { return serialized_constraint(value.json()); }
Json encode(const ActivationFunction& value) { return value.json().is_null() ? Json("linear") : value.json(); }

Json encode(const Layer& value) {
  if (!value) return {};
  const std::shared_ptr<LayerState>& state = GraphAccess::state(value);
  for (const auto& weight : state->weights)
    if (weight->value)
      throw NotImplementedError(fmt::format("Layer '{}' has weights already and cannot be wrapped: a wrapper makes its own. Wrap it before its weights are used.", state->name));
  return serialized_layer(*state);
}

Json encode(const std::vector<Layer>& value) {
  Json::Array list;
  for (const Layer& layer : value) list.push_back(encode(layer));
  return list;
}

Json encode_dtype(const std::string& policy) { return serialized_dtype(policy.empty() ? "float32" : policy); }

Json object_of(const char* module, const char* class_name, Json config) { return serialized_object(module, class_name, std::move(config)); }

ActivationFunction::ActivationFunction(const Layer& layer) : Serialized(encode(layer)) {}

}  // namespace keratin::functional
