#include "compiler/build/content_key.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "compiler/data/file_bytes.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

void add_processor(ContentHash& hash) {
#if defined(__x86_64__)
  for (unsigned leaf : {1u, 7u}) {
    unsigned registers[4] = {};
    if (!__get_cpuid_count(leaf, 0, &registers[0], &registers[1], &registers[2], &registers[3])) continue;
    if (leaf == 1) registers[1] = 0;  // which core this is
    hash.add({reinterpret_cast<const char*>(registers), sizeof registers});
  }
#else
  hash.add("one kind of processor");
#endif
}

}  // namespace

void add_input(ContentHash& hash, const BuildInput& input) {
  add_processor(hash);
  for (const std::string& flag : input.flags) hash.add(flag);
  for (const EmittedFile& file : input.files) {
    hash.add(file.name);
    hash.add(file.content);
  }
}

std::vector<EmittedFile> runtime_headers() {
  std::vector<EmittedFile> headers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::path(runtime_directory()) / "keratin" / "runtime", ignored)) {
    const Result<Bytes> content = read_file(entry.path().string());
    if (content) headers.push_back({"keratin/runtime/" + entry.path().filename().string(), std::string(content->text())});
  }
  std::sort(headers.begin(), headers.end(), [](const EmittedFile& a, const EmittedFile& b) { return a.name < b.name; });
  return headers;
}

std::string runtime_directory() {
  if (const char* chosen = std::getenv("KERATIN_RUNTIME_DIR"); chosen && *chosen) return chosen;
  return fs::exists(KERATIN_SOURCE_RUNTIME) ? KERATIN_SOURCE_RUNTIME : KERATIN_INSTALLED_RUNTIME;
}

}  // namespace keratin
