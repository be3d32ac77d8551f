// Json::parse: the one file that includes the JSON library.
#include <fmt/format.h>

#include <cctype>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "compiler/json/json.h"

namespace keratin {

namespace {

/// Reads a text and says how far the parser has come; the library gives handlers no position.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, size_t* consumed) : at_(at), consumed_(consumed) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*consumed_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* consumed_;
};

/// A NaN or infinity of the text: where its token ends, and its value.
struct NonFinite {
  size_t end;
  double value;
};

/// The text with NaN, Infinity and -Infinity replaced by ordinary numbers of the same length, so that positions stay, and what stood there.
std::pair<std::string, std::vector<NonFinite>> replace_non_finite(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  struct Token {
    std::string_view name, stand_in;
    double value;
  };
  static constexpr Token kTokens[] = {{"NaN", "0.0", std::numeric_limits<double>::quiet_NaN()},
                                      {"Infinity", "0.000000", kInfinity},
                                      {"-Infinity", "-0.000000", -kInfinity}};
  const auto joins = [&](size_t i) {  // would become one token with the stand-in
    const char c = i < text.size() ? text[i] : ' ';
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '+' || c == '_';
  };
  std::string copy(text);
  std::vector<NonFinite> found;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[i] == 'N' || text[i] == 'I' || text[i] == '-') && (i == 0 || !joins(i - 1))) {
      for (const Token& token : kTokens) {
        const size_t end = i + token.name.size();
        if (text.substr(i, token.name.size()) != token.name || joins(end)) continue;
        copy.replace(i, token.name.size(), token.stand_in);
        found.push_back({end, token.value});
        i = end - 1;
        break;
      }
    }
  }
  return {std::move(copy), std::move(found)};
}

/// Builds the tree; every level that is open has its value and its keys on a stack.
class TreeBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  TreeBuilder(std::vector<NonFinite> non_finite, const size_t* consumed, size_t text_size, int max_depth)
      : non_finite_(std::move(non_finite)), consumed_(consumed), text_size_(text_size), max_depth_(static_cast<size_t>(max_depth)) {}

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(number_integer_t value) { return add(Json(int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) {
    if (value <= static_cast<number_unsigned_t>(std::numeric_limits<int64_t>::max())) return add(Json(static_cast<int64_t>(value)));
    return add(Json(static_cast<double>(value)));
  }
  bool number_float(number_float_t value, const string_t&) {
    // Tokens come in order, and the parser never reads more than one byte past a number: the first one that reaches a stand-in is it.
    if (next_non_finite_ < non_finite_.size() && *consumed_ >= non_finite_[next_non_finite_].end)
      value = non_finite_[next_non_finite_++].value;
    return add(Json(value));
  }
  bool string(string_t& value) { return add(Json(std::move(value))); }
  bool binary(binary_t&) { return fail("binary data"); }

  bool start_object(size_t) { return open(Json(Json::Object{})); }
  bool start_array(size_t) { return open(Json(Json::Array{})); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(string_t& name) {
    Level& level = levels_.back();
    bool repeated = false;
    if (level.value.as_object().size() < kLinearSearch) {
      repeated = level.value.find(name) != nullptr;
    } else {
      if (level.keys.empty())
        for (const Json::Member& member : level.value.as_object()) level.keys.insert(member.first);
      repeated = !level.keys.insert(name).second;
    }
    if (repeated) return fail(fmt::format("repeated key \"{}\"", name.substr(0, 100)));
    level.key = std::move(name);
    return true;
  }

  bool parse_error(size_t position, const std::string& token, const nlohmann::json::exception& exception) {
    if (exception.id == 406) return fail("number too large", position);
    return fail(position > text_size_ ? "unexpected end of text" : fmt::format("unexpected '{}'", printable(token)), position);
  }

  Json take() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  static constexpr size_t kLinearSearch = 32;

  struct Level {
    Json value;
    std::string key;                        // of the member being read
    std::unordered_set<std::string> keys;  // of large objects only
  };

  /// What the parser read of a bad token, in so many characters that it fits a line.
  static std::string printable(std::string_view token) {
    std::string text;
    for (char c : token.substr(token.size() > 24 ? token.size() - 24 : 0)) text += c >= 0x20 && c < 0x7f ? c : '?';
    return text;
  }

  bool fail(const std::string& message) { return fail(message, *consumed_); }
  bool fail(const std::string& message, size_t position) {
    error_ = fmt::format("not JSON at byte {}: {}", position, message);
    return false;
  }

  bool add(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
    } else if (Level& level = levels_.back(); level.value.is_array()) {
      level.value.as_array().push_back(std::move(value));
    } else {
      level.value.as_object().emplace_back(std::move(level.key), std::move(value));
    }
    return true;
  }

  bool open(Json empty) {
    if (levels_.size() >= max_depth_) return fail(fmt::format("nested deeper than {} levels", max_depth_));
    levels_.push_back({std::move(empty), {}, {}});
    return true;
  }

  bool close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return add(std::move(value));
  }

  std::vector<NonFinite> non_finite_;
  size_t next_non_finite_ = 0;
  const size_t* consumed_;
  size_t text_size_;
  size_t max_depth_;
  std::vector<Level> levels_;
  Json root_;
  std::string error_;
};

}  // namespace

Result<Json> Json::parse(std::string_view text, int max_depth) {
  std::string copy;
  std::vector<NonFinite> non_finite;
  if (text.find("NaN") != std::string_view::npos || text.find("Infinity") != std::string_view::npos) {
    std::tie(copy, non_finite) = replace_non_finite(text);
    text = copy;
  }
  size_t consumed = 0;
  TreeBuilder builder(std::move(non_finite), &consumed, text.size(), max_depth);
  const CountingIterator begin(text.data(), &consumed), end(text.data() + text.size(), &consumed);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return Error{builder.error()};
  return builder.take();
}

}  // namespace keratin
