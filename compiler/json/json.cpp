#include "compiler/json/json.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "compiler/data/utf8.h"
#include "ir/support/check.h"

namespace keratin {

bool Json::as_bool() const {
  IR_CHECK(is_bool(), "JSON value is no boolean");
  return std::get<bool>(value_);
}

int64_t Json::as_int() const {
  IR_CHECK(is_int(), "JSON value is no integer");
  return std::get<int64_t>(value_);
}

double Json::as_double() const {
  if (is_int()) return static_cast<double>(std::get<int64_t>(value_));
  IR_CHECK(is_double(), "JSON value is no number");
  return std::get<double>(value_);
}

const std::string& Json::as_string() const {
  IR_CHECK(is_string(), "JSON value is no string");
  return std::get<std::string>(value_);
}

const Json::Array& Json::as_array() const {
  IR_CHECK(is_array(), "JSON value is no array");
  return std::get<Array>(value_);
}

const Json::Object& Json::as_object() const {
  IR_CHECK(is_object(), "JSON value is no object");
  return std::get<Object>(value_);
}

Json::Array& Json::as_array() {
  IR_CHECK(is_array(), "JSON value is no array");
  return std::get<Array>(value_);
}

Json::Object& Json::as_object() {
  IR_CHECK(is_object(), "JSON value is no object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : as_object())
    if (member.first == key) return &member.second;
  return nullptr;
}

const Json& Json::member(std::string_view key) const {
  static const Json null;
  const Json* value = find(key);
  return value ? *value : null;
}

void Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  for (Member& member : as_object()) {
    if (member.first != key) continue;
    member.second = std::move(value);
    return;
  }
  as_object().emplace_back(std::string(key), std::move(value));
}

namespace {

/// Python's repr of a float: the shortest digits that read back, in positional notation for exponents -4 to 15.
void append_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const std::string_view scientific(text, static_cast<size_t>(end - text));
  const size_t e = scientific.find('e');
  int exponent = 0;
  std::from_chars(scientific.data() + e + (scientific[e + 1] == '+' ? 2 : 1), end, exponent);
  if (exponent < -4 || exponent >= 16) {  // to_chars writes at least two digits of exponent, as Python does
    out += scientific;
    return;
  }
  char positional[48];
  const char* stop = std::to_chars(positional, positional + sizeof positional, value, std::chars_format::fixed).ptr;
  const std::string_view digits(positional, static_cast<size_t>(stop - positional));
  out += digits;
  if (digits.find('.') == std::string_view::npos) out += ".0";
}

void append_string(std::string& out, std::string_view text) {
  const auto escape = [&out](uint32_t unit) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit); };
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const uint32_t code = next_code_point(text, at);
    switch (code) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        if (code >= 0x10000) {
          escape(0xd800 + ((code - 0x10000) >> 10));
          escape(0xdc00 + ((code - 0x10000) & 0x3ff));
        } else if (code < 0x20 || code >= 0x80) {
          escape(code);
        } else {
          out += static_cast<char>(code);
        }
    }
  }
  out += '"';
}

class Dumper {
 public:
  explicit Dumper(int indent) : indent_(indent) {}

  void value(const Json& json) {
    if (json.is_array()) {
      list('[', ']', json.as_array(), [this](const Json& item) { value(item); });
    } else if (json.is_object()) {
      list('{', '}', json.as_object(), [this](const Json::Member& member) {
        append_string(out_, member.first);
        out_ += ": ";
        value(member.second);
      });
    } else {
      scalar(json);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void scalar(const Json& json) {
    if (json.is_null()) {
      out_ += "null";
    } else if (json.is_bool()) {
      out_ += json.as_bool() ? "true" : "false";
    } else if (json.is_int()) {
      out_ += std::to_string(json.as_int());
    } else if (json.is_double()) {
      append_double(out_, json.as_double());
    } else {
      append_string(out_, json.as_string());
    }
  }

  template <class Items, class F>
  void list(char open, char close, const Items& items, F&& item) {
    out_ += open;
    ++depth_;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += indent_ < 0 ? ", " : ",";
      new_line();
      item(items[i]);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_ += close;
  }

  void new_line() {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(static_cast<size_t>(indent_ * depth_), ' ');
  }

  std::string out_;
  int indent_;
  int depth_ = 0;
};

}  // namespace

std::string Json::dump(int indent) const {
  Dumper dumper(indent);
  dumper.value(*this);
  return dumper.take();
}

}  // namespace keratin
