// NAME_weights.bin and the table in NAME_weights.cpp that it is checked against; runtime/weights_file.h describes the file.
#include <cstring>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"
#include "ir/plan/planner.h"

namespace keratin {

namespace {

constexpr uint32_t kVersion = 1;
constexpr int kLargestRank = 8;

struct Entry {
  uint64_t offset = 0, bytes = 0;
  uint32_t dtype = 0, rank = 0;
  uint64_t extents[kLargestRank] = {};
};
struct Header {
  char magic[8] = {'K', 'E', 'R', 'A', 'T', 'I', 'N', 'W'};
  uint32_t version = kVersion, entries = 0;
  uint64_t architecture = 0, payload = 0, bytes = 0, checksum = 0;
};

/// As kr::weights_checksum of the runtime: 64 bits at a time.
uint64_t checksum(const std::string& payload) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i + 8 <= payload.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, payload.data() + i, 8);
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 29;
  }
  return hash;
}

template <class T>
void append(std::string& bytes, const T& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }

Entry entry_of(const ir::Variable& variable, size_t offset) {
  const DType dtype = ir::storage(variable.type.dtype);
  const ir::Shape& shape = variable.type.shape;
  Entry entry;
  entry.offset = offset;
  entry.bytes = static_cast<uint64_t>(shape.static_count()) * size_of(dtype);
  entry.dtype = static_cast<uint32_t>(size_of(dtype)) * 4 + (is_float(dtype) ? 1 : dtype == DType::boolean ? 2 : 0);
  entry.rank = static_cast<uint32_t>(std::min(shape.rank(), kLargestRank));
  for (int axis = 0; axis < shape.rank(); ++axis) {
    uint64_t& extent = entry.extents[std::min(axis, kLargestRank - 1)];  // axes beyond the eighth count as part of it
    extent = (axis < kLargestRank ? 1 : extent) * static_cast<uint64_t>(shape[axis].size);
  }
  return entry;
}

}  // namespace

std::string Emitter::weights_file() const {
  std::string payload;
  append_fields(payload, fields_);
  Header header;
  header.entries = static_cast<uint32_t>(fields_.size());
  header.architecture = architecture_hash();
  header.payload = (sizeof(Header) + fields_.size() * sizeof(Entry) + 63) / 64 * 64;
  header.bytes = payload.size();
  header.checksum = checksum(payload);
  std::string file;
  append(file, header);
  for (const PreparedField& field : fields_) append(file, entry_of(program().variable(field.variable), field.offset));
  file.resize(header.payload, '\0');
  return file + payload;
}

std::string Emitter::load_function() const {
  std::string rows;
  for (const PreparedField& field : fields_) {
    const Entry entry = entry_of(program().variable(field.variable), field.offset);
    std::string extents;
    for (uint32_t axis = 0; axis < entry.rank; ++axis) extents += fmt::format("{}{}", axis ? ", " : "", entry.extents[axis]);
    rows += fmt::format("    {{{}, {}, {}, {}, {{{}}}}},  // {}\n", entry.offset, entry.bytes, entry.dtype, entry.rank, extents, field.name);
  }
  const std::string table = rows.empty() ? "" : "namespace {\n\n/// Place, bytes, element type, rank and extents of every array in Prepared.\nconstexpr kr::WeightsEntry kEntries[] = {\n" + rows + "};\n\n}  // namespace\n\n";
  return table + fmt::format("kr::Status load_weights(const void* file, kr::Size bytes, Prepared& p) noexcept {{\n  return kr::load_weights(file, bytes, {{0x{:016x}u, {}, {}, {}}}, &p);\n}}\n\n", architecture_hash(),
                             rows.empty() ? "nullptr" : "kEntries", fields_.size(), fields_.empty() ? "0" : "sizeof(Prepared)");
}

}  // namespace keratin
