// Zip archives: what .keras and .npz files are. Reading checks sizes before it allocates and the CRC of what it read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/data/file_bytes.h"
#include "ir/support/result.h"

struct zip;

namespace keratin {

struct ZipEntry {
  std::string name;  // UTF-8, `/` between folders
  uint64_t index = 0;
  uint64_t size = 0;  // inflated; as the archive claims
  uint64_t stored_size = 0;
};

/// What an entry may inflate to: `bytes` at most, and beyond `free_bytes` not more than 200 times its stored size.
struct InflateLimit {
  uint64_t bytes;
  uint64_t free_bytes;
};

/// For arrays, which may be all zeros.
constexpr InflateLimit kArrayLimit{uint64_t{1} << 40, uint64_t{1} << 30};

class ZipReader {
 public:
  /// `name` stands in messages. Errors: no zip archive or a cut one; two entries of one name.
  static Result<ZipReader> open(Bytes bytes, std::string name);
  ZipReader(ZipReader&&) = default;
  ZipReader& operator=(ZipReader&&) = default;

  static bool looks_like_zip(std::string_view content) { return content.starts_with("PK\x03\x04") || content.starts_with("PK\x05\x06"); }

  const std::string& name() const { return name_; }
  /// In the archive's order, without folders.
  const std::vector<ZipEntry>& entries() const { return entries_; }
  const ZipEntry* find(std::string_view entry_name) const;

  /// The inflated entry. Errors: over the limit, encrypted, neither stored nor deflated, damaged, wrong CRC.
  Result<Bytes> read(const ZipEntry& entry, InflateLimit limit) const;
  /// At most `size` bytes from its beginning; the CRC is not checked unless that is all of it.
  Result<Bytes> read_head(const ZipEntry& entry, size_t size) const;

 private:
  ZipReader() = default;

  Error fail(const ZipEntry& entry, const std::string& what) const;
  Result<Bytes> read_bytes(const ZipEntry& entry, size_t size, bool whole) const;

  std::string name_;
  Bytes bytes_;
  std::shared_ptr<zip> zip_;
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string_view, size_t> by_name_;  // views into entries_
};

/// Writes archives of stored entries that depend on nothing but their content: no dates.
class ZipWriter {
 public:
  void add(std::string entry_name, std::vector<std::byte> content);
  /// The content is the concatenation; the memory must live until save().
  void add(std::string entry_name, std::vector<std::span<const std::byte>> content);
  void add(std::string entry_name, std::string_view content);

  /// The file appears complete or not at all.
  Result<Done> save(const std::string& path) const;

 private:
  struct Entry {
    std::string name;
    std::vector<std::byte> owned;
    std::vector<std::span<const std::byte>> parts;  // empty where `owned` is the content
  };
  std::vector<Entry> entries_;
};

}  // namespace keratin
