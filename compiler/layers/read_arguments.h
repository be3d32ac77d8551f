// The arguments of a layer as programs declare them (keratin/layers/*.h), read from a config: one list of keys, types and defaults for both.
#pragma once

#include "compiler/layers/config_reader.h"
#include "keratin/arguments.h"

namespace keratin {

// Each reads one key into a field that holds Keras's default.
inline void read_field(ConfigReader& config, const char* key, bool& field) { field = config.boolean(key, field); }
inline void read_field(ConfigReader& config, const char* key, int64_t& field) { field = config.integer(key, field); }
inline void read_field(ConfigReader& config, const char* key, double& field) { field = config.number(key, field); }
inline void read_field(ConfigReader& config, const char* key, functional::Positive& field) { field = config.required_integer(key, 1); }
inline void read_field(ConfigReader& config, const char* key, std::string& field) { field = config.text(key, field); }
inline void read_field(ConfigReader& config, const char* key, std::optional<int64_t>& field) { field = config.optional_integer(key); }
inline void read_field(ConfigReader& config, const char* key, std::optional<double>& field) { field = config.optional_number(key); }
template <functional::Text... kOptions>
void read_field(ConfigReader& config, const char* key, functional::OneOf<kOptions...>& field) {
  field = config.choice(key, field.value(), {std::string_view(kOptions.characters)...});
}
inline void read_field(ConfigReader& config, const char*, functional::DataFormat& field) { field = config.channels_first() ? "channels_first" : "channels_last"; }
template <size_t kRank>
void read_field(ConfigReader& config, const char* key, functional::Tuple<kRank>& field) {
  field = config.tuple(key, kRank, field.values(), 1);
}
inline void read_field(ConfigReader& config, const char* key, functional::Initializer& field) { field = config.raw(key); }
inline void read_field(ConfigReader& config, const char* key, functional::Regularizer& field) { field = config.raw(key); }
inline void read_field(ConfigReader& config, const char* key, functional::Constraint&) { config.ignore({key}); }  // training looks at it
inline void read_field(ConfigReader& config, const char* key, Json& field) { field = config.raw(key); }
/// By read_activation, which makes a function of it.
inline void read_field(ConfigReader&, const char*, functional::ActivationFunction&) {}
/// By ConfigReader::layer, which makes a layer of it.
inline void read_field(ConfigReader&, const char*, functional::Layer&) {}

/// Reads every key of the struct. Keys that are absent leave the default.
template <class A>
void read_arguments(ConfigReader& config, A& arguments) {
  A::visit(arguments, [&](const char* key, auto& field) { read_field(config, key, field); });
}

}  // namespace keratin
