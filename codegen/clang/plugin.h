// What passes between the tool and keratin_clang.so, the plugin that holds all that knows LLVM: Clang in the process, opened at its first use.
// C types only, so that neither side sees the other's library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace keratin {

/// Bytes with a name. Where they are compiled, a zero byte follows them.
struct ClangFile {
  const char* name;
  const char* data;
  size_t size;
};

/// Takes bytes that the plugin owns: an object file, or what the compiler said.
struct ClangSink {
  void* context;
  void (*take)(void* context, const char* data, size_t size);
};

/// One translation unit.
struct ClangRequest {
  const ClangFile* files;  // sources and headers by path below one directory; no file of the machine is seen
  size_t file_count;
  const char* unit;        // the one of them that is compiled
  const char* const* flags;  // as clang++ takes them
  size_t flag_count;
  const char* const* symbols;  // what assembler at file scope would define; ClangPlugin::load gives their addresses instead
  size_t symbol_count;
};

/// A place in memory by the name that object code has for it.
struct ClangSymbol {
  const char* name;
  const void* address;
};

constexpr uint32_t kClangPluginVersion = 2;

struct ClangPlugin {
  uint32_t version;          // kClangPluginVersion of the plugin's build; nothing below is read where it differs
  const char* release;       // Keratin's version
  const char* compiler;      // `clang 19.1.7`
  const ClangFile* headers;  // the runtime's and the few of the standard library that it includes, for ClangRequest::files
  size_t header_count;
  /// Object code for this machine, or false and what the compiler said.
  bool (*compile)(const ClangRequest* request, ClangSink object, ClangSink messages);
  /// Links objects into this process. Null, and the reason, where they are no objects.
  void* (*load)(const ClangFile* objects, size_t object_count, const ClangSymbol* symbols, size_t symbol_count, ClangSink messages);
  /// The address of a function. Null, and the reason, where it is not there or needs what is not there.
  void* (*find)(void* loaded, const char* name, ClangSink messages);
  void (*unload)(void* loaded);
  /// Reads a unit of emitted code and says, in lines of `file:line: text`, where it breaks what is promised of all emitted code: no warning, and in
  /// everything that its functions reach no exception, no loop without end, no global state that changes; no allocation in what functions reach that
  /// are given a workspace, and none but of an arena in what other functions reach (constructors and destructors may allocate); every public
  /// declaration has a comment. True where there is nothing to say.
  bool (*verify)(const ClangRequest* request, ClangSink findings);
};

/// The plugin's one entry point.
using ClangPluginEntry = const ClangPlugin*();
constexpr const char* kClangPluginEntry = "keratin_clang_plugin";

}  // namespace keratin
