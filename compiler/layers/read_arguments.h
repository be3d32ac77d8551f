// The arguments of a layer as programs declare them (keratin/layers/*.h), read from a config: one list of keys, types and defaults for both.
#pragma once

#include "compiler/layers/config_reader.h"
#include "keratin/arguments.h"

namespace keratin {

// Each reads one key into a field that holds Keras's default; where the key is absent the default stays.
inline void read_field(ConfigReader& config, const char* key, bool& field) { field = config.boolean(key, field); }
inline void read_field(ConfigReader& config, const char* key, int64_t& field) { field = config.integer(key, field); }
inline void read_field(ConfigReader& config, const char* key, double& field) { field = config.number(key, field); }
inline void read_field(ConfigReader& config, const char* key, functional::Positive& field) {
  field = field.given() ? config.integer(key, field, 1) : config.required_integer(key, 1);
}
inline void read_field(ConfigReader& config, const char* key, functional::Number& field) { field = config.required_number(key); }
inline void read_field(ConfigReader& config, const char* key, std::string& field) { field = config.text(key, field); }
inline void read_field(ConfigReader& config, const char* key, std::optional<int64_t>& field) { field = config.optional_integer(key); }
inline void read_field(ConfigReader& config, const char* key, std::optional<double>& field) { field = config.optional_number(key); }
/// A null is nullopt here, not the default.
inline void read_field(ConfigReader& config, const char* key, std::optional<std::string>& field) {
  if (config.has(key)) field = config.raw(key).is_null() ? std::nullopt : std::optional(config.text(key, ""));
}
template <functional::Text... kOptions>
void read_field(ConfigReader& config, const char* key, functional::OneOf<kOptions...>& field) {
  field = config.choice(key, field.value(), {std::string_view(kOptions.characters)...});
}
inline void read_field(ConfigReader& config, const char*, functional::DataFormat& field) {
  field = config.channels_first() ? "channels_first" : "channels_last";
}
inline void read_field(ConfigReader& config, const char* key, functional::Ints& field) {
  const Json& value = config.raw(key);
  if (value.is_null()) return;
  std::vector<int64_t> values = config.integers(key);
  if (value.is_array()) field = std::move(values);
  else if (!values.empty()) field = values[0];
}
template <size_t kRank>
void read_field(ConfigReader& config, const char* key, functional::Tuple<kRank>& field) {
  field = config.tuple(key, kRank, field.values(), 1);
}
template <size_t kRank, int64_t kMinimum>
void read_field(ConfigReader& config, const char* key, functional::OptionalTuple<kRank, kMinimum>& field) {
  if (!config.raw(key).is_null()) field = config.tuple(key, kRank, {}, kMinimum);
}
void read_field(ConfigReader& config, const char* key, functional::Extents& field);
/// As it stands: the layer looks into it.
inline void read_field(ConfigReader& config, const char* key, functional::Numbers& field) {
  if (const Json& value = config.raw(key); !value.is_null()) field = functional::Numbers(value);
}
void read_field(ConfigReader& config, const char* key, functional::Range& field);
void read_factor(ConfigReader& config, const char* key, functional::Numbers& field, bool optional);
template <int kLow, int kHigh, functional::FactorForm kForm>
void read_field(ConfigReader& config, const char* key, functional::Factor<kLow, kHigh, kForm>& field) {
  read_factor(config, key, field, kForm == functional::FactorForm::optional);
}
/// Keeps no seed: draws are keyed by the run's own.
inline void read_field(ConfigReader& config, const char* key, functional::Seed&) { config.ignore({key}); }
inline void read_field(ConfigReader& config, const char* key, functional::Initializer& field) {
  if (config.has(key)) field = config.raw(key);
}
inline void read_field(ConfigReader& config, const char* key, functional::Regularizer& field) { field = config.raw(key); }
inline void read_field(ConfigReader& config, const char* key, functional::Constraint&) { config.ignore({key}); }  // training looks at it
/// By read_activation, which makes a function of it.
inline void read_field(ConfigReader&, const char*, functional::ActivationFunction&) {}
/// By ConfigReader::layer, which makes a layer of it.
inline void read_field(ConfigReader&, const char*, functional::Layer&) {}
inline void read_field(ConfigReader&, const char*, std::vector<functional::Layer>&) {}

/// Reads every key of the struct. Keys that are absent leave the default.
template <class A>
void read_arguments(ConfigReader& config, A& arguments) {
  A::visit(arguments, [&](const char* key, auto& field) { read_field(config, key, field); });
}

}  // namespace keratin
