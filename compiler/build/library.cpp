#include "compiler/build/library.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

#include "compiler/build/cache.h"
#include "compiler/build/run_program.h"
#include "compiler/write_files.h"
#include "ir/support/check.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

std::string compiler() {
  const char* chosen = std::getenv("CXX");
  return chosen && *chosen ? chosen : "c++";
}

/// CXX as make and CMake take it: a program, or one with arguments (`ccache g++`).
std::vector<std::string> compiler_command() {
  const std::string text = compiler();
  if (fs::exists(text)) return {text};  // a path may hold spaces
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What the result depends on: sources, flags, compiler, runtime headers.
std::string content_key(const BuildInput& input) {
  ContentHash hash;
  hash.add(compiler());
  for (const std::string& flag : input.flags) hash.add(flag);
  for (const EmittedFile& file : input.files) {
    hash.add(file.name);
    hash.add(file.content);
  }
  std::vector<fs::path> headers;
  std::error_code ignored;
  for (const char* folder : {"runtime", "training"})
    for (const auto& entry : fs::directory_iterator(fs::path(runtime_directory()) / "keratin" / folder, ignored)) headers.push_back(entry.path());
  std::sort(headers.begin(), headers.end());
  for (const fs::path& header : headers) hash.add(read_file(header));
  return hash.hex();
}

void compile(const BuildInput& input, const fs::path& directory, const fs::path& library) {
  std::vector<std::string> command = compiler_command();
  command.insert(command.end(), {"-std=c++17", "-shared", "-fPIC", "-fvisibility=hidden", "-I" + runtime_directory(), "-I."});
  command.insert(command.end(), input.flags.begin(), input.flags.end());
  command.insert(command.end(), {"-o", library.string()});
  for (const EmittedFile& file : input.files) {
    if (Result<Done> written = write_file((directory / file.name).string(), file.content); !written) throw BuildFailure{written.error()};
    if (file.name.ends_with(".cpp")) command.push_back((directory / file.name).string());
  }
  const fs::path log = directory / "compiler.log";
  if (run_program(command, log)) return;
  std::string text = read_file(log);
  if (text.size() > 2000) text = text.substr(0, 2000) + "...";
  throw BuildFailure{fmt::format("the compiler '{}' failed on emitted code:\n{}", compiler(), text)};
}

}  // namespace

std::string runtime_directory() {
  if (const char* chosen = std::getenv("KERATIN_RUNTIME_DIR"); chosen && *chosen) return chosen;
  return fs::exists(KERATIN_SOURCE_RUNTIME) ? KERATIN_SOURCE_RUNTIME : KERATIN_INSTALLED_RUNTIME;
}

Library::~Library() {
  if (handle_) ::dlclose(handle_);
}

void* Library::symbol(const std::string& name) const {
  void* address = ::dlsym(handle_, name.c_str());
  IR_CHECK(address, "an entry point of emitted code is missing");
  return address;
}

std::vector<std::string> checking_flags(const char* level) { return {level, "-march=native", "-Wall", "-Wextra", "-Werror"}; }

std::shared_ptr<Library> build(const BuildInput& input) {
  const std::string key = content_key(input);
  BuildCache cache(cache_directory());
  auto library = std::make_shared<Library>();
  if (const std::string kept = cache.find(key); !kept.empty()) {
    library->handle_ = ::dlopen(kept.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library->handle_) return library;
    cache.drop(key);  // damaged: built anew below
  }
  const auto begin = std::chrono::steady_clock::now();
  const TemporaryDirectory directory(cache_directory());
  const fs::path made = fs::path(directory.path()) / "model.so";
  compile(input, directory.path(), made);
  const std::string kept = cache.keep(key, made.string());
  library->handle_ = ::dlopen(kept.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library->handle_) throw BuildFailure{fmt::format("the built library cannot be loaded: {}", ::dlerror())};
  library->build_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return library;
}

}  // namespace keratin
