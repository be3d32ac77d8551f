#include "compiler/build/system_library.h"

#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sstream>

#include "compiler/build/content_key.h"
#include "compiler/build/diagnostics.h"
#include "compiler/build/run_program.h"
#include "compiler/write_files.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

class SystemLibrary : public Library {
 public:
  SystemLibrary(void* handle, double build_seconds) : Library(build_seconds), handle_(handle) {}
  ~SystemLibrary() override { ::dlclose(handle_); }

 private:
  void* find(const std::string& name) const override { return ::dlsym(handle_, name.c_str()); }
  void* handle_;
};

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

std::string content_key(const BuildInput& input) {
  ContentHash hash;
  hash.add(compiler());
  add_input(hash, input);
  for (const EmittedFile& header : runtime_headers()) hash.add(header.content);
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
  std::ifstream file(log, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text = with_layers(text, input.files);
  if (text.size() > 2000) text = text.substr(0, 2000) + "...";
  throw BuildFailure{fmt::format("the compiler '{}' failed on emitted code:\n{}", compiler(), text)};
}

}  // namespace

std::shared_ptr<Library> build_with_system(const BuildInput& input) {
  BuildCache cache(cache_directory());
  const std::string name = content_key(input) + ".so";
  if (const std::optional<std::string> kept = cache.find(name))
    if (void* handle = ::dlopen(kept->c_str(), RTLD_NOW | RTLD_LOCAL)) return std::make_shared<SystemLibrary>(handle, 0);  // else another process removed it
  const auto begin = std::chrono::steady_clock::now();
  const TemporaryDirectory directory(cache_directory());
  const std::string made = (fs::path(directory.path()) / "model.so").string();
  compile(input, directory.path(), made);
  void* handle = ::dlopen(made.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw BuildFailure{fmt::format("the built library cannot be loaded: {}", ::dlerror())};
  cache.keep_file(name, made);
  return std::make_shared<SystemLibrary>(handle, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

}  // namespace keratin
