#include "compiler/import/hdf5_attributes.h"

#include <fmt/format.h>

#include "compiler/import/byte_cursor.h"
#include "compiler/import/hdf5_elements.h"

namespace keratin {

namespace {

struct AttributeParts {
  std::string_view name;
  std::span<const std::byte> datatype, dataspace, data;
  bool shared = false;  // datatype or dataspace are kept elsewhere
};

/// The parts of the message; false where they do not fit into it.
bool split_attribute(const Hdf5Message& message, AttributeParts& parts) {
  ByteCursor cursor(message.data);
  const unsigned version = cursor.byte();
  const unsigned flags = cursor.byte();  // reserved in version 1
  const uint64_t name_size = cursor.number(2), datatype_size = cursor.number(2), dataspace_size = cursor.number(2);
  if (version < 1 || version > 3) return false;
  if (version == 3) cursor.skip(1);  // character set
  const auto part = [&](uint64_t size) {
    const std::span<const std::byte> bytes = cursor.take(size);
    if (version == 1) cursor.skip((8 - size % 8) % 8);
    return bytes;
  };
  parts.name = text_until_nul(part(name_size));
  parts.datatype = part(datatype_size);
  parts.dataspace = part(dataspace_size);
  parts.shared = version > 1 && (flags & 3) != 0;
  if (!cursor.ok()) return false;
  parts.data = cursor.take(cursor.remaining());
  return true;
}

/// True where attributes of the object are in a fractal heap.
bool has_dense_attributes(const Hdf5Image& image, const Hdf5Messages& object) {
  const Hdf5Message* info = find_message(object, kAttributeInfoMessage);
  if (!info) return false;
  ByteCursor cursor(info->data);
  cursor.skip(1);
  if (cursor.byte() & 1) cursor.skip(2);  // highest creation index
  return !image.undefined(cursor.number(image.offset_size)) && cursor.ok();
}

Result<Array> decode_attribute(const Hdf5Image& image, const AttributeParts& parts, bool* variable = nullptr) {
  if (parts.shared) return Error{fmt::format("holds the attribute '{}' with a shared datatype, which cannot be read", parts.name)};
  const Result<Hdf5Datatype> type = parse_hdf5_datatype(parts.datatype);
  if (!type) return Error{type.error()};
  const Result<std::vector<int64_t>> shape = parse_hdf5_dataspace(image, parts.dataspace);
  if (!shape) return Error{shape.error()};
  if (!type->dtype) return Error{fmt::format("holds the attribute '{}' of type {}, which cannot be read", parts.name, type->name)};
  const std::optional<uint64_t> size = hdf5_data_size(*type, *shape);
  if (!size || *size > parts.data.size()) return Error{fmt::format("is damaged: the attribute '{}' is cut off", parts.name)};
  if (variable) *variable = type->variable;
  return decode_hdf5_elements(image, *type, *shape, parts.data.first(static_cast<size_t>(*size)));
}

}  // namespace

Result<std::optional<Array>> read_hdf5_attribute(const Hdf5Image& image, const Hdf5Messages& object, std::string_view name) {
  bool unreadable = false;
  for (const Hdf5Message& message : object) {
    if (message.type != kAttributeMessage) continue;
    AttributeParts parts;
    if (message.is_shared() || !split_attribute(message, parts)) {
      unreadable = true;
      continue;
    }
    if (parts.name != name) continue;
    Result<Array> value = decode_attribute(image, parts);
    if (!value) return Error{value.error()};
    return std::optional<Array>(*std::move(value));
  }
  if (unreadable) return Error{"is damaged: an attribute is broken"};
  if (has_dense_attributes(image, object))
    return Error{fmt::format("stores attributes densely, as HDF5's latest format does, so that '{}' cannot be read; "
                             "write it with h5py's default format (libver='earliest')", name)};
  return std::optional<Array>();
}

Result<std::vector<Hdf5Attribute>> read_hdf5_attributes(const Hdf5Image& image, const Hdf5Messages& object) {
  if (has_dense_attributes(image, object)) return Error{"stores attributes densely, as HDF5's latest format does, so that they cannot be read"};
  std::vector<Hdf5Attribute> attributes;
  for (const Hdf5Message& message : object) {
    if (message.type != kAttributeMessage) continue;
    AttributeParts parts;
    if (message.is_shared() || !split_attribute(message, parts)) return Error{"is damaged: an attribute is broken"};
    bool variable = false;
    Result<Array> value = decode_attribute(image, parts, &variable);
    if (!value) return Error{value.error()};
    attributes.push_back({std::string(parts.name), *std::move(value), variable});
  }
  return attributes;
}

}  // namespace keratin
