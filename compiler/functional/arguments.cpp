#include "keratin/arguments.h"

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
