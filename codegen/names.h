// Keras names to C++ identifiers: characters that are not allowed become `_`, a leading digit gets `_` before it, reserved words `_` behind, repeats numbers.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace keratin {

/// Whether the text can be a C++ identifier as it is.
bool is_identifier(std::string_view text);

/// The identifier of a name by itself.
std::string identifier(std::string_view name);

/// Identifiers of one scope, each given once: `conv`, `conv_2`, `conv_3`.
class Scope {
 public:
  Scope() = default;
  explicit Scope(std::initializer_list<std::string_view> taken) { reserve(taken); }
  std::string claim(std::string_view name);
  void reserve(std::initializer_list<std::string_view> taken) { used_.insert(taken.begin(), taken.end()); }

 private:
  std::set<std::string> used_;
};

}  // namespace keratin
