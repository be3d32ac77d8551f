#include "compiler/layers/layer.h"

#include <algorithm>

namespace keratin {

namespace {

void flatten_into(const CallValue& value, KTensors& out) {
  if (const KTensor* tensor = value.tensor()) {
    out.push_back(*tensor);
  } else if (const CallValue::List* list = value.list()) {
    for (const CallValue& item : *list) flatten_into(item, out);
  } else if (const CallValue::Dict* dict = value.dict()) {
    CallValue::Dict sorted = *dict;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key, item] : sorted) flatten_into(item, out);
  }
}

}  // namespace

KTensors CallValue::flatten() const {
  KTensors tensors;
  flatten_into(*this, tensors);
  return tensors;
}

const CallValue* CallInputs::find(std::string_view name) const {
  for (const auto& [key, value] : kwargs)
    if (key == name) return value.is_none() ? nullptr : &value;
  return nullptr;
}

const CallValue* CallInputs::find(size_t position, std::string_view name) const {
  if (position < args.size()) return args[position].is_none() ? nullptr : &args[position];
  return find(name);
}

KTensors CallInputs::tensors() const {
  if (!args.empty()) return args[0].flatten();
  for (std::string_view name : {"inputs", "x", "input", "query", "sequences"})
    if (const CallValue* value = find(name)) return value->flatten();
  return {};
}

std::vector<Weight*> Layer::ordered_weights() const {
  std::vector<Weight*> ordered;
  for (bool trainable_kind : {true, false})
    for (const auto& weight : weights)
      if (weight->trainable == trainable_kind) ordered.push_back(weight.get());
  return ordered;
}

}  // namespace keratin
