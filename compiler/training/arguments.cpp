#include "compiler/training/arguments.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/import/bind_weights.h"

namespace keratin {

Serialized serialized(const Json& spec) {
  if (spec.is_string()) return {spec.as_string(), nullptr, false};
  const Json* class_name = spec.find("class_name");
  if (!class_name || !class_name->is_string()) return {};
  const Json* config = spec.find("config");
  if (class_name->as_string() == "function" && config && config->is_string()) return {config->as_string(), nullptr, true};
  return {class_name->as_string(), config, false};
}

bool is_named(std::string_view name, std::string_view class_name, const std::vector<std::string_view>& short_names) {
  return name == class_name || name == snake_case(class_name) || std::find(short_names.begin(), short_names.end(), name) != short_names.end();
}

const Json* TrainingArguments::find(std::string_view key) {
  seen_.emplace_back(key);
  return config_ ? config_->find(key) : nullptr;
}

void TrainingArguments::refuse(std::string_view key, std::string_view expected) {
  if (problem_.empty()) problem_ = fmt::format("{} is {}, expected {}", key, config_->find(key)->dump(), expected);
}

void TrainingArguments::refuse(std::string message) {
  if (problem_.empty()) problem_ = std::move(message);
}

double TrainingArguments::number(std::string_view key, double standard) { return number(key, standard, -HUGE_VAL, HUGE_VAL); }

double TrainingArguments::number(std::string_view key, double standard, double low, double high) {
  const Json* value = find(key);
  if (!value) return standard;
  if (value->is_number() && value->as_double() >= low && value->as_double() <= high) return value->as_double();
  refuse(key, std::isinf(low) && std::isinf(high) ? "a number" : fmt::format("a number from {} to {}", low, high));
  return standard;
}

std::optional<double> TrainingArguments::optional_number(std::string_view key, std::optional<double> standard) {
  const Json* value = find(key);
  if (!value) return standard;
  if (value->is_null()) return {};
  if (value->is_number()) return value->as_double();
  refuse(key, "a number or null");
  return standard;
}

int64_t TrainingArguments::integer(std::string_view key, int64_t standard, int64_t minimum) {
  const Json* value = find(key);
  if (!value) return standard;
  const bool whole = value->is_int() || (value->is_double() && value->as_double() == std::floor(value->as_double()));
  if (whole && value->as_double() >= static_cast<double>(minimum)) return value->is_int() ? value->as_int() : static_cast<int64_t>(value->as_double());
  refuse(key, minimum == INT64_MIN ? "an integer" : fmt::format("an integer of at least {}", minimum));
  return standard;
}

std::optional<int64_t> TrainingArguments::optional_integer(std::string_view key) {
  const Json* value = find(key);
  if (!value || value->is_null()) return {};
  if (value->is_int()) return value->as_int();
  refuse(key, "an integer or null");
  return {};
}

bool TrainingArguments::flag(std::string_view key, bool standard) {
  const Json* value = find(key);
  if (!value) return standard;
  if (value->is_bool()) return value->as_bool();
  refuse(key, "true or false");
  return standard;
}

std::string TrainingArguments::choice(std::string_view key, std::string_view standard, const std::vector<std::string_view>& allowed) {
  const Json* value = find(key);
  if (!value) return std::string(standard);
  const std::string text = value->is_null() ? "none" : value->is_string() ? value->as_string() : "";
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  refuse(key, fmt::format("one of {}", fmt::join(allowed, ", ")));
  return std::string(standard);
}

std::vector<double> TrainingArguments::numbers(std::string_view key) {
  const Json* value = find(key);
  if (value && value->is_object() && value->find("config") && value->find("config")->find("value")) value = value->find("config")->find("value");
  if (!value || value->is_null()) return {};
  if (value->is_number()) return {value->as_double()};
  std::vector<double> list;
  if (value->is_array())
    for (const Json& element : value->as_array())
      if (element.is_number()) list.push_back(element.as_double());
  if (!value->is_array() || list.size() != value->as_array().size()) refuse(key, "numbers");
  return list;
}

std::vector<std::string> TrainingArguments::texts(std::string_view key) {
  const Json* value = find(key);
  if (!value || value->is_null()) return {};
  std::vector<std::string> list;
  if (value->is_array())
    for (const Json& element : value->as_array())
      if (element.is_string()) list.push_back(element.as_string());
  if (!value->is_array() || list.size() != value->as_array().size()) refuse(key, "a list of texts");
  return list;
}

const Json* TrainingArguments::raw(std::string_view key) { return find(key); }

void TrainingArguments::ignore(const std::vector<std::string_view>& keys) { seen_.insert(seen_.end(), keys.begin(), keys.end()); }

std::string TrainingArguments::problem() {
  if (!problem_.empty() || !config_) return problem_;
  for (const auto& [key, value] : config_->as_object())
    if (std::find(seen_.begin(), seen_.end(), key) == seen_.end()) return fmt::format("{} {} is not supported", key, value.dump());
  return {};
}

}  // namespace keratin
