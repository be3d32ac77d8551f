#include "compiler/data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "compiler/data/utf8.h"

namespace keratin {

namespace {

constexpr size_t kMagicBytes = 8;  // "\x93NUMPY", major, minor
constexpr size_t kMaxHeader = 1 << 20;
constexpr size_t kMaxRank = 64;  // numpy's own limit

/// Reads the Python dictionary of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : text_(text) {}

  struct Content {
    std::optional<std::string> descr;
    bool structured = false;  // descr is a list
    std::optional<bool> fortran_order;
    std::optional<std::vector<int64_t>> shape;
  };

  /// False where the text is not such a dictionary.
  bool parse(Content& content) {
    if (!accept('{')) return false;
    while (!accept('}')) {
      std::string key;
      if (!string(key) || !accept(':')) return false;
      if (key == "descr") {
        skip_blanks();
        if (at_ < text_.size() && text_[at_] == '[') {
          content.structured = true;
          return true;
        }
        if (!string(content.descr.emplace())) return false;
      } else if (key == "fortran_order") {
        if (!boolean(content.fortran_order.emplace())) return false;
      } else if (key == "shape") {
        if (!tuple(content.shape.emplace())) return false;
      } else {
        return false;
      }
      if (!accept(',') && !peek('}')) return false;
    }
    return content.descr && content.fortran_order && content.shape;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool peek(char c) {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == c;
  }
  bool accept(char c) {
    const bool found = peek(c);
    if (found) ++at_;
    return found;
  }
  bool string(std::string& value) {
    skip_blanks();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return false;
    value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }
  bool boolean(bool& value) {
    skip_blanks();
    for (bool candidate : {false, true}) {
      const std::string_view name = candidate ? "True" : "False";
      if (text_.substr(at_, name.size()) != name) continue;
      at_ += name.size();
      value = candidate;
      return true;
    }
    return false;
  }
  bool tuple(std::vector<int64_t>& extents) {
    if (!accept('(')) return false;
    while (!accept(')')) {
      skip_blanks();
      int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0 || extents.size() == kMaxRank) return false;
      at_ = static_cast<size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // a long integer of Python 2
      extents.push_back(extent);
      if (!accept(',') && !peek(')')) return false;
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

/// Fills dtype, kind, byte order and item size from numpy's type text; false where Array holds no such elements.
bool decode_descr(std::string_view descr, NpyHeader& header) {
  if (descr.size() < 3 || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) return false;
  header.big_endian = descr[0] == '>';
  header.kind = descr[1];
  int64_t size = 0;
  const char* end = descr.data() + descr.size();
  const auto [stop, error] = std::from_chars(descr.data() + 2, end, size);
  if (error != std::errc() || stop != end || size < 0) return false;
  if (header.kind == 'U' || header.kind == 'S') {
    if (size > (int64_t{1} << 30)) return false;
    header.dtype = DType::string;
    header.item_size = header.kind == 'U' ? 4 * size : size;
    return true;
  }
  static constexpr struct {
    char kind;
    int64_t size;
    DType dtype;
  } kTypes[] = {{'b', 1, DType::boolean}, {'V', 2, DType::bfloat16},
                {'f', 2, DType::float16}, {'f', 4, DType::float32}, {'f', 8, DType::float64},
                {'i', 1, DType::int8},    {'i', 2, DType::int16},   {'i', 4, DType::int32},  {'i', 8, DType::int64},
                {'u', 1, DType::uint8},   {'u', 2, DType::uint16},  {'u', 4, DType::uint32}, {'u', 8, DType::uint64}};
  for (const auto& type : kTypes) {
    if (type.kind != header.kind || type.size != size) continue;
    header.dtype = type.dtype;
    header.item_size = size;
    return true;
  }
  return false;
}

std::string refused_descr(const std::string& descr, bool structured) {
  const char kind = descr.size() > 1 ? descr[1] : ' ';
  if (structured) return "holds structures; arrays of numbers, booleans and strings can be read";
  if (kind == 'O') return "holds pickled Python objects; arrays of numbers, booleans and strings can be read";
  return fmt::format("holds elements of type '{}'; bool, integers, float16, float32, float64 and strings can be read", descr);
}

std::string decode_text(const std::byte* item, const NpyHeader& header) {
  std::string text;
  if (header.kind == 'S') {
    text.assign(reinterpret_cast<const char*>(item), static_cast<size_t>(header.item_size));
    while (!text.empty() && text.back() == '\0') text.pop_back();
    return text;
  }
  size_t length = static_cast<size_t>(header.item_size) / 4;
  const auto code_at = [&](size_t i) {
    uint32_t code;
    std::memcpy(&code, item + 4 * i, 4);
    return header.big_endian ? __builtin_bswap32(code) : code;
  };
  while (length > 0 && code_at(length - 1) == 0) --length;
  for (size_t i = 0; i < length; ++i) append_code_point(text, code_at(i));
  return text;
}

/// For each element in row-major order its position in a column-major file.
std::vector<int64_t> fortran_positions(const std::vector<int64_t>& shape, int64_t count) {
  std::vector<int64_t> strides(shape.size(), 1), at(shape.size(), 0), positions;
  for (size_t axis = 1; axis < shape.size(); ++axis) strides[axis] = strides[axis - 1] * shape[axis - 1];
  positions.reserve(static_cast<size_t>(count));
  int64_t position = 0;
  for (int64_t i = 0; i < count; ++i) {
    positions.push_back(position);
    for (size_t axis = shape.size(); axis-- > 0;) {
      position += strides[axis];
      if (++at[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return positions;
}

Array decode_elements(const NpyHeader& header, const std::byte* data) {
  Array array = Array::zeros(header.dtype, header.shape);
  const int64_t count = array.count();
  const size_t size = static_cast<size_t>(header.item_size);
  const bool permuted = header.fortran_order && header.shape.size() > 1;
  const std::vector<int64_t> positions = permuted ? fortran_positions(header.shape, count) : std::vector<int64_t>();
  const auto item = [&](int64_t i) { return data + size * static_cast<size_t>(permuted ? positions[static_cast<size_t>(i)] : i); };
  if (header.dtype == DType::string) {
    for (int64_t i = 0; i < count; ++i) array.strings[static_cast<size_t>(i)] = decode_text(item(i), header);
    return array;
  }
  if (!permuted && !array.bytes.empty()) {
    std::memcpy(array.bytes.data(), data, array.bytes.size());
  } else {
    for (int64_t i = 0; i < count; ++i) std::memcpy(array.bytes.data() + size * static_cast<size_t>(i), item(i), size);
  }
  if (header.big_endian && size > 1)
    for (size_t i = 0; i < array.bytes.size(); i += size)
      std::reverse(array.bytes.begin() + static_cast<std::ptrdiff_t>(i), array.bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
  if (header.dtype == DType::boolean)
    for (std::byte& value : array.bytes) value = std::byte{value != std::byte{0}};
  return array;
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!looks_like_npy(content)) return Error{fmt::format("{}: is no .npy array", name)};
  const auto byte = [&](size_t i) { return i < content.size() ? static_cast<unsigned char>(content[i]) : 0u; };
  const unsigned major = byte(6);
  if (content.size() > 6 && (major < 1 || major > 3))
    return Error{fmt::format("{}: is an .npy array of version {}; 1 to 3 can be read", name, major)};
  const size_t length_bytes = major == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) length = (length << 8) | byte(kMagicBytes + i);
  NpyHeader header;
  header.data_offset = kMagicBytes + length_bytes + length;
  if (length > kMaxHeader) return Error{fmt::format("{}: the header claims {} bytes, at most {} are allowed", name, length, kMaxHeader)};
  if (header.data_offset > content.size()) return Error{fmt::format("{}: is cut off in its header", name)};

  HeaderText::Content text;
  if (!HeaderText(content.substr(kMagicBytes + length_bytes, length)).parse(text))
    return Error{fmt::format("{}: the .npy header is damaged", name)};
  if (text.structured || !decode_descr(*text.descr, header))
    return Error{fmt::format("{}: {}", name, refused_descr(text.descr.value_or(""), text.structured))};
  header.fortran_order = *text.fortran_order;
  header.shape = std::move(*text.shape);
  const std::optional<int64_t> count = element_count(header.shape);
  if (!count || (header.item_size > 0 && *count > (int64_t{1} << 62) / header.item_size))
    return Error{fmt::format("{}: the shape {} has too many elements", name, shape_text(header.shape))};
  header.data_bytes = *count * header.item_size;
  return header;
}

Result<Array> parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  const Result<NpyHeader> header = parse_npy_header(bytes, name);
  if (!header) return Error{header.error()};
  const size_t available = bytes.size() - header->data_offset;
  if (available != static_cast<size_t>(header->data_bytes))
    return Error{fmt::format("{}: {} elements of shape {} take {} bytes, the file holds {}", name, name_of(header->dtype),
                             shape_text(header->shape), header->data_bytes, available)};
  // Empty strings take no bytes, so that nothing in the file bounds their number.
  if (header->item_size == 0 && element_count(header->shape) > int64_t{1} << 24)
    return Error{fmt::format("{}: too many empty strings", name)};
  return decode_elements(*header, bytes.data() + header->data_offset);
}

namespace {

size_t longest_text(const Array& array) {
  size_t longest = 1;  // numpy has no empty text type either
  for (const std::string& text : array.strings) {
    size_t length = 0;
    for (size_t at = 0; at < text.size(); ++length) next_code_point(text, at);
    longest = std::max(longest, length);
  }
  return longest;
}

std::string descr_of(const Array& array) {
  switch (array.dtype) {
    case DType::boolean: return "|b1";
    case DType::int8: return "|i1";
    case DType::uint8: return "|u1";
    case DType::bfloat16: return "<V2";
    case DType::string: return fmt::format("<U{}", longest_text(array));
    default: break;
  }
  const char kind = is_float(array.dtype) ? 'f' : is_signed(array.dtype) ? 'i' : 'u';
  return fmt::format("<{}{}", kind, size_of(array.dtype));
}

}  // namespace

std::vector<std::byte> npy_header(const Array& array) {
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", descr_of(array), shape_text(array.shape));
  constexpr size_t kPrefix = kMagicBytes + 2, kAlignment = 64;
  text.append(kAlignment - 1 - (kPrefix + text.size()) % kAlignment, ' ');
  text += '\n';
  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  header += text;
  const std::byte* begin = reinterpret_cast<const std::byte*>(header.data());
  return {begin, begin + header.size()};
}

std::vector<std::byte> npy_text(const Array& array) {
  const size_t length = longest_text(array);
  std::vector<std::byte> bytes(array.strings.size() * length * 4);
  for (size_t i = 0; i < array.strings.size(); ++i) {
    const std::string& text = array.strings[i];
    std::byte* out = bytes.data() + i * length * 4;
    for (size_t at = 0; at < text.size(); out += 4) {
      const uint32_t code = next_code_point(text, at);
      std::memcpy(out, &code, 4);
    }
  }
  return bytes;
}

}  // namespace keratin
