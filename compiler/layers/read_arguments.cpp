#include "compiler/layers/read_arguments.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

namespace {

bool are_numbers(const Json& value, size_t count) {
  if (!value.is_array() || value.as_array().size() != count) return false;
  return std::all_of(value.as_array().begin(), value.as_array().end(), [](const Json& item) { return item.is_number(); });
}

}  // namespace

void read_field(ConfigReader& config, const char* key, functional::Extents& field) {
  const Json& value = config.raw(key);
  if (value.is_null()) return;
  std::vector<std::optional<int64_t>> extents;
  for (const Json& item : value.is_array() ? value.as_array() : Json::Array{value}) {
    if (item.is_null()) extents.push_back(std::nullopt);
    else if (item.is_int()) extents.push_back(item.as_int());
    else return config.fail(key, fmt::format("{} is neither an integer nor a list of them", value.dump()));
  }
  field = std::move(extents);
}

void read_field(ConfigReader& config, const char* key, functional::Range& field) {
  const Json& value = config.raw(key);
  if (value.is_null()) return;
  if (!are_numbers(value, 2)) return config.fail(key, fmt::format("{} is no list of two numbers", value.dump()));
  field = functional::Range(value);
}

void read_factor(ConfigReader& config, const char* key, functional::Numbers& field, bool optional) {
  const Json& value = config.raw(key);
  if (value.is_null()) {
    if (!optional && !field.given()) config.fail(key, "is missing");
  } else if (!value.is_number() && !are_numbers(value, 2)) {
    config.fail(key, fmt::format("{} is neither a number nor a list of two numbers", value.dump()));
  } else {
    field = functional::Numbers(value);
  }
}

}  // namespace keratin
