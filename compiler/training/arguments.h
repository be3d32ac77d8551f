// TrainingArguments: a serialized loss, metric, optimizer, schedule or constraint, read argument by argument; what is not asked for is a problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/json/json.h"

namespace keratin {

/// A name (`mse`), or an object with class_name and config (a Keras function: class_name `function`, its name as config).
struct Serialized {
  std::string name;              // empty: neither
  const Json* config = nullptr;  // null: no arguments
  bool is_function = false;
};
Serialized serialized(const Json& spec);

/// Whether `name` is the class name, its snake_case form, or one of the short names.
bool is_named(std::string_view name, std::string_view class_name, const std::vector<std::string_view>& short_names = {});

class TrainingArguments {
 public:
  explicit TrainingArguments(const Json* config) : config_(config && config->is_object() ? config : nullptr) {}

  // The argument, or the default where it is absent; null counts as absent where the result is optional.
  double number(std::string_view key, double standard);
  double number(std::string_view key, double standard, double low, double high);  // within bounds, both allowed
  std::optional<double> optional_number(std::string_view key, std::optional<double> standard = {});
  int64_t integer(std::string_view key, int64_t standard, int64_t minimum);
  std::optional<int64_t> optional_integer(std::string_view key);
  bool flag(std::string_view key, bool standard = false);
  std::string choice(std::string_view key, std::string_view standard, const std::vector<std::string_view>& allowed);
  /// A list of numbers, or one; empty where absent or null. Serialized tensors (`__tensor__`, `__numpy__`) count as lists.
  std::vector<double> numbers(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  /// The value as it stands, or nullptr.
  const Json* raw(std::string_view key);
  void ignore(const std::vector<std::string_view>& keys);
  void refuse(std::string_view key, std::string_view expected);
  /// A problem that no single argument has.
  void refuse(std::string message);

  /// The first argument that is wrong or was not asked for, as `key value: reason`; empty: none.
  std::string problem();

 private:
  const Json* find(std::string_view key);
  const Json* config_;
  std::vector<std::string> seen_;
  std::string problem_;
};

}  // namespace keratin
