#include "compiler/import/legacy_merge.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace keratin {

namespace {

constexpr struct {
  const char* mode;
  const char* class_name;
} kModes[] = {{"sum", "Add"}, {"mul", "Multiply"}, {"ave", "Average"}, {"max", "Maximum"}, {"concat", "Concatenate"}, {"dot", "Dot"}};

bool are_axes(const Json& value) {
  if (value.is_int()) return true;
  return value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(), [](const Json& axis) { return axis.is_int(); });
}

}  // namespace

Result<Json> modern_merge(const Json& serialized) {
  const Json& config = serialized.member("config");
  const Json& mode = config.member("mode");
  // A function stands in `mode` by its name or as bytecode; `mode_type` tells it from a mode of Keras.
  if (const Json& type = config.member("mode_type"); !mode.is_string() || (type.is_string() && type.as_string() != "raw"))
    return Error{"mode: is a Python function, which cannot be compiled"};
  const auto* known = std::find_if(std::begin(kModes), std::end(kModes), [&](const auto& entry) { return mode.as_string() == entry.mode; });
  if (known == std::end(kModes))
    return Error{fmt::format("mode: '{}' of the layer Merge is not supported; allowed are sum, mul, ave, max, concat, dot", mode.as_string())};
  Json modern{Json::Object{{"name", config.member("name")}}};
  const auto axes = [&](const char* key, const char* modern_key) -> Result<Done> {
    const Json& value = config.member(key);
    if (!value.is_null() && !are_axes(value)) return Error{fmt::format("{}: {} is neither an axis nor a list of axes", key, value.dump())};
    modern.set(modern_key, value.is_null() ? Json(-1) : value);
    return Done{};
  };
  const std::string_view name = known->class_name;
  if (name == "Concatenate")
    if (const Result<Done> read = axes("concat_axis", "axis"); !read) return Error{read.error()};
  if (name == "Dot")
    if (const Result<Done> read = axes("dot_axes", "axes"); !read) return Error{read.error()};
  Json result = serialized;
  result.set("class_name", Json(known->class_name));
  result.set("config", std::move(modern));
  return result;
}

}  // namespace keratin
