#include "compiler/build/library.h"

#include <cstdlib>
#include <fmt/format.h>

#include "compiler/build/clang_library.h"
#include "compiler/build/clang_plugin.h"
#include "compiler/build/system_library.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

Builder chosen(Builder wanted) {
  if (wanted != Builder::automatic) return wanted;
  const char* text = std::getenv("KERATIN_BUILD");
  const std::string name = text ? text : "";
  if (name == "clang") return Builder::clang;
  if (name == "system") return Builder::system;
  if (!name.empty()) throw BuildFailure{fmt::format("KERATIN_BUILD is '{}'; allowed: clang, system", name)};
  return clang_plugin() || names_clang_plugin() ? Builder::clang : Builder::system;
}

}  // namespace

void* Library::symbol(const std::string& name) const {
  void* address = find(name);
  IR_CHECK(address, "an entry point of emitted code is missing");
  return address;
}

std::vector<std::string> checking_flags(const char* level) { return {level, "-march=native", "-Wall", "-Wextra", "-Werror"}; }

std::shared_ptr<Library> build(const BuildInput& input) {
  if (chosen(input.builder) == Builder::system) return build_with_system(input);
  const Result<const ClangPlugin*> plugin = clang_plugin();
  if (!plugin) throw BuildFailure{plugin.error()};
  return build_with_clang(**plugin, input);
}

}  // namespace keratin
