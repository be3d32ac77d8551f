#include "compiler/runtime_files.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>

#include "compiler/build/library.h"
#include "compiler/data/file_bytes.h"
#include "compiler/license.h"
#include "compiler/version.h"

namespace keratin {

namespace {

/// The headers of the runtime that a text includes, in its order.
std::vector<std::string> runtime_includes(const std::string& text) {
  constexpr std::string_view kBegin = "#include \"keratin/";
  std::vector<std::string> names;
  for (size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) {
    const size_t begin = at + std::string_view("#include \"").size(), end = text.find('"', begin);
    const std::string name = end != std::string::npos ? text.substr(begin, end - begin) : "";
    if (name.starts_with("keratin/runtime/") || name.starts_with("keratin/training/")) names.push_back(name);
  }
  return names;
}

}  // namespace

Result<Done> add_runtime_headers(Bundle& bundle) {
  std::set<std::string> known;
  std::vector<std::string> open;
  const auto take = [&](const std::string& text) {
    for (const std::string& name : runtime_includes(text))
      if (known.insert(name).second) open.push_back(name);
  };
  for (const EmittedFile& file : bundle.files)
    if (file.name.ends_with(".h") || file.name.ends_with(".cpp")) take(file.content);
  std::vector<EmittedFile> headers;
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    Result<Bytes> bytes = read_file((std::filesystem::path(runtime_directory()) / name).string());
    if (!bytes) return Error{bytes.error()};
    const std::string text(bytes->text());
    take(text);
    headers.push_back({name, fmt::format("// Of the runtime of Keratin {}. MIT licence: see keratin/LICENSE.\n{}", kVersion, text)});
  }
  std::sort(headers.begin(), headers.end(), [](const EmittedFile& a, const EmittedFile& b) { return a.name < b.name; });
  bundle.files.insert(bundle.files.end(), headers.begin(), headers.end());
  bundle.files.push_back({"keratin/LICENSE", kLicense});
  return Done{};
}

}  // namespace keratin
