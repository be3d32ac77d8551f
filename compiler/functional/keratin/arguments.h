// The arguments of layers: their types, and how a struct of them lists its fields once for the API, the importer and the exporter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "keratin/layer.h"

namespace keratin::functional {

/// Integers where Keras takes one or a tuple: `3` or `{3, 5}`. Empty: None.
class Ints {
 public:
  Ints() = default;
  Ints(int value) : values_{value}, scalar_(true) {}
  Ints(int64_t value) : values_{value}, scalar_(true) {}
  Ints(std::initializer_list<int64_t> values) : values_(values), given_(true) {}
  Ints(std::vector<int64_t> values) : values_(std::move(values)), given_(true) {}

  bool given() const { return given_ || scalar_; }
  bool scalar() const { return scalar_; }
  const std::vector<int64_t>& values() const { return values_; }

 private:
  std::vector<int64_t> values_;
  bool scalar_ = false, given_ = false;
};

/// One integer for each of N axes: a single one stands for all of them.
template <size_t N>
class Tuple : public Ints {
 public:
  using Ints::Ints;
};

/// The same where None is an argument, too, and the default. `kMinimum` is that of each number.
template <size_t N, int64_t kMinimum = 1>
class OptionalTuple : public Ints {
 public:
  using Ints::Ints;
};

/// Extents of axes, one or a tuple, of which nullopt (None) leaves one open. Empty: None.
class Extents {
 public:
  Extents() = default;
  Extents(int value) : values_{int64_t{value}}, given_(true) {}
  Extents(int64_t value) : values_{value}, given_(true) {}
  Extents(std::initializer_list<std::optional<int64_t>> values) : values_(values), given_(true) {}
  Extents(std::vector<std::optional<int64_t>> values) : values_(std::move(values)), given_(true) {}

  bool given() const { return given_; }
  const std::vector<std::optional<int64_t>>& values() const { return values_; }

 private:
  std::vector<std::optional<int64_t>> values_;
  bool given_ = false;
};

/// An integer from 1 on. Without a default it must be given.
class Positive {
 public:
  Positive() = default;
  Positive(int value) : value_(value), given_(true) {}
  Positive(int64_t value) : value_(value), given_(true) {}
  operator int64_t() const { return value_; }
  bool given() const { return given_; }

 private:
  int64_t value_ = 0;
  bool given_ = false;
};

/// A number that has no default.
class Number {
 public:
  Number() = default;
  Number(double value) : value_(value), given_(true) {}
  operator double() const { return value_; }
  bool given() const { return given_; }

 private:
  double value_ = 0;
  bool given_ = false;
};

/// Numbers where Keras takes one or a list: `0.5` or `{0.1, 0.5}`. Empty: None.
class Numbers {
 public:
  Numbers() = default;
  Numbers(int value) : json_(int64_t{value}) {}
  Numbers(double value) : json_(value) {}
  Numbers(std::initializer_list<double> values) : json_(Json::Array(values.begin(), values.end())) {}
  Numbers(const std::vector<double>& values) : json_(Json::Array(values.begin(), values.end())) {}
  explicit Numbers(Json value) : json_(std::move(value)) {}

  bool given() const { return !json_.is_null(); }
  const Json& json() const { return json_; }

 private:
  Json json_;
};

/// Two numbers: from and to.
class Range : public Numbers {
 public:
  using Numbers::Numbers;
};

/// How Keras keeps the factor f of a random image: `clipped` as the range from max(-f, kLow) to f, `mirrored` from -f to f, `plain` as
/// it was given, and `optional` so that None stands for another argument.
enum class FactorForm { clipped, mirrored, plain, optional };
/// The strength of a random change: a number or a range from kLow to kHigh. Without a default it must be given.
template <int kLow = -1, int kHigh = 1, FactorForm kForm = FactorForm::clipped>
class Factor : public Numbers {
 public:
  using Numbers::Numbers;
};

/// The seed of a layer's own draws; nullopt: the session's.
class Seed : public std::optional<int64_t> {
 public:
  using std::optional<int64_t>::optional;
};

/// A text that is a template's argument.
template <size_t N>
struct Text {
  char characters[N];
  constexpr Text(const char (&text)[N]) { std::copy_n(text, N, characters); }
};

/// One of several texts; the first is the default.
template <Text... kOptions>
class OneOf {
 public:
  OneOf() : value_(std::string_view(std::get<0>(std::tuple(kOptions...)).characters)) {}
  OneOf(const char* value) : value_(value) {}
  OneOf(std::string value) : value_(std::move(value)) {}
  const std::string& value() const { return value_; }
  bool operator==(std::string_view other) const { return value_ == other; }

