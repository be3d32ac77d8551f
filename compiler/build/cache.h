// The cache of built code: one file per content hash, safe for concurrent processes (files appear by rename), each with a checksum at its end, bounded
// in size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/data/file_bytes.h"

namespace keratin {

/// 128 bits over everything added; lengths are part of it. Not for adversaries: the cache is the user's own.
class ContentHash {
 public:
  void add(std::string_view bytes);
  std::string hex() const;

 private:
  void mix(uint64_t word);
  uint64_t a_ = 0xcbf29ce484222325u, b_ = 0x9e3779b97f4a7c15u;
};

/// Entries are named by the hash of what they were made of, and an ending. An unwritable directory is a cache that keeps nothing.
class BuildCache {
 public:
  explicit BuildCache(std::string directory) : directory_(std::move(directory)) {}
  /// What was kept, marked as used now. Nothing where it is not there or not what was written: a damaged entry is removed.
  std::optional<Bytes> read(const std::string& name);
  /// The same as a path, for the dynamic linker, which takes no notice of the checksum behind a library.
  std::optional<std::string> find(const std::string& name);
  void keep(const std::string& name, std::string_view content);
  /// Moves a file in.
  void keep_file(const std::string& name, const std::string& file);

 private:
  void shrink(const std::string& newest);
  std::string path(const std::string& name) const;
  std::string directory_;
};

/// Removed with all its content at the end of its life.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::string& parent);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace keratin
