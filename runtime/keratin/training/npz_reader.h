// Reading .npz archives with stored members. Every size in the file is checked against the file before it is used.
#pragma once
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/npz.h"

KR_BEGIN_NAMESPACE

/// An array of an archive.
struct NpzEntry {
  std::string name;  // without `.npy`
  std::string type;  // as NumPy writes it: `<f4`
  std::vector<Size> shape;
  Size bytes = 0;    // of the elements

  UInt64 offset = 0;                 // of the elements in the file
  UInt32 crc = 0, crc_so_far = 0;    // of the member, and of what stands before the elements
};

/// The archive stays open; arrays are read one by one.
class NpzReader {
 public:
  NpzReader() = default;
  ~NpzReader() { close(); }
  NpzReader(const NpzReader&) = delete;
  NpzReader& operator=(const NpzReader&) = delete;

  /// Reads the directory and the headers of all arrays. Errors: no such file, no zip archive, compressed members, arrays in Fortran's
  /// order, of big-endian numbers or of Python objects, sizes that do not fit the file.
  Outcome open(const std::string& path) {
    close();
    path_ = path;
    file_ = std::fopen(path.c_str(), "rb");
    if (!file_) return io_error(path_ + ": cannot be read: " + std::strerror(errno));
    if (!seek(0, SEEK_END)) return damaged("it cannot be read from any place");
    size_ = tell();
    Outcome read = read_directory();
    if (!read) close();
    return read;
  }
  void close() {
    if (file_) std::fclose(std::exchange(file_, nullptr));
    entries_.clear();
  }

  const std::vector<NpzEntry>& entries() const { return entries_; }
  const NpzEntry* find(const std::string& name) const {
    for (const NpzEntry& entry : entries_)
      if (entry.name == name) return &entry;
    return nullptr;
  }
  /// The elements of one of the entries, `entry.bytes` of them. Error: the checksum of the member is another one.
  Outcome read(const NpzEntry& entry, void* to) const {
    if (!seek(entry.offset, SEEK_SET) || !read_bytes(to, static_cast<size_t>(entry.bytes))) return damaged(entry.name + " cannot be read");
    return crc32(to, entry.bytes, entry.crc_so_far) == entry.crc ? Outcome() : damaged(entry.name + " has another checksum than recorded");
  }

 private:
  Outcome damaged(const std::string& what) const { return {StatusCode::bad_weights, path_ + ": " + what}; }
  bool seek(UInt64 offset, int from) const {
#if defined(_WIN32)
    return ::_fseeki64(file_, static_cast<long long>(offset), from) == 0;
#else
    return offset <= static_cast<UInt64>(__LONG_MAX__) && std::fseek(file_, static_cast<long>(offset), from) == 0;
#endif
  }
  UInt64 tell() const {
#if defined(_WIN32)
    return static_cast<UInt64>(::_ftelli64(file_));
#else
    return static_cast<UInt64>(std::ftell(file_));
#endif
  }
  bool read_bytes(void* to, size_t count) const { return count == 0 || std::fread(to, 1, count, file_) == count; }
  /// A part of the file; false where the file has no such part.
  bool read_at(UInt64 offset, UInt64 count, std::string& bytes) const {
    if (offset > size_ || count > size_ - offset) return false;
    bytes.resize(static_cast<size_t>(count));
    return seek(offset, SEEK_SET) && read_bytes(&bytes[0], bytes.size());
  }

