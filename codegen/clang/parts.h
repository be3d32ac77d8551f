// The plugin's parts behind its table of functions; plugin.h says what they do.
#pragma once

#include <string_view>

#include "codegen/clang/plugin.h"

namespace keratin::clang_plugin {

inline void give(ClangSink sink, std::string_view text) { sink.take(sink.context, text.data(), text.size()); }

bool compile(const ClangRequest* request, ClangSink object, ClangSink messages);
void* load(const ClangFile* objects, size_t object_count, const ClangSymbol* symbols, size_t symbol_count, ClangSink messages);
void* find(void* loaded, const char* name, ClangSink messages);
void unload(void* loaded);
bool verify(const ClangRequest* request, ClangSink findings);

/// Code generation for this machine; every call but the first does nothing.
void initialize_target();

/// Made by the build from the files themselves.
extern const ClangFile kHeaders[];
extern const size_t kHeaderCount;

}  // namespace keratin::clang_plugin
