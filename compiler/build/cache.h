// The cache of built code: one file per content hash, safe for concurrent processes (files appear by rename), bounded in size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keratin {

/// 128 bits over everything added; lengths are part of it. Not for adversaries: the cache is the user's own.
class ContentHash {
 public:
  void add(std::string_view bytes);
  std::string hex() const;

 private:
  uint64_t a_ = 0xcbf29ce484222325u, b_ = 0x9e3779b97f4a7c15u;
};

class BuildCache {
 public:
  explicit BuildCache(std::string directory) : directory_(std::move(directory)) {}
  /// The library's path, or empty. A file whose size is not the recorded one is damaged and removed.
  std::string find(const std::string& key);
  /// Moves a built file in and returns its path; removes the least recently used beyond the bound. An unwritable cache gives `file` itself.
  std::string keep(const std::string& key, const std::string& file);
  void drop(const std::string& key);

 private:
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
