// Json: a small immutable-by-habit tree, so that only json.cpp pays for a parser's headers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/support/result.h"

namespace keratin {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // in the file's order; keys are unique

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(int value) : value_(int64_t{value}) {}
  Json(int64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_double() const { return std::holds_alternative<double>(value_); }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // The kind must have been asked for: a wrong one is a bug of ours (IR_CHECK).
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;  // of an integer too
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;
  Array& as_array();
  Object& as_object();

  /// The member of an object, or nullptr where it is absent or this is no object.
  const Json* find(std::string_view key) const;
  /// The same, where what is absent is null.
  const Json& member(std::string_view key) const;
  /// Sets or adds a member; this must be an object or null (which becomes one).
  void set(std::string_view key, Json value);

  /// Text of this value, compact (`indent` < 0) or indented; the text Python's json module writes, including NaN and Infinity.
  std::string dump(int indent = -1) const;

  /// Parses a whole text: RFC 8259 plus Python's NaN, Infinity, -Infinity. Refuses nesting deeper than `max_depth` and repeated keys.
  /// Errors read `not JSON at byte 17: ...`.
  static Result<Json> parse(std::string_view text, int max_depth = 200);

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

}  // namespace keratin