  struct Directory {
    UInt64 members = 0, size = 0, offset = 0;
  };
  /// The end record stands last but for a comment.
  Outcome find_directory(Directory& directory) const {
    const UInt64 length = size_ < 22 + 0xffff ? size_ : 22 + 0xffff;
    std::string end;
    if (!read_at(size_ - length, length, end)) return damaged("cannot be read");
    for (UInt64 at = length < 22 ? 0 : length - 22 + 1; at-- > 0;) {
      const size_t i = static_cast<size_t>(at);
      if (ZipFields::at(end, i, 4) != kZipEnd || ZipFields::at(end, i + 20, 2) != length - at - 22) continue;
      directory = {ZipFields::at(end, i + 10, 2), ZipFields::at(end, i + 12, 4), ZipFields::at(end, i + 16, 4)};
      const UInt64 position = size_ - length + at;
      std::string locator, record;
      if (position < 20 || !read_at(position - 20, 20, locator) || ZipFields::at(locator, 0, 4) != kZip64Locator) return {};
      if (!read_at(ZipFields::at(locator, 8, 8), 56, record) || ZipFields::at(record, 0, 4) != kZip64End)
        return damaged("its zip64 record is not where it should be");
      directory = {ZipFields::at(record, 32, 8), ZipFields::at(record, 40, 8), ZipFields::at(record, 48, 8)};
      return {};
    }
    return damaged("is no zip archive, or its end is missing");
  }

  Outcome read_directory() {
    Directory directory;
    if (Outcome found = find_directory(directory); !found) return found;
    std::string bytes;
    if (!read_at(directory.offset, directory.size, bytes)) return damaged("its directory lies outside the file");
    size_t at = 0;
    for (UInt64 i = 0; i < directory.members; ++i) {
      if (bytes.size() - at < 46 || ZipFields::at(bytes, at, 4) != kZipCentral) return damaged("its directory is damaged");
      const size_t name = ZipFields::at(bytes, at + 28, 2), extra = ZipFields::at(bytes, at + 30, 2);
      const size_t comment = ZipFields::at(bytes, at + 32, 2);
      if (bytes.size() - at - 46 < name + extra + comment) return damaged("its directory is damaged");
      if (Outcome read = read_member(bytes.substr(at, 46 + name + extra), name); !read) return read;
      at += 46 + name + extra + comment;
    }
    return {};
  }

  /// A member by its entry in the directory; those that are no arrays are passed over.
  Outcome read_member(const std::string& central, size_t name_length) {
    NpzEntry entry;
    entry.name = central.substr(46, name_length);
    if (entry.name.size() < 4 || entry.name.compare(entry.name.size() - 4, 4, ".npy") != 0) return {};
    entry.name.resize(entry.name.size() - 4);
    if (find(entry.name)) return damaged("holds " + entry.name + " twice");
    if (ZipFields::at(central, 10, 2) != 0) return damaged(entry.name + " is compressed; numpy.savez stores arrays as they are");
    if (ZipFields::at(central, 8, 2) & 1) return damaged(entry.name + " is encrypted");
    entry.crc = static_cast<UInt32>(ZipFields::at(central, 16, 4));
    UInt64 stored = ZipFields::at(central, 20, 4), size = ZipFields::at(central, 24, 4), local = ZipFields::at(central, 42, 4);
    read_zip64(central, 46 + name_length, size, stored, local);
    std::string head;
    if (stored != size || !read_at(local, 30, head) || ZipFields::at(head, 0, 4) != kZipLocal)
      return damaged(entry.name + " is not where the directory says");
    const UInt64 begin = local + 30 + ZipFields::at(head, 26, 2) + ZipFields::at(head, 28, 2);
    if (begin > size_ || size > size_ - begin) return damaged(entry.name + " is longer than the file");
    return read_header(std::move(entry), begin, size);
  }

  /// Sizes that do not fit 32 bits stand in an extra field, in this order.
  static void read_zip64(const std::string& central, size_t at, UInt64& size, UInt64& stored, UInt64& local) {
    while (at + 4 <= central.size()) {
      const size_t kind = ZipFields::at(central, at, 2), end = at + 4 + ZipFields::at(central, at + 2, 2);
      if (end > central.size()) return;
      at += 4;
      for (UInt64* value : {&size, &stored, &local})
        if (kind == 1 && *value == 0xffffffffu && at + 8 <= end) {
          *value = ZipFields::at(central, at, 8);
          at += 8;
        }
      at = end;
    }
  }

