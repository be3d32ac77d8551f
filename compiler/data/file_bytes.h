// Bytes: a read-only range of memory that keeps its owner alive; a mapped file, or what was inflated from one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ir/support/result.h"

namespace keratin {

class Bytes {
 public:
  Bytes() = default;
  Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> view) : owner_(std::move(owner)), view_(view) {}

  /// A copy of its own, mostly for tests.
  static Bytes copy_of(std::span<const std::byte> bytes);
  /// Memory to be filled by the caller before anybody else sees it.
  static std::pair<Bytes, std::byte*> allocate(size_t size);

  std::span<const std::byte> view() const { return view_; }
  size_t size() const { return view_.size(); }
  std::string_view text() const { return {reinterpret_cast<const char*>(view_.data()), view_.size()}; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> view_;
};

/// The content of a file: mapped if it can be, else read (pipes). Errors name the path and the system's reason.
Result<Bytes> read_file(const std::string& path);

}  // namespace keratin
