#include "compiler/build/clang_plugin.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <vector>

#include "compiler/version.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "keratin_clang.so";

const char* named() {
  const char* text = std::getenv("KERATIN_CLANG_PLUGIN");
  return text && *text ? text : nullptr;
}

/// The file that holds this code: the tool, a program that the compiler is linked to, or a shared library.
fs::path own_file() {
  Dl_info info;
  std::error_code error;
  if (::dladdr(reinterpret_cast<const void*>(&clang_plugin), &info) && info.dli_fname && fs::path(info.dli_fname).is_absolute()) return info.dli_fname;
  return fs::read_symlink("/proc/self/exe", error);  // a program's own name may be relative to another directory, or to PATH
}

std::string plugin_path() {
  if (const char* path = named()) return path;
  std::error_code error;
  const fs::path folder = fs::canonical(own_file(), error).parent_path();
  for (const fs::path& place : {folder, folder / ".." / KERATIN_INSTALLED_LIBRARIES / "keratin", folder / "keratin", fs::path(KERATIN_BUILD_DIRECTORY)})
    if (fs::exists(place / kFile, error)) return (place / kFile).string();
  return "";
}

Result<const ClangPlugin*> open_plugin() {
  const std::string path = plugin_path();
  if (path.empty()) return Error{fmt::format("Clang in the process is not installed ({} was not found; KERATIN_CLANG_PLUGIN may say where it is)", kFile)};
  void* handle = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (!handle) return Error{fmt::format("{}: cannot be opened: {}", path, ::dlerror())};
  const auto entry = reinterpret_cast<ClangPluginEntry*>(::dlsym(handle, kClangPluginEntry));
  if (!entry) return Error{fmt::format("{}: not a plugin of keratin", path)};
  const ClangPlugin* plugin = entry();
  if (plugin->version != kClangPluginVersion || std::string_view(plugin->release) != kVersion)
    return Error{fmt::format("{}: of another version of keratin than this one, {}", path, kVersion)};
  return plugin;
}

}  // namespace

bool names_clang_plugin() { return named() != nullptr; }

Result<const ClangPlugin*> clang_plugin() {
  static const Result<const ClangPlugin*> plugin = open_plugin();
  return plugin;
}

}  // namespace keratin
