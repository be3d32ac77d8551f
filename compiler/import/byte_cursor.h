// ByteCursor: reads little-endian numbers and never leaves its bytes. After a read past the end everything is zero and ok() is false,
// so that a whole structure can be read before asking once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace keratin {

class ByteCursor {
 public:
  explicit ByteCursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  /// An unsigned number of `size` bytes, at most 8.
  uint64_t number(size_t size) {
    uint64_t value = 0;
    const std::span<const std::byte> digits = take(size);
    for (size_t i = digits.size(); i-- > 0;) value = (value << 8) | static_cast<uint64_t>(digits[i]);
    return value;
  }
  uint8_t byte() { return static_cast<uint8_t>(number(1)); }

  /// The next `size` bytes; none where there are fewer.
  std::span<const std::byte> take(uint64_t size) {
    if (!ok_ || size > remaining()) {
      ok_ = false;
      return {};
    }
    const std::span<const std::byte> taken = bytes_.subspan(position_, static_cast<size_t>(size));
    position_ += static_cast<size_t>(size);
    return taken;
  }
  void skip(uint64_t size) { take(size); }
  /// Moves to the next multiple of 8, counted from the beginning.
  void align8() { skip((8 - position_ % 8) % 8); }
  /// True and past it where the text is next; else it has failed.
  bool expect(std::string_view text) {
    const std::span<const std::byte> found = take(text.size());
    for (size_t i = 0; i < found.size(); ++i) ok_ = ok_ && static_cast<char>(found[i]) == text[i];
    return ok_;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

/// Bytes as text up to the first NUL.
inline std::string_view text_until_nul(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

}  // namespace keratin
