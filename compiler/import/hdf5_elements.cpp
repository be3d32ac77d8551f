#include "compiler/import/hdf5_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "compiler/import/byte_cursor.h"

namespace keratin {

namespace {

enum Class : unsigned { kFixed = 0, kFloat = 1, kString = 3, kOpaque = 5, kEnum = 8, kVariable = 9 };  // those that can be read

constexpr uint64_t kMaxTextBytes = uint64_t{256} << 20;  // of one attribute or dataset of variable-length strings

Error damaged(std::string_view what) { return Error{fmt::format("is damaged: {}", what)}; }

std::string class_name(unsigned id) {
  static constexpr const char* kNames[] = {"integer", "float", "time", "string", "bitfield", "void", "compound", "reference", "enumeration",
                                           "variable-length", "array"};
  return id < std::size(kNames) ? kNames[id] : fmt::format("class {}", id);
}

std::optional<DType> integer_type(uint64_t size, bool is_signed) {
  switch (size) {
    case 1: return is_signed ? DType::int8 : DType::uint8;
    case 2: return is_signed ? DType::int16 : DType::uint16;
    case 4: return is_signed ? DType::int32 : DType::uint32;
    case 8: return is_signed ? DType::int64 : DType::uint64;
    default: return std::nullopt;
  }
}

void parse_fixed(ByteCursor& cursor, unsigned bits, Hdf5Datatype& type) {
  const uint64_t offset = cursor.number(2), precision = cursor.number(2);
  type.big_endian = bits & 1;
  if (offset == 0 && precision == 8 * type.element_size) type.dtype = integer_type(type.element_size, bits & 8);
}

void parse_float(ByteCursor& cursor, unsigned bits, Hdf5Datatype& type) {
  const uint64_t offset = cursor.number(2), precision = cursor.number(2);
  const unsigned exponent_at = cursor.byte(), exponent = cursor.byte(), mantissa_at = cursor.byte(), mantissa = cursor.byte();
  const uint64_t bias = cursor.number(4);
  static constexpr struct {
    uint64_t size;
    unsigned exponent, mantissa;
    uint64_t bias;
    DType dtype;
  } kFormats[] = {{2, 5, 10, 15, DType::float16}, {2, 8, 7, 127, DType::bfloat16}, {4, 8, 23, 127, DType::float32},
                  {8, 11, 52, 1023, DType::float64}};
  type.big_endian = bits & 1;
  if (bits & 0x40 || offset != 0 || mantissa_at != 0 || exponent_at != mantissa || precision != 8 * type.element_size) return;
  for (const auto& format : kFormats)
    if (format.size == type.element_size && format.exponent == exponent && format.mantissa == mantissa && format.bias == bias)
      type.dtype = format.dtype;
}

/// h5py writes booleans as an enumeration {FALSE, TRUE} of one byte.
void parse_enum(ByteCursor& cursor, unsigned bits, Hdf5Datatype& type) {
  const unsigned base = cursor.byte();
  cursor.skip(3);
  const uint64_t base_size = cursor.number(4);
  cursor.skip(4);
  if ((base & 0x0f) != kFixed || base_size != 1 || type.element_size != 1 || (bits & 0xffff) != 2 || !cursor.ok()) return;
  const std::span<const std::byte> rest = cursor.take(cursor.remaining());
  const std::string_view names(reinterpret_cast<const char*>(rest.data()), rest.size());
  if (names.starts_with(std::string_view("FALSE\0", 6)) && names.find(std::string_view("TRUE\0", 5)) != std::string_view::npos)
    type.dtype = DType::boolean;
}

}  // namespace

Result<Hdf5Datatype> parse_hdf5_datatype(std::span<const std::byte> message) {
  ByteCursor cursor(message);
  const unsigned head = cursor.byte();
  const unsigned bits = static_cast<unsigned>(cursor.number(3));
  Hdf5Datatype type;
  type.element_size = cursor.number(4);
  if (!cursor.ok() || type.element_size == 0) return damaged("a datatype is cut off or of no size");
  type.name = class_name(head & 0x0f);
  switch (head & 0x0f) {
    case kFixed: parse_fixed(cursor, bits, type); break;
    case kFloat: parse_float(cursor, bits, type); break;
    case kEnum: parse_enum(cursor, bits, type); break;
    case kString:
      type.padding = bits & 0x0f;
      type.dtype = DType::string;
      break;
    case kOpaque: type.is_void = true; break;
    case kVariable:
      type.variable = true;
      if ((bits & 0x0f) == 1) type.dtype = DType::string;
      break;
    default: break;
  }
  if (!cursor.ok()) return damaged("a datatype is cut off");
  return type;
}

Result<std::vector<int64_t>> parse_hdf5_dataspace(const Hdf5Image& image, std::span<const std::byte> message) {
  ByteCursor cursor(message);
  const unsigned version = cursor.byte(), rank = cursor.byte(), flags = cursor.byte(), type = cursor.byte();
  if (version != 1 && version != 2) return damaged("a dataspace of unknown version");
  if (version == 1) cursor.skip(4);
  if (version == 2 && type == 2) return std::vector<int64_t>{0};
  if (rank > 32 || flags > 3) return damaged("a dataspace of impossible rank");
  std::vector<int64_t> shape;
  for (unsigned axis = 0; axis < rank; ++axis) {
    const uint64_t extent = cursor.number(image.length_size);
    if (extent > uint64_t{1} << 62) return damaged("a dataspace of impossible size");
    shape.push_back(static_cast<int64_t>(extent));
  }
  if (!cursor.ok()) return damaged("a dataspace is cut off");
  if (!element_count(shape)) return damaged("a dataspace of impossible size");
  return shape;
}

std::optional<uint64_t> hdf5_data_size(const Hdf5Datatype& type, const std::vector<int64_t>& shape) {
  const uint64_t count = static_cast<uint64_t>(element_count(shape).value_or(-1));
  if (count > (uint64_t{1} << 62) / type.element_size) return std::nullopt;
  return count * type.element_size;
}

namespace {

/// Finds variable-length data in the collections of the global heap.
class GlobalHeap {
 public:
  explicit GlobalHeap(const Hdf5Image& image) : image_(image), steps_left_(image.bytes.size() + 1024) {}

