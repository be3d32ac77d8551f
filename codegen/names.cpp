#include "codegen/names.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace keratin {

namespace {

constexpr std::array kReserved = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
    "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "kr", "linux", "long", "main", "mutable", "namespace", "new", "noexcept", "not", "not_eq",
    "nullptr", "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "return", "short", "signed", "sizeof", "static", "static_assert",
    "static_cast", "std", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unix", "unsigned", "using", "virtual",
    "void", "volatile", "wchar_t", "while", "xor", "xor_eq"};

}  // namespace

bool is_identifier(std::string_view text) { return !text.empty() && identifier(text) == text; }

std::string identifier(std::string_view name) {
  std::string text;
  for (char c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    // Two underscores in a row are the implementation's.
    if (allowed) text += c;
    else if (text.empty() || text.back() != '_') text += '_';
  }
  while (text.size() > 1 && text.back() == '_') text.pop_back();
  if (text.empty() || text == "_") text = "value";
  if (text[0] == '_') text = "v" + text;
  if (text[0] >= '0' && text[0] <= '9') text = "v" + text;
  if (std::find(kReserved.begin(), kReserved.end(), text) != kReserved.end()) text += '_';
  return text;
}

std::string Scope::claim(std::string_view name) {
  const std::string base = identifier(name);
  std::string text = base;
  for (int number = 2; !used_.insert(text).second; ++number) text = fmt::format("{}_{}", base, number);
  return text;
}

}  // namespace keratin
