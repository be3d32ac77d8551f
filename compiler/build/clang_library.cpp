#include "compiler/build/clang_library.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>

#include "compiler/build/content_key.h"
#include "compiler/build/diagnostics.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

ClangSink into(std::string& text) {
  return {&text, [](void* context, const char* data, size_t size) { static_cast<std::string*>(context)->append(data, size); }};
}

/// Weights that the assembler would include, at an address that vectors may be loaded from. They lie beside the object code, which is the same for all.
class Data {
 public:
  explicit Data(const EmittedFile& file) : name(file.symbol), memory_(std::aligned_alloc(64, (file.content.size() + 63) / 64 * 64)) {
    if (!memory_) throw std::bad_alloc();
    std::memcpy(memory_, file.content.data(), file.content.size());
  }
  Data(Data&& other) noexcept : name(std::move(other.name)), memory_(std::exchange(other.memory_, nullptr)) {}
  ~Data() { std::free(memory_); }
  const void* address() const { return memory_; }

  std::string name;

 private:
  void* memory_;
};

class ClangLibrary : public Library {
 public:
  ClangLibrary(const ClangPlugin& plugin, const std::vector<ClangFile>& objects, const BuildInput& input, double build_seconds) : Library(build_seconds), plugin_(plugin) {
    std::vector<ClangSymbol> symbols;
    for (const EmittedFile& file : input.files)
      if (!file.symbol.empty()) data_.emplace_back(file);
    for (const Data& data : data_) symbols.push_back({data.name.c_str(), data.address()});
    std::string messages;
    loaded_ = plugin.load(objects.data(), objects.size(), symbols.data(), symbols.size(), into(messages));
    if (!loaded_) throw BuildFailure{fmt::format("the built code cannot be loaded: {}", messages)};
  }
  ~ClangLibrary() override { plugin_.unload(loaded_); }

 private:
  void* find(const std::string& name) const override {
    std::string messages;
    void* address = plugin_.find(loaded_, name.c_str(), into(messages));
    if (!address) throw BuildFailure{fmt::format("the built code cannot be linked: {}", messages)};
    return address;
  }

  const ClangPlugin& plugin_;
  std::vector<Data> data_;
  void* loaded_ = nullptr;
};

/// The headers that units are compiled with: the plugin's own, and those of KERATIN_RUNTIME_DIR in their place where that is set.
class Headers {
 public:
  explicit Headers(const ClangPlugin& plugin) {
    const char* directory = std::getenv("KERATIN_RUNTIME_DIR");
    if (directory && *directory) read_ = runtime_headers();
    for (const EmittedFile& file : read_) files.push_back({file.name.c_str(), file.content.c_str(), file.content.size()});
    for (size_t i = 0; i < plugin.header_count; ++i)
      if (read_.empty() || !std::string_view(plugin.headers[i].name).starts_with("keratin/")) files.push_back(plugin.headers[i]);
  }
  std::vector<ClangFile> files;

 private:
  std::vector<EmittedFile> read_;
};

std::string content_key(const ClangPlugin& plugin, const Headers& headers, const BuildInput& input) {
  ContentHash hash;
  hash.add(plugin.compiler);
  add_input(hash, input);
  for (const ClangFile& header : headers.files) hash.add({header.data, header.size});
  return hash.hex();
}

/// One of the input's units, in the plugin's types.
class Request {
 public:
  Request(const Headers& headers, const BuildInput& input, const std::string& unit) : files_(headers.files) {
    for (const EmittedFile& file : input.files) {
      if (file.symbol.empty()) files_.push_back({file.name.c_str(), file.content.c_str(), file.content.size()});
      else symbols_.push_back(file.symbol.c_str());
    }
    for (const std::string& flag : input.flags) flags_.push_back(flag.c_str());
    request = {files_.data(), files_.size(), unit.c_str(), flags_.data(), flags_.size(), symbols_.data(), symbols_.size()};
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ClangRequest request;

 private:
  std::vector<ClangFile> files_;
  std::vector<const char*> flags_, symbols_;
};

std::string compile(const ClangPlugin& plugin, const Headers& headers, const BuildInput& input, const std::string& unit) {
  const Request made(headers, input, unit);
  std::string object, messages;
  if (plugin.compile(&made.request, into(object), into(messages))) return object;
  messages = with_layers(messages, input.files);
  if (messages.size() > 2000) messages = messages.substr(0, 2000) + "...";
  throw BuildFailure{fmt::format("{} in the process failed on emitted code:\n{}", plugin.compiler, messages)};
}

// An entry of the cache: the units' objects, each after its size.

void append(std::string& entry, const std::string& object) {
  const uint64_t size = object.size();
  entry.append(reinterpret_cast<const char*>(&size), sizeof size).append(object).append((8 - size % 8) % 8, '\0');
}

std::vector<ClangFile> objects_of(std::string_view entry) {
  std::vector<ClangFile> objects;
  while (!entry.empty()) {
    uint64_t size = 0;
    IR_CHECK(entry.size() > sizeof size, "an entry of the cache without an object");
    std::memcpy(&size, entry.data(), sizeof size);
    const uint64_t whole = sizeof size + (size + 7) / 8 * 8;
    IR_CHECK(size < entry.size() && whole <= entry.size(), "an entry of the cache with half an object");
    objects.push_back({"emitted", entry.data() + sizeof size, size});
    entry.remove_prefix(whole);
  }
  return objects;
}

}  // namespace

std::shared_ptr<Library> build_with_clang(const ClangPlugin& plugin, const BuildInput& input) {
  const Headers headers(plugin);
  BuildCache cache(cache_directory());
  const std::string name = content_key(plugin, headers, input) + ".o";
  if (const std::optional<Bytes> kept = cache.read(name)) return std::make_shared<ClangLibrary>(plugin, objects_of(kept->text()), input, 0);
  const auto begin = std::chrono::steady_clock::now();
  std::string made;
  for (const EmittedFile& file : input.files)
    if (file.name.ends_with(".cpp")) append(made, compile(plugin, headers, input, file.name));
  cache.keep(name, made);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return std::make_shared<ClangLibrary>(plugin, objects_of(made), input, seconds);
}

std::string verify_with_clang(const ClangPlugin& plugin, const BuildInput& input) {
  const Headers headers(plugin);
  std::string findings;
  for (const EmittedFile& file : input.files) {
    if (!file.name.ends_with(".cpp")) continue;
    const Request made(headers, input, file.name);
    plugin.verify(&made.request, into(findings));
  }
  return with_layers(findings, input.files);
}

}  // namespace keratin
