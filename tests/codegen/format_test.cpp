// Emitted code is laid out as codegen/emitted.clang-format says: Clang's libFormat finds nothing to change in the golden bundles.
#include <catch2/catch.hpp>
#include <clang/Format/Format.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace keratin {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

clang::format::FormatStyle emitted_style() {
  const std::string text = read(KERATIN_STYLE);
  clang::format::FormatStyle style = clang::format::getLLVMStyle();
  REQUIRE(!clang::format::parseConfiguration(text, &style));
  return style;
}

std::string formatted(const clang::format::FormatStyle& style, const std::string& text) {
  clang::format::FormattingAttemptStatus status;
  const auto replacements = clang::format::reformat(style, text, {clang::tooling::Range(0, static_cast<unsigned>(text.size()))}, "emitted.cpp", &status);
  REQUIRE(status.FormatComplete);
  llvm::Expected<std::string> changed = clang::tooling::applyAllReplacements(text, replacements);
  REQUIRE(static_cast<bool>(changed));
  return *changed;
}

/// `line: text` of the first line that differs, as it is written.
std::string first_difference(const std::string& written, const std::string& wanted) {
  const auto [at, other] = std::mismatch(written.begin(), written.end(), wanted.begin(), wanted.end());
  if (at == written.end() && other == wanted.end()) return "";
  const size_t place = static_cast<size_t>(at - written.begin()), begin = place == 0 ? 0 : written.rfind('\n', place - 1) + 1;
  return std::to_string(std::count(written.begin(), at, '\n') + 1) + ": " + written.substr(begin, written.find('\n', place) - begin);
}

TEST_CASE("golden bundles are laid out as their style says") {
  const clang::format::FormatStyle style = emitted_style();
  size_t files = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(KERATIN_GOLDEN)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".cpp" && path.extension() != ".h") continue;
    INFO(path.string());
    const std::string text = read(path);
    CHECK(first_difference(text, formatted(style, text)) == "");
    ++files;
  }
  CHECK(files >= 28);
}

TEST_CASE("another layout is found") {
  const clang::format::FormatStyle style = emitted_style();
  const std::string good = "struct Mul {\n  template <class V> KR_INLINE auto operator()(V x) const {\n    return x * x;\n  }\n};\n";
  CHECK(first_difference(good, formatted(style, good)) == "");
  const std::string bad = "struct Mul {\n    template <class V> KR_INLINE auto operator()(V x) const {\n    return x*x;\n  }\n};\n";
  CHECK(first_difference(bad, formatted(style, bad)) == "2:     template <class V> KR_INLINE auto operator()(V x) const {");
  const std::string spaced = "int f(int* x) {\n  x[0] = 1;\n  return x [0];\n}\n";
  CHECK(first_difference(spaced, formatted(style, spaced)) == "3:   return x [0];");
}

}  // namespace
}  // namespace keratin
