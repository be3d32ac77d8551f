#include "compiler/build/cache.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
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
constexpr std::string_view kMark = "KERATIN1";
constexpr size_t kTrailer = kMark.size() + 32;  // the mark and the checksum in digits

uintmax_t bound() {
  const char* text = std::getenv("KERATIN_CACHE_BYTES");
  if (!text || !*text) return kBound;
  uintmax_t bytes = 0;
  const char* end = text + std::strlen(text);
  if (const auto [stop, error] = std::from_chars(text, end, bytes); error != std::errc{} || stop != end)
    throw BuildFailure{fmt::format("KERATIN_CACHE_BYTES is '{}', which is not a number of bytes", text)};
  return bytes;
}

std::string trailer(std::string_view content) {
  ContentHash hash;
  hash.add(content);
  return std::string(kMark) + hash.hex();
}

/// What a process that was stopped has left behind.
bool abandoned(const fs::directory_entry& entry) {
  std::error_code error;
  const std::string name = entry.path().filename().string();
  if (!name.starts_with("build-") && !name.ends_with(".tmp")) return false;
  return fs::file_time_type::clock::now() - entry.last_write_time(error) > std::chrono::hours(24) && !error;
}

}  // namespace

void ContentHash::mix(uint64_t word) {
  a_ = (a_ ^ word) * 0x9fb21c651e98df25u;
  a_ ^= a_ >> 29;
  b_ = (b_ + word) * 0xd6e8feb86659fd93u;
  b_ ^= b_ >> 32;
}

void ContentHash::add(std::string_view bytes) {
  mix(bytes.size());
  for (size_t at = 0; at < bytes.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min<size_t>(8, bytes.size() - at));
    mix(word);
  }
}

std::string ContentHash::hex() const { return fmt::format("{:016x}{:016x}", a_, b_); }

std::string cache_directory() {
  if (const char* chosen = std::getenv("KERATIN_CACHE_DIR"); chosen && *chosen) return chosen;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return (fs::path(cache) / "keratin").string();
  if (const char* home = std::getenv("HOME"); home && *home) return (fs::path(home) / ".cache" / "keratin").string();
  return (fs::temp_directory_path() / "keratin-cache").string();
}

std::string BuildCache::path(const std::string& name) const { return (fs::path(directory_) / name).string(); }

std::optional<Bytes> BuildCache::read(const std::string& name) {
  std::error_code error;
  if (!fs::exists(path(name), error)) return std::nullopt;
  Result<Bytes> bytes = read_file(path(name));
  if (!bytes) return std::nullopt;
  const std::string_view whole = bytes->text();
  if (whole.size() < kTrailer || whole.substr(whole.size() - kTrailer) != trailer(whole.substr(0, whole.size() - kTrailer))) {
    fs::remove(path(name), error);
    return std::nullopt;
  }
  fs::last_write_time(path(name), fs::file_time_type::clock::now(), error);
  const std::span<const std::byte> content = bytes->view().first(whole.size() - kTrailer);
  return Bytes(std::make_shared<Bytes>(std::move(*bytes)), content);
}

std::optional<std::string> BuildCache::find(const std::string& name) {
  if (!read(name)) return std::nullopt;
  return path(name);
}

void BuildCache::keep(const std::string& name, std::string_view content) {
  std::error_code error;
  fs::create_directories(directory_, error);
  const std::string beside = fmt::format("{}.{}.tmp", path(name), ::getpid());
  std::ofstream file(beside, std::ios::binary);
  file << content << trailer(content);
  file.close();
  if (!file) fs::remove(beside, error);
  else fs::rename(beside, path(name), error);
  if (error) fs::remove(beside, error);
  shrink(name);
}

void BuildCache::keep_file(const std::string& name, const std::string& file) {
  const Result<Bytes> content = read_file(file);
  if (!content) return;
  std::ofstream end(file, std::ios::binary | std::ios::app);
  end << trailer(content->text());
  end.close();
  if (!end) return;
  std::error_code error;
  fs::rename(file, path(name), error);  // fails where the cache is not writable
  shrink(name);
}

void BuildCache::shrink(const std::string& newest) {
  struct Kept {
    fs::path path;
    uintmax_t size;
    fs::file_time_type used;
  };
  std::vector<Kept> all;
  uintmax_t total = 0;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(directory_, error)) {
    if (abandoned(file)) fs::remove_all(file.path(), error);
    if (file.path().extension() != ".so" && file.path().extension() != ".o") continue;
    const uintmax_t size = file.file_size(error);
    if (error) continue;  // another process removed it
    if (file.path().filename() != newest) all.push_back({file.path(), size, file.last_write_time(error)});
    total += size;
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  const uintmax_t limit = bound();
  for (const Kept& kept : all) {
    if (total <= limit) return;
    fs::remove(kept.path, error);
    total -= kept.size;
  }
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