 private:
  std::string value_;
};

/// `channels_last`, the default, or `channels_first`.
class DataFormat : public OneOf<"channels_last", "channels_first"> {
 public:
  using OneOf::OneOf;
  bool channels_first() const { return value() == "channels_first"; }
};

/// Something that Keras serialises as an object or names by a string; null: None.
class Serialized {
 public:
  Serialized() = default;
  Serialized(Json value) : value_(std::move(value)) {}
  Serialized(const char* name) : value_(name) {}
  Serialized(const std::string& name) : value_(name) {}
  const Json& json() const { return value_; }

 private:
  Json value_;
};
class Initializer : public Serialized {
 public:
  using Serialized::Serialized;
};
class Regularizer : public Serialized {
 public:
  using Serialized::Serialized;
};
class Constraint : public Serialized {
 public:
  using Serialized::Serialized;
};
/// A function by name (`relu`) or a layer.
class ActivationFunction : public Serialized {
 public:
  using Serialized::Serialized;
  ActivationFunction(const Layer& layer);
};

// How each type stands in a config.
Json encode(bool value);
Json encode(int64_t value);
Json encode(double value);
Json encode(const std::string& value);
inline Json encode(const Positive& value) { return value.given() ? encode(int64_t{value}) : Json(); }
inline Json encode(const Number& value) { return value.given() ? encode(double{value}) : Json(); }
inline Json encode(const Numbers& value) { return value.json(); }
template <Text... kOptions>
Json encode(const OneOf<kOptions...>& value) {
  return encode(value.value());
}
Json encode(const std::optional<bool>& value);
Json encode(const std::optional<int64_t>& value);
Json encode(const std::optional<double>& value);
Json encode(const std::optional<std::string>& value);
Json encode(const Json& value);
Json encode(const Ints& value);
Json encode_tuple(const Ints& value, size_t rank);
template <size_t N>
Json encode(const Tuple<N>& value) {
  return encode_tuple(value, N);
}
template <size_t N, int64_t kMinimum>
Json encode(const OptionalTuple<N, kMinimum>& value) {
  return encode_tuple(value, N);
}
Json encode(const Extents& value);
/// ValueError where it is not two numbers.
Json encode(const Range& value);
Json encode_factor(const Numbers& value, int low, int high, FactorForm form);
template <int kLow, int kHigh, FactorForm kForm>
Json encode(const Factor<kLow, kHigh, kForm>& value) {
  return encode_factor(value, kLow, kHigh, kForm);
}
Json encode(const Seed& value);
Json encode(const Initializer& value);
Json encode(const Regularizer& value);
Json encode(const Constraint& value);
Json encode(const ActivationFunction& value);
Json encode(const Layer& value);
Json encode(const std::vector<Layer>& value);
Json encode(const std::vector<double>& value);
Json encode(const std::vector<std::string>& value);
/// `float32` and the like become a DTypePolicy; empty: Keras's default.
Json encode_dtype(const std::string& policy);

/// ValueError where the argument of that name is not between the two.
void check_between(const char* name, double value, double low, double high);
/// ValueError: the argument of that name was not given.
[[noreturn]] void fail_missing(const char* name);

/// The config that Keras writes for a layer with such arguments. `resolve(arguments)`, where the struct has it, fills in what depends on others.
/// The few constructors of Keras that take no `trainable` have it not in their configs either, and the dtype by its name.
template <class A>
Json config_of(A arguments) {
  if constexpr (requires { A::resolve(arguments); }) A::resolve(arguments);
  Json config{Json::Object{}};
  if (!arguments.name.empty()) config.set("name", arguments.name);
  if constexpr (requires { arguments.trainable; }) {
    config.set("trainable", arguments.trainable);
    config.set("dtype", encode_dtype(arguments.dtype));
  } else {
    config.set("dtype", arguments.dtype.empty() ? "float32" : arguments.dtype);
  }
  A::visit(arguments, [&](const char* key, const auto& value) {
    Json encoded = encode(value);
    // Layers that leave this one to their base class write it only where it is set.
    if (encoded.is_null() && std::string_view(key) == "activity_regularizer") return;
    config.set(key, std::move(encoded));
  });
  if constexpr (requires { A::kUnused; })  // arguments that Keras writes and this compiler does not offer
    for (const char* key : A::kUnused) config.set(key, Json());
  return config;
}

/// The config of an object that is no layer (optimizer, loss, ...).
template <class A>
Json fields_of(const A& arguments) {
  Json config{Json::Object{}};
  A::visit(arguments, [&](const char* key, const auto& value) { config.set(key, encode(value)); });
  return config;
}

/// {module, class_name, config, registered_name}: how Keras writes an object.
Json object_of(const char* module, const char* class_name, Json config);

}  // namespace keratin::functional

