// What the structs of arguments in keratin/layers say, by the names of their classes: for what writes calls of their constructors.
#pragma once

#include <string_view>
#include <type_traits>
#include <vector>

#include "keratin/arguments.h"
#include "keratin/error.h"

namespace keratin::functional {

struct LayerField {
  const char* key;
  Json standard;    // as Keras writes the default; null of a required one
  bool takes_json;  // any serialized object can stand for it
};

struct LayerFields {
  std::vector<LayerField> fields;       // in the order of designated initialisers
  std::vector<const char*> not_offered;  // keys that Keras writes and the struct leaves out: the importer takes their defaults only
  bool has_policy = false;              // `trainable` is a field, and the dtype is a policy
};

/// Null: no class of layers.def with a header has that name.
const LayerFields* fields_of_layer(std::string_view class_name);

template <class A>
LayerFields fields_of_class() {
  LayerFields all;
  const A standard{};
  A::visit(standard, [&]<class V>(const char* key, const V& value) {
    Json encoded;
    try {
      encoded = encode(value);
    } catch (const Exception&) {  // required
    }
    if constexpr (std::is_base_of_v<Serialized, V>)
      if (value.json().is_null()) encoded = Json();  // None, or required
    all.fields.push_back({key, std::move(encoded), std::is_constructible_v<V, Json>});
  });
  if constexpr (requires { A::kUnused; })
    for (const char* key : A::kUnused) all.not_offered.push_back(key);
  if constexpr (requires { A::kNotOffered; })
    for (const char* key : A::kNotOffered) all.not_offered.push_back(key);
  all.has_policy = requires { standard.trainable; };
  return all;
}

}  // namespace keratin::functional
