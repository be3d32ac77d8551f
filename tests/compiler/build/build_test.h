// What the tests of builds share: a cache of their own, environment variables for a while, and who can build here.
#pragma once

#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <vector>

#include "compiler/build/clang_plugin.h"
#include "compiler/build/library.h"
#include "tests/compiler/test_files.h"

CATCH_TRANSLATE_EXCEPTION(keratin::BuildFailure& error) { return error.message; }

namespace keratin {

/// Sets a variable, and what it was before at its end.
class Environment {
 public:
  Environment(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* text = std::getenv(name_.c_str())) before_ = text;
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Environment() { before_ ? ::setenv(name_.c_str(), before_->c_str(), 1) : ::unsetenv(name_.c_str()); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

inline std::vector<Builder> builders() {
  std::vector<Builder> list = {Builder::system};
  if (clang_plugin()) list.push_back(Builder::clang);
  return list;
}

inline const char* name_of(Builder builder) { return builder == Builder::clang ? "clang" : "system"; }

#define KERATIN_EXPORT_TEXT "extern \"C\" __attribute__((visibility(\"default\"))) "

/// One function of C linkage: `int answer()`.
inline BuildInput answer_input(Builder builder, int answer) {
  return {{{"answer.cpp", fmt::format(KERATIN_EXPORT_TEXT "int answer() {{ return {}; }}\n", answer)}}, {"-O1"}, builder};
}

inline int call(const Library& library, const char* name = "answer") { return reinterpret_cast<int (*)()>(library.symbol(name))(); }

}  // namespace keratin
