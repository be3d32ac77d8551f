// NumPy's .npz archives: stored zip members with CRC-32, each a .npy array. Written beside and renamed: a file is complete or absent.
// Sizes beyond 4 GiB are written and read as zip64. Little-endian machines only.
#pragma once
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "keratin/training/checksum.h"
#include "keratin/training/outcome.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "keratin/training/npz.h needs a little-endian machine"
#endif

KR_BEGIN_NAMESPACE

/// `<f4` for float, `|b1` for bool, `<i8` for Int64 and so on.
template <class T>
const char* npy_type() {
  if constexpr (kSame<T, bool>) return "|b1";
  else if constexpr (kSame<T, float>) return "<f4";
  else if constexpr (kSame<T, double>) return "<f8";
  else if constexpr (static_cast<T>(-1) < T{}) return sizeof(T) == 1 ? "|i1" : sizeof(T) == 2 ? "<i2" : sizeof(T) == 4 ? "<i4" : "<i8";
  else return sizeof(T) == 1 ? "|u1" : sizeof(T) == 2 ? "<u2" : sizeof(T) == 4 ? "<u4" : "<u8";
}

/// Numbers of a zip archive, little endian.
class ZipFields {
 public:
  ZipFields& u16(UInt64 value) { return put(value, 2); }
  ZipFields& u32(UInt64 value) { return put(value, 4); }
  ZipFields& u64(UInt64 value) { return put(value, 8); }
  ZipFields& text(const std::string& value) {
    bytes += value;
    return *this;
  }
  static UInt64 at(const std::string& bytes, size_t begin, int count) {
    UInt64 value = 0;
    for (int i = count; i-- > 0;) value = value << 8 | static_cast<UInt8>(bytes[begin + static_cast<size_t>(i)]);
    return value;
  }
  std::string bytes;

 private:
  ZipFields& put(UInt64 value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> 8 * i & 255);
    return *this;
  }
};

constexpr UInt32 kZipLocal = 0x04034b50, kZipCentral = 0x02014b50, kZipEnd = 0x06054b50, kZip64End = 0x06064b50, kZip64Locator = 0x07064b50;

/// Writes an archive array by array; `close` makes it appear under its name. What is not closed leaves nothing behind.
class NpzWriter {
 public:
  /// From `zip64_from` bytes on sizes and offsets are written as zip64 has them.
  explicit NpzWriter(UInt64 zip64_from = 0xffffffffu) : zip64_from_(zip64_from) {}
  ~NpzWriter() { discard(); }
  NpzWriter(const NpzWriter&) = delete;
  NpzWriter& operator=(const NpzWriter&) = delete;

  Outcome open(const std::string& path) {
    discard();
    path_ = path;
    central_.clear();
    offset_ = members_ = 0;
    const UInt64 tick = static_cast<UInt64>(std::chrono::steady_clock::now().time_since_epoch().count());
    for (UInt64 i = 0; !file_ && i < 100; ++i) {
      beside_ = path + "." + std::to_string(tick + i) + ".tmp";
      file_ = std::fopen(beside_.c_str(), "wbx");
      if (!file_ && errno != EEXIST) break;
    }
    return file_ ? Outcome() : failed();
  }

