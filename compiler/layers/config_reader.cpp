#include "compiler/layers/config_reader.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/layers/tolerated_keys.h"

namespace keratin {

namespace {
const Json kNull;

std::string shown(const Json& value) {
  std::string text = value.dump();
  return text.size() > 80 ? text.substr(0, 77) + "..." : text;
}
}  // namespace

const Json* ConfigReader::get(std::string_view key) {
  used_.insert(std::string(key));
  const Json* value = config_.find(key);
  return value && value->is_null() ? nullptr : value;
}

void ConfigReader::ignore_the_rest() {
  if (config_.is_object())
    for (const auto& member : config_.as_object()) used_.insert(member.first);
}

bool ConfigReader::has(std::string_view key) const { return config_.find(key) != nullptr; }

const Json& ConfigReader::raw(std::string_view key) {
  const Json* value = get(key);
  return value ? *value : kNull;
}

void ConfigReader::fail(std::string message) {
  failed_ = true;
  problems_.add(fmt::format("{}: {}", where_, message));
}

void ConfigReader::fail(std::string_view key, std::string message) { fail(fmt::format("{}: {}", key, message)); }

bool ConfigReader::boolean(std::string_view key, bool fallback) {
  const Json* value = get(key);
  if (!value) return fallback;
  if (value->is_bool()) return value->as_bool();
  if (value->is_int() && (value->as_int() == 0 || value->as_int() == 1)) return value->as_int() == 1;
  fail(key, fmt::format("{} is not true or false", shown(*value)));
  return fallback;
}

std::optional<double> ConfigReader::optional_number(std::string_view key) {
  const Json* value = get(key);
  if (!value) return std::nullopt;
  if (value->is_number()) return value->as_double();
  // tf.keras wrote some numbers as {"class_name": "__numpy__"|"value"...}; a one-element list is a scalar too.
  if (value->is_array() && value->as_array().size() == 1 && value->as_array()[0].is_number()) return value->as_array()[0].as_double();
  fail(key, fmt::format("{} is not a number", shown(*value)));
  return std::nullopt;
}

double ConfigReader::number(std::string_view key, double fallback) { return optional_number(key).value_or(fallback); }

double ConfigReader::required_number(std::string_view key) {
  if (!config_.find(key) || config_.find(key)->is_null()) {
    get(key);
    fail(key, "is missing");
    return 0;
  }
  return number(key, 0);
}

std::optional<int64_t> ConfigReader::optional_integer(std::string_view key) {
  const Json* value = get(key);
  if (!value) return std::nullopt;
  if (value->is_int()) return value->as_int();
  if (value->is_double() && value->as_double() == static_cast<double>(static_cast<int64_t>(value->as_double()))) return static_cast<int64_t>(value->as_double());
  if (value->is_array() && value->as_array().size() == 1 && value->as_array()[0].is_int()) return value->as_array()[0].as_int();
  fail(key, fmt::format("{} is not an integer", shown(*value)));
  return std::nullopt;
}

int64_t ConfigReader::integer(std::string_view key, int64_t fallback, int64_t minimum) {
  const std::optional<int64_t> value = optional_integer(key);
  if (!value) return fallback;
  if (*value < minimum) {
    fail(key, fmt::format("{} is below {}", *value, minimum));
    return fallback;
  }
  return *value;
}

int64_t ConfigReader::required_integer(std::string_view key, int64_t minimum) {
  if (!config_.find(key) || config_.find(key)->is_null()) {
    get(key);
    fail(key, "is missing");
    return std::max<int64_t>(minimum, 1);
  }
  return integer(key, std::max<int64_t>(minimum, 1), minimum);
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) {
  const Json* value = get(key);
  if (!value) return std::string(fallback);
  if (value->is_string()) return value->as_string();
  fail(key, fmt::format("{} is not a text", shown(*value)));
  return std::string(fallback);
}

std::string ConfigReader::choice(std::string_view key, std::string_view fallback, std::initializer_list<std::string_view> allowed) {
  std::string value = text(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  fail(key, fmt::format("'{}' is not one of {}", value, fmt::join(allowed, ", ")));
  return std::string(fallback);
}

std::vector<int64_t> ConfigReader::integers(std::string_view key) {
  const Json* value = get(key);
  if (!value) return {};
  std::vector<int64_t> result;
  const auto one = [&](const Json& item) {
    if (item.is_int()) result.push_back(item.as_int());
    else fail(key, fmt::format("{} is not an integer", shown(item)));
  };
  if (value->is_array())
    for (const Json& item : value->as_array()) one(item);
  else
    one(*value);
  return result;
}

std::vector<int64_t> ConfigReader::tuple(std::string_view key, size_t rank, std::vector<int64_t> fallback, int64_t minimum) {
  const Json* value = get(key);
  if (!value) {
    if (fallback.empty()) fail(key, "is missing");
    fallback.resize(rank, fallback.empty() ? 1 : fallback[0]);
    return fallback;
  }
  std::vector<int64_t> result = integers(key);
  if (!value->is_array()) result.resize(rank, result.empty() ? minimum : result[0]);
  if (result.size() != rank) {
    fail(key, fmt::format("{} has {} numbers, not {}", shown(*value), result.size(), rank));
    result.assign(rank, std::max<int64_t>(minimum, 1));
  }
  for (int64_t& number : result) {
    if (number >= minimum) continue;
    fail(key, fmt::format("{} is below {}", number, minimum));
    number = std::max<int64_t>(minimum, 1);
  }
  return result;
}

bool ConfigReader::channels_first() {
  return choice("data_format", "channels_last", {"channels_last", "channels_first"}) == "channels_first";
}

void ConfigReader::ignore(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) used_.insert(std::string(key));
}

void ConfigReader::require(std::string_view key, std::initializer_list<Json> harmless) {
  const Json* value = get(key);
  if (!value || std::find(harmless.begin(), harmless.end(), *value) != harmless.end()) return;
  fail(key, fmt::format("{} is not supported", shown(*value)));
}

void ConfigReader::finish() {
  if (!config_.is_object()) return;
  for (const auto& [key, value] : config_.as_object()) {
    if (used_.contains(key) || is_tolerated(key, value, version_)) continue;
    fail(key, fmt::format("unknown key with value {}", shown(value)));
  }
}

}  // namespace keratin
