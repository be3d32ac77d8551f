// Cyclic redundancy checks of 32 bits, reflected: CRC-32 of zip archives, CRC-32C (Castagnoli) of TFRecord files.
#pragma once
#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

template <UInt32 Polynomial>
struct ChecksumTable {
  UInt32 entries[256] = {};
  constexpr ChecksumTable() {
    for (UInt32 i = 0; i < 256; ++i) {
      UInt32 value = i;
      for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ Polynomial : value >> 1;
      entries[i] = value;
    }
  }
};

/// The check of bytes that follow those of `before`, which is 0 at the start.
template <UInt32 Polynomial>
UInt32 checksum(const void* data, Size bytes, UInt32 before = 0) {
  static constexpr ChecksumTable<Polynomial> kTable;
  UInt32 value = ~before;
  const UInt8* at = static_cast<const UInt8*>(data);
  for (Size i = 0; i < bytes; ++i) value = kTable.entries[(value ^ at[i]) & 255] ^ value >> 8;
  return ~value;
}

inline UInt32 crc32(const void* data, Size bytes, UInt32 before = 0) { return checksum<0xEDB88320u>(data, bytes, before); }
inline UInt32 crc32c(const void* data, Size bytes) { return checksum<0x82F63B78u>(data, bytes); }

KR_END_NAMESPACE
