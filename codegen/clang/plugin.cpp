#include "codegen/clang/plugin.h"

#include <llvm/Config/llvm-config.h>

#include "codegen/clang/parts.h"

extern "C" __attribute__((visibility("default"))) const keratin::ClangPlugin* keratin_clang_plugin() {
  using namespace keratin::clang_plugin;
  static const keratin::ClangPlugin plugin = {keratin::kClangPluginVersion, KERATIN_RELEASE, "clang " LLVM_VERSION_STRING, kHeaders, kHeaderCount, compile, load, find, unload, verify};
  return &plugin;
}
