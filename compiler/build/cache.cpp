#include "compiler/build/cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>
#include <vector>

#include "compiler/build/library.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

constexpr uintmax_t kBound = uintmax_t{2} << 30;  // bytes of all entries

fs::path entry(const std::string& directory, const std::string& key) { return fs::path(directory) / (key + ".so"); }

/// The size that keep() saw: a truncated file is not loaded.
fs::path size_file(const std::string& directory, const std::string& key) { return fs::path(directory) / (key + ".size"); }

void shrink(const std::string& directory) {
  struct Kept {
    fs::path path;
    uintmax_t size;
    fs::file_time_type used;
  };
  std::vector<Kept> all;
  uintmax_t total = 0;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(directory, error)) {
    if (file.path().extension() != ".so") continue;
    const uintmax_t size = file.file_size(error);
    all.push_back({file.path(), size, file.last_write_time(error)});
    total += size;
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& kept : all) {
    if (total <= kBound) return;
    fs::remove(kept.path, error);
    fs::remove(fs::path(kept.path).replace_extension(".size"), error);
    total -= kept.size;
  }
}

}  // namespace

void ContentHash::add(std::string_view bytes) {
  const auto mix = [&](unsigned char c) {
    a_ = (a_ ^ c) * 0x100000001b3u;
    b_ = (b_ + c) * 0xd6e8feb86659fd93u;
    b_ ^= b_ >> 32;
  };
  for (char c : bytes) mix(static_cast<unsigned char>(c));
  for (size_t length = bytes.size(); length; length >>= 8) mix(static_cast<unsigned char>(length));
  mix(0xff);
}

std::string ContentHash::hex() const { return fmt::format("{:016x}{:016x}", a_, b_); }

std::string cache_directory() {
  if (const char* chosen = std::getenv("KERATIN_CACHE_DIR"); chosen && *chosen) return chosen;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return (fs::path(cache) / "keratin").string();
  if (const char* home = std::getenv("HOME"); home && *home) return (fs::path(home) / ".cache" / "keratin").string();
  return (fs::temp_directory_path() / "keratin-cache").string();
}

std::string BuildCache::find(const std::string& key) {
  std::error_code error;
  const fs::path path = entry(directory_, key);
  const uintmax_t size = fs::file_size(path, error);
  if (error) return "";
  uintmax_t expected = 0;
  std::ifstream(size_file(directory_, key)) >> expected;
  if (size != expected) {
    drop(key);
    return "";
  }
  fs::last_write_time(path, fs::file_time_type::clock::now(), error);  // marks it as used
  return path.string();
}

std::string BuildCache::keep(const std::string& key, const std::string& file) {
  std::error_code error;
  const fs::path path = entry(directory_, key);
  const uintmax_t size = fs::file_size(file, error);
  const fs::path beside = size_file(directory_, key).string() + fmt::format(".{}", ::getpid());
  std::ofstream(beside) << size;
  fs::rename(beside, size_file(directory_, key), error);
  if (!error) fs::rename(file, path, error);
  if (error) return file;
  shrink(directory_);
  return path.string();
}

void BuildCache::drop(const std::string& key) {
  std::error_code error;
  fs::remove(entry(directory_, key), error);
  fs::remove(size_file(directory_, key), error);
}

TemporaryDirectory::TemporaryDirectory(const std::string& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  std::string pattern = (fs::path(parent) / "build-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) {
    pattern = (fs::temp_directory_path() / "keratin-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw BuildFailure{fmt::format("no directory can be made in {}", parent)};
  }
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  fs::remove_all(path_, error);
}

}  // namespace keratin
