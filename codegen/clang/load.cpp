// Object code into the process. No front end takes part: an object from the cache is linked in a few milliseconds.
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/MemoryBuffer.h>

#include <string>

#include "codegen/clang/parts.h"

namespace keratin::clang_plugin {

namespace {

namespace orc = llvm::orc;

struct Loaded {
  std::string said;  // by the linker, which works at the first look-up; before `jit`, whose end may say more
  std::unique_ptr<orc::LLJIT> jit;
};

/// The empty string, or what is wrong.
std::string make(Loaded& loaded, const ClangFile* objects, size_t object_count, const ClangSymbol* symbols, size_t symbol_count) {
  auto jit = orc::LLJITBuilder().setPlatformSetUp(orc::setUpInactivePlatform).create();
  if (!jit) return llvm::toString(jit.takeError());
  loaded.jit = std::move(*jit);
  loaded.jit->getExecutionSession().setErrorReporter([&loaded](llvm::Error error) { loaded.said += llvm::toString(std::move(error)) + "\n"; });
  orc::JITDylib& library = loaded.jit->getMainJITDylib();
  orc::SymbolMap places;
  for (size_t i = 0; i < symbol_count; ++i)
    places[loaded.jit->mangleAndIntern(symbols[i].name)] = {orc::ExecutorAddr::fromPtr(symbols[i].address), llvm::JITSymbolFlags::Exported};
  if (symbol_count > 0)
    if (llvm::Error error = library.define(orc::absoluteSymbols(std::move(places)))) return llvm::toString(std::move(error));
  for (size_t i = 0; i < object_count; ++i) {
    auto copy = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(objects[i].data, objects[i].size), objects[i].name);
    if (llvm::Error error = loaded.jit->addObjectFile(std::move(copy))) return llvm::toString(std::move(error));
  }
  return "";
}

}  // namespace

void* load(const ClangFile* objects, size_t object_count, const ClangSymbol* symbols, size_t symbol_count, ClangSink messages) {
  initialize_target();
  auto loaded = std::make_unique<Loaded>();
  const std::string wrong = make(*loaded, objects, object_count, symbols, symbol_count);
  if (wrong.empty()) return loaded.release();
  give(messages, wrong);
  return nullptr;
}

void* find(void* loaded, const char* name, ClangSink messages) {
  Loaded& library = *static_cast<Loaded*>(loaded);
  auto address = library.jit->lookup(name);
  if (address) return address->toPtr<void*>();
  const std::string wrong = llvm::toString(address.takeError());
  give(messages, library.said + wrong);
  return nullptr;
}

void unload(void* loaded) { delete static_cast<Loaded*>(loaded); }

}  // namespace keratin::clang_plugin
