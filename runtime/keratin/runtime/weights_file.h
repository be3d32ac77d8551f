// Weights in a file of their own. Little-endian: header, one entry for each array, zeros up to a multiple of 64 bytes, then the bytes of the
// model's struct Prepared. Everything is checked before anything is written.
#pragma once
#include "keratin/runtime/status.h"

KR_BEGIN_NAMESPACE

struct WeightsHeader {
  char magic[8];  // KERATINW
  UInt32 version, entries;
  UInt64 architecture;      // hash of names, types, shapes and places
  UInt64 payload, bytes;    // where the arrays begin, and their size in all
  UInt64 checksum;
};

/// One array: place within the payload, element type (4 * its bytes, + 1 for floats, + 2 for truth values), rank and extents.
struct WeightsEntry {
  UInt64 offset, bytes;
  UInt32 dtype, rank;
  UInt64 extents[8];
};

/// What a model expects of its file.
struct WeightsLayout {
  UInt64 architecture;
  const WeightsEntry* entries;
  Size count;
  Size bytes;
};

/// 64 bits at a time; the payload is a multiple of 64 bytes.
inline UInt64 weights_checksum(const unsigned char* payload, Size bytes) {
  UInt64 hash = 0xcbf29ce484222325u;
  for (Size i = 0; i + 8 <= bytes; i += 8) {
    UInt64 word;
    __builtin_memcpy(&word, payload + i, 8);
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 29;
  }
  return hash;
}

/// Copies a file's arrays to `to`, which has layout.bytes bytes. Errors, all before the first byte is written: another kind of file, version, model
/// or shape, a file that is too short or too long, a payload that is not what was written.
inline Status load_weights(const void* file, Size bytes, const WeightsLayout& layout, void* to) {
  constexpr StatusCode bad = StatusCode::bad_weights;
  const unsigned char* at = static_cast<const unsigned char*>(file);
  WeightsHeader header;
  if (file == nullptr || bytes < static_cast<Size>(sizeof header)) return {bad, "the weights file is too short to have a header"};
  __builtin_memcpy(&header, at, sizeof header);
  if (__builtin_memcmp(header.magic, "KERATINW", 8) != 0) return {bad, "not a weights file of Keratin"};
  if (header.version != 1) return {bad, "a weights file of another version of Keratin"};
  if (header.architecture != layout.architecture || static_cast<Size>(header.entries) != layout.count) return {bad, "a weights file of another model"};
  const Size table = static_cast<Size>(sizeof header), payload = (table + layout.count * static_cast<Size>(sizeof(WeightsEntry)) + 63) / 64 * 64;
  if (header.payload != static_cast<UInt64>(payload) || header.bytes != static_cast<UInt64>(layout.bytes) || bytes != payload + layout.bytes)
    return {bad, "the weights file is damaged: its size is not what the model takes"};
  for (Size i = 0; i < layout.count; ++i) {
    WeightsEntry entry;
    __builtin_memcpy(&entry, at + table + i * static_cast<Size>(sizeof entry), sizeof entry);
    if (__builtin_memcmp(&entry, &layout.entries[i], sizeof entry) != 0) return {bad, "an array of the weights file has another shape than the model's"};
  }
  if (weights_checksum(at + payload, layout.bytes) != header.checksum) return {bad, "the weights file is damaged: its checksum is wrong"};
  __builtin_memcpy(to, at + payload, static_cast<decltype(sizeof 0)>(layout.bytes));
  return {};
}

KR_END_NAMESPACE
