// What compile() takes by name or as a struct of arguments: losses and metrics.
#pragma once

#include "keratin/arguments.h"

namespace keratin::functional {

/// A loss or metric: a name (`mse`, `accuracy`), a struct of keratin::losses or keratin::metrics, or a serialized object.
class Named : public Serialized {
 public:
  using Serialized::Serialized;
  template <class T>
    requires requires { T::kModule; }
  Named(const T& arguments) : Serialized(object_of(T::kModule, T::kClass, named(T::kClass, fields_of(arguments)))) {}

 private:
  /// An empty name becomes an automatic one: `auc`, `auc_1`.
  static Json named(const char* class_name, Json config);
};

}  // namespace keratin::functional

/// Ends the struct of a loss or a metric, after all of its fields.
#define KERATIN_NAMED(module, Name, ...)          \
  static constexpr const char* kModule = module;  \
  static constexpr const char* kClass = #Name;    \
  KERATIN_FIELDS(__VA_ARGS__)
