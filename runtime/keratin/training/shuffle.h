// The order of the examples in an epoch: by seed and epoch alone, the same on every platform.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC11): 128 random bits of a key and a counter.
struct Philox {
  UInt32 words[4];

  Philox(UInt64 key, UInt64 low, UInt64 high)
      : words{static_cast<UInt32>(low), static_cast<UInt32>(low >> 32), static_cast<UInt32>(high), static_cast<UInt32>(high >> 32)} {
    UInt32 k0 = static_cast<UInt32>(key), k1 = static_cast<UInt32>(key >> 32);
    for (int round = 0; round < 10; ++round) {
      const UInt64 p0 = UInt64{0xD2511F53u} * words[0], p1 = UInt64{0xCD9E8D57u} * words[2];
      words[0] = static_cast<UInt32>(p1 >> 32) ^ words[1] ^ k0;
      words[1] = static_cast<UInt32>(p1);
      words[2] = static_cast<UInt32>(p0 >> 32) ^ words[3] ^ k1;
      words[3] = static_cast<UInt32>(p0);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
  }
  UInt64 half(int i) const { return UInt64{words[2 * i]} << 32 | words[2 * i + 1]; }
};

/// One of 0..bound-1, each with the same chance: draws beyond the last whole multiple of the bound are drawn again. Keyed by the seed; the
/// counter is (index, epoch, attempt), with fewer than 2^40 epochs.
inline UInt64 random_below(UInt64 bound, UInt64 seed, UInt64 epoch, UInt64 index) {
  const UInt64 refused = (0 - bound) % bound;  // 2^64 mod bound
  for (UInt64 attempt = 0;; ++attempt) {
    const UInt64 draw = Philox(seed, index, epoch | attempt << 40).half(0);
    if (draw >= refused) return draw % bound;
  }
}

/// A permutation of 0..examples-1 (Fisher and Yates), which depends on nothing but seed, epoch and the number of examples: an epoch that is
/// resumed has the order it would have had.
inline std::vector<Size> shuffled(Size examples, UInt64 seed, Size epoch) {
  std::vector<Size> order(static_cast<size_t>(examples));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Size>(i);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<size_t>(random_below(i, seed, static_cast<UInt64>(epoch), i))]);
  return order;
}

KR_END_NAMESPACE