// KERATIN_ARGUMENTS(a, b, ...): lists the fields of the struct that it ends, and adds those that every layer has.
#define KERATIN_PARENTHESES ()
#define KERATIN_EXPAND(...) KERATIN_EXPAND1(KERATIN_EXPAND1(KERATIN_EXPAND1(KERATIN_EXPAND1(__VA_ARGS__))))
#define KERATIN_EXPAND1(...) KERATIN_EXPAND2(KERATIN_EXPAND2(KERATIN_EXPAND2(KERATIN_EXPAND2(__VA_ARGS__))))
#define KERATIN_EXPAND2(...) KERATIN_EXPAND3(KERATIN_EXPAND3(KERATIN_EXPAND3(KERATIN_EXPAND3(__VA_ARGS__))))
#define KERATIN_EXPAND3(...) __VA_ARGS__
#define KERATIN_VISIT_FIELDS(...) __VA_OPT__(KERATIN_EXPAND(KERATIN_VISIT_NEXT(__VA_ARGS__)))
#define KERATIN_VISIT_NEXT(field, ...) visit(#field, self.field); __VA_OPT__(KERATIN_VISIT_AGAIN KERATIN_PARENTHESES (__VA_ARGS__))
#define KERATIN_VISIT_AGAIN() KERATIN_VISIT_NEXT
#define KERATIN_ARGUMENTS(...) \
  std::string name{};          \
  bool trainable = true;       \
  std::string dtype{};         \
  KERATIN_FIELDS(__VA_ARGS__)
/// The same for what is no layer: the fields alone.
#define KERATIN_FIELDS(...)                                                          \
  template <class Self, class Visitor>                                               \
  static void visit([[maybe_unused]] Self& self, [[maybe_unused]] Visitor&& visit) { \
    KERATIN_VISIT_FIELDS(__VA_ARGS__)                                                \
  }

namespace keratin::layers {

// The names that declarations of layers use.
using functional::ActivationFunction;
using functional::CallOptions;
using functional::config_of;
using functional::Constraint;
using functional::DataFormat;
using functional::Extents;
using functional::Factor;
using functional::FactorForm;
using functional::Initializer;
using functional::Inputs;
using functional::Ints;
using functional::Layer;
using functional::NamedOnly;
using functional::Number;
using functional::Numbers;
using functional::OneOf;
using functional::OptionalTuple;
using functional::Outputs;
using functional::Positive;
using functional::Range;
using functional::Regularizer;
using functional::Seed;
using functional::Tensor;
using functional::Tuple;

}  // namespace keratin::layers
