// Values of configurations as C++ expressions.
#pragma once

#include <string>
#include <string_view>

#include "compiler/json/json.h"

namespace keratin::functional {

/// `"relu"`, with escapes.
std::string string_literal(std::string_view text);

/// An expression of type Json, or one that converts to it.
std::string json_expression(const Json& value);
/// `Json::Object{{"axis", 1}, ...}` and `{{"axis", 1}, ...}`, by `type`.
std::string object_expression(const Json::Object& members, bool type = true);

/// What stands behind `.key =` where the field takes numbers, texts or lists of them: `3`, `"same"`, `{1, 2}`; `{}` for null, in a list std::nullopt.
std::string field_literal(const Json& value);

}  // namespace keratin::functional