  std::optional<std::span<const std::byte>> object(uint64_t collection, uint64_t index) {
    auto found = collections_.find(collection);
    if (found == collections_.end()) found = collections_.emplace(collection, read(collection)).first;
    const auto object = found->second.find(index);
    if (object == found->second.end()) return std::nullopt;
    return object->second;
  }

 private:
  using Objects = std::unordered_map<uint64_t, std::span<const std::byte>>;

  Objects read(uint64_t address) {
    Objects objects;
    ByteCursor head(image_.from(address).value_or(std::span<const std::byte>()));
    if (!head.expect("GCOL")) return objects;
    head.skip(4);
    const uint64_t size = head.number(image_.length_size);
    const std::optional<std::span<const std::byte>> collection = image_.range(address, size);
    if (!head.ok() || !collection) return objects;
    ByteCursor cursor(*collection);
    cursor.skip(8 + image_.length_size);
    while (steps_left_ > 0) {
      --steps_left_;
      const uint64_t index = cursor.number(2);
      cursor.skip(6);  // reference count, reserved
      const uint64_t bytes = cursor.number(image_.length_size);
      if (!cursor.ok() || index == 0) break;  // the end, or the free space before it
      const std::span<const std::byte> data = cursor.take(bytes);
      if (!cursor.ok()) break;
      objects.emplace(index, data);
      cursor.align8();
    }
    return objects;
  }

  const Hdf5Image& image_;
  uint64_t steps_left_;  // over all collections: they may overlap in a hostile file
  std::unordered_map<uint64_t, Objects> collections_;
};

std::string fixed_text(std::span<const std::byte> item, uint8_t padding) {
  std::string_view text(reinterpret_cast<const char*>(item.data()), item.size());
  if (padding == 0) text = text.substr(0, text.find('\0'));
  while (!text.empty() && (text.back() == '\0' || (padding == 2 && text.back() == ' '))) text.remove_suffix(1);
  return std::string(text);
}

Result<Array> decode_strings(const Hdf5Image& image, const Hdf5Datatype& type, const std::vector<int64_t>& shape,
                             std::span<const std::byte> data) {
  std::vector<std::string> texts;
  GlobalHeap heap(image);
  uint64_t total = 0;
  for (size_t at = 0; at < data.size(); at += type.element_size) {
    const std::span<const std::byte> item = data.subspan(at, type.element_size);
    if (!type.variable) {
      texts.push_back(fixed_text(item, type.padding));
      continue;
    }
    ByteCursor cursor(item);
    const uint64_t length = cursor.number(4), collection = cursor.number(image.offset_size), index = cursor.number(4);
    if (!cursor.ok()) return damaged("a variable-length string has no place for its address");
    if (length == 0) {
      texts.emplace_back();
      continue;
    }
    const std::optional<std::span<const std::byte>> object = heap.object(collection, index);
    if (!object || object->size() < length) return damaged("a string is missing in the global heap");
    total += length;
    if (total > kMaxTextBytes) return Error{fmt::format("holds a list of strings above {} bytes", kMaxTextBytes)};
    texts.emplace_back(text_until_nul(object->first(static_cast<size_t>(length))));
  }
  return Array::of_strings(shape, std::move(texts));
}

}  // namespace

Result<Array> decode_hdf5_elements(const Hdf5Image& image, const Hdf5Datatype& type, const std::vector<int64_t>& shape,
                                   std::span<const std::byte> data) {
  IR_CHECK(type.dtype && data.size() == hdf5_data_size(type, shape), "elements do not fill the dataspace");
  if (type.dtype == DType::string) return decode_strings(image, type, shape, data);
  IR_CHECK(size_of(*type.dtype) == type.element_size, "element sizes differ");
  Array array;
  array.dtype = *type.dtype;
  array.shape = shape;
  array.bytes.assign(data.begin(), data.end());
  if (const size_t size = size_of(array.dtype); type.big_endian && size > 1)
    for (auto item = array.bytes.begin(); item != array.bytes.end(); item += static_cast<std::ptrdiff_t>(size))
      std::reverse(item, item + static_cast<std::ptrdiff_t>(size));
  if (array.dtype == DType::boolean)
    for (std::byte& value : array.bytes) value = std::byte{value != std::byte{0}};
  return array;
}

}  // namespace keratin