  /// `type` as NumPy writes it (npy_type). The name has no `.npy`; `data` is row major, `bytes` in all.
  Outcome add(const std::string& name, const char* type, const std::vector<Size>& shape, const void* data, Size bytes) {
    if (!file_) return io_error(path_ + ": is not open");
    const std::string header = npy_header(type, shape), member = name + ".npy";
    if (member.size() > 0xffff) return bad_argument(path_ + ": an array's name is longer than 65531 bytes");
    const UInt64 size = header.size() + static_cast<UInt64>(bytes);
    const UInt32 crc = crc32(data, bytes, crc32(header.data(), static_cast<Size>(header.size())));
    const bool large = size >= zip64_from_, far = offset_ >= zip64_from_;
    ZipFields local, local_extra, extra;
    if (large) local_extra.u16(1).u16(16).u64(size).u64(size);
    local.u32(kZipLocal).u16(large ? 45 : 20).text(common(member, crc, size, large)).u16(local_extra.bytes.size());
    local.text(member).text(local_extra.bytes);
    if (large || far) extra.u16(1).u16((large ? 16 : 0) + (far ? 8 : 0));
    if (large) extra.u64(size).u64(size);
    if (far) extra.u64(offset_);
    ZipFields central;
    central.u32(kZipCentral).u16(45).u16(large || far ? 45 : 20).text(common(member, crc, size, large)).u16(extra.bytes.size());
    central.u16(0).u16(0).u16(0).u32(0).u32(far ? 0xffffffffu : offset_).text(member).text(extra.bytes);
    central_ += central.bytes;
    ++members_;
    if (Outcome written = write(local.bytes.data(), local.bytes.size()); !written) return written;
    if (Outcome written = write(header.data(), header.size()); !written) return written;
    return write(data, static_cast<size_t>(bytes));
  }
  template <class T>
  Outcome add(const std::string& name, const std::vector<Size>& shape, const T* data) {
    Size count = 1;
    for (Size extent : shape) count *= extent;
    return add(name, npy_type<T>(), shape, data, count * static_cast<Size>(sizeof(T)));
  }

  Outcome close() {
    if (!file_) return io_error(path_ + ": is not open");
    const UInt64 begin = offset_, size = central_.size();
    const bool large = begin >= zip64_from_ || size >= zip64_from_ || members_ >= 0xffff;
    ZipFields end;
    if (large) {
      end.u32(kZip64End).u64(44).u16(45).u16(45).u32(0).u32(0).u64(members_).u64(members_).u64(size).u64(begin);
      end.u32(kZip64Locator).u32(0).u64(begin + size).u32(1);
    }
    const UInt64 count = large ? 0xffff : members_;
    end.u32(kZipEnd).u16(0).u16(0).u16(count).u16(count).u32(large ? 0xffffffffu : size).u32(large ? 0xffffffffu : begin).u16(0);
    if (Outcome written = write(central_.data(), central_.size()); !written) return written;
    if (Outcome written = write(end.bytes.data(), end.bytes.size()); !written) return written;
    if (std::fclose(std::exchange(file_, nullptr)) != 0) return failed();
    std::error_code error;
    std::filesystem::rename(beside_, path_, error);
    if (!error) return {};
    std::remove(beside_.c_str());
    return io_error(path_ + ": cannot be written: " + error.message());
  }

 private:
  /// From the flags to the length of the name. The date is 1980-01-01, so that equal content makes equal files.
  static std::string common(const std::string& member, UInt32 crc, UInt64 size, bool large) {
    bool ascii = true;
    for (char c : member) ascii = ascii && static_cast<UInt8>(c) < 128;
    ZipFields fields;
    fields.u16(ascii ? 0 : 1 << 11 /* UTF-8 */).u16(0 /* stored */).u16(0).u16(0x21).u32(crc);
    return fields.u32(large ? 0xffffffffu : size).u32(large ? 0xffffffffu : size).u16(member.size()).bytes;
  }
  /// Padded to a multiple of 64 bytes.
  static std::string npy_header(const std::string& type, const std::vector<Size>& shape) {
    std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
    for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    text += shape.size() == 1 ? ",), }" : "), }";
    const bool wide = text.size() + 75 > 0xffff;
    const size_t front = wide ? 12 : 10;
    text += std::string((64 - (front + text.size() + 1) % 64) % 64, ' ') + "\n";
    ZipFields fields;
    fields.text("\x93NUMPY").u16(wide ? 2 : 1);
    return (wide ? fields.u32(text.size()) : fields.u16(text.size())).text(text).bytes;
  }
  Outcome write(const void* data, size_t size) {
    offset_ += size;
    if (size == 0 || std::fwrite(data, 1, size, file_) == size) return {};
    Outcome outcome = failed();
    discard();
    return outcome;
  }
  void discard() {
    if (!file_) return;
    std::fclose(std::exchange(file_, nullptr));
    std::remove(beside_.c_str());
  }
  Outcome failed() const { return io_error(path_ + ": cannot be written: " + std::strerror(errno)); }

  UInt64 zip64_from_, offset_ = 0, members_ = 0;
  std::string path_, beside_, central_;
  std::FILE* file_ = nullptr;
};

KR_END_NAMESPACE
