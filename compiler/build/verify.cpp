#include "compiler/build/verify.h"

#include <algorithm>
#include <sstream>

#include "compiler/build/clang_library.h"
#include "compiler/build/clang_plugin.h"

namespace keratin {

namespace {

bool looked_at(const std::string& name) { return !name.ends_with("_selftest.cpp") && !name.ends_with("_trainer.h") && !name.ends_with(".plan.txt") && !name.starts_with("keratin/"); }

bool has_body(const std::string& name) { return !name.ends_with("_weights.cpp") && !name.ends_with("_dispatch.cpp"); }

std::vector<std::string> flags_of(const std::string& target) {
  if (target.empty()) return {"-O1", "-Wall", "-Wextra", "-march=native"};
  std::string space = target;
  std::replace(space.begin(), space.end(), '-', '_');
  return {"-O1", "-Wall", "-Wextra", "-march=" + target, "-DKERATIN_TARGET=" + space};
}

}  // namespace

Result<std::vector<std::string>> verify(const Bundle& bundle, const std::vector<std::string>& targets) {
  const Result<const ClangPlugin*> plugin = clang_plugin();
  if (!plugin) return Error{plugin.error()};
  const bool dispatched = std::any_of(bundle.files.begin(), bundle.files.end(), [](const EmittedFile& file) { return file.name.ends_with("_dispatch.cpp"); });
  std::vector<std::string> builds = {""};
  if (dispatched) {
    builds.clear();
    std::copy_if(targets.begin(), targets.end(), std::back_inserter(builds), [](const std::string& target) { return target.starts_with("x86-64"); });
  }
  std::string text;
  for (const std::string& target : builds) {
    BuildInput input{{}, flags_of(target), Builder::clang};
    for (const EmittedFile& file : bundle.files) {
      if (!looked_at(file.name)) continue;
      EmittedFile kept = file;
      if (dispatched && file.name.ends_with(".cpp") && !has_body(file.name)) kept.name += ".once";
      input.files.push_back(std::move(kept));
    }
    text += verify_with_clang(**plugin, input);
  }
  if (dispatched) {
    BuildInput input{{}, {"-O1", "-Wall", "-Wextra", "-DKERATIN_DISPATCH"}, Builder::clang};
    for (const EmittedFile& file : bundle.files)
      if (looked_at(file.name) && (!file.name.ends_with(".cpp") || !has_body(file.name))) input.files.push_back(file);
    text += verify_with_clang(**plugin, input);
  }
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  return lines;
}

}  // namespace keratin