  Outcome read_header(NpzEntry entry, UInt64 begin, UInt64 size) {
    std::string front, text;
    if (size < 12 || !read_at(begin, 12, front) || front.compare(0, 6, "\x93NUMPY") != 0)
      return damaged(entry.name + " is no array of NumPy");
    const bool first = front[6] == 1;
    const UInt64 prefix = first ? 10 : 12, length = ZipFields::at(front, 8, first ? 2 : 4);
    if (front[6] < 1 || front[6] > 3 || length > size - prefix || !read_at(begin, prefix + length, text))
      return damaged(entry.name + " has a damaged header");
    entry.crc_so_far = crc32(text.data(), static_cast<Size>(text.size()));
    entry.offset = begin + prefix + length;
    const UInt64 payload = size - prefix - length;
    if (payload > static_cast<UInt64>(__PTRDIFF_MAX__)) return damaged(entry.name + " is larger than memory");
    entry.bytes = static_cast<Size>(payload);
    std::string reason;
    if (!parse(text.substr(static_cast<size_t>(prefix)), entry, reason)) return damaged(entry.name + " " + reason);
    entries_.push_back(std::move(entry));
    return {};
  }

  /// The dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` in front of the elements.
  static bool parse(const std::string& text, NpzEntry& entry, std::string& reason) {
    const auto value_of = [&](const char* key) {
      const size_t at = text.find(std::string("'") + key + "':");
      return at == std::string::npos ? at : text.find_first_not_of(' ', at + std::strlen(key) + 3);
    };
    const size_t type = value_of("descr"), order = value_of("fortran_order"), shape = value_of("shape");
    reason = "has a damaged header";
    if (type == std::string::npos || order == std::string::npos || shape == std::string::npos || text[shape] != '(') return false;
    if (text[type] != '\'') return reason = "has elements of several fields", false;
    entry.type = text.substr(type + 1, text.find('\'', type + 1) - type - 1);
    UInt64 total = 0;
    if (!element_bytes(entry.type, total))
      return reason = "is of type '" + entry.type + "'; there are little-endian numbers and texts", false;
    size_t at = shape + 1;
    for (;; ++at) {
      at = text.find_first_not_of(' ', at);
      if (at == std::string::npos) return false;
      if (text[at] == ')') break;
      UInt64 extent = 0;
      const size_t digits = at;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        if (__builtin_mul_overflow(extent, UInt64{10}, &extent) || __builtin_add_overflow(extent, UInt64(text[at] - '0'), &extent)) return false;
      if (at == digits || at >= text.size() || (text[at] != ',' && text[at] != ')')) return false;
      if (extent > static_cast<UInt64>(__PTRDIFF_MAX__)) return false;
      if (__builtin_mul_overflow(total, extent, &total)) return false;
      entry.shape.push_back(static_cast<Size>(extent));
      if (text[at] == ')') break;
    }
    if (total != static_cast<UInt64>(entry.bytes)) return reason = "has another number of elements than its shape says", false;
    if (text.compare(order, 4, "True") == 0 && entry.shape.size() > 1)
      return reason = "is in Fortran's order; save numpy.ascontiguousarray of it", false;
    return true;
  }
  /// Of a type: `<f4`, `|b1`, `<U7` (4 bytes a character).
  static bool element_bytes(const std::string& type, UInt64& bytes) {
    if (type.size() < 3 || type.size() > 10 || !std::strchr("<|=>", type[0]) || !std::strchr("fiubcSU", type[1])) return false;
    bytes = 0;
    for (size_t i = 2; i < type.size(); ++i) {
      if (type[i] < '0' || type[i] > '9') return false;
      bytes = bytes * 10 + static_cast<UInt64>(type[i] - '0');
    }
    if (type[0] == '>' && (bytes > 1 || type[1] == 'U')) return false;
    if (type[1] == 'U') bytes *= 4;
    return true;
  }

  std::string path_;
  std::FILE* file_ = nullptr;
  UInt64 size_ = 0;
  std::vector<NpzEntry> entries_;
};

KR_END_NAMESPACE
