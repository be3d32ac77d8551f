// Counter-based random numbers: element i depends on the key and on i alone, so neither the order nor the number of threads shows.
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC11) of the counter (block, attempt); four
// elements share a block, two of float64.
//
// Numbers. UniformNumbers: [0, 1), with as many bits as the format holds exactly. NormalNumbers: Box-Muller in double, neighbours share a
// radius and take the cosine and the sine. TruncatedNumbers: normal ones within two standard deviations, drawn again where beyond.
// Cost: uniform numbers 2 clocks each on AVX2 and AVX-512, others about 20 ns: the C library's logarithm, cosine and sine.
#pragma once
#include "keratin/runtime/elementary.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/rounding.h"

KR_BEGIN_NAMESPACE

struct UniformNumbers {};
struct NormalNumbers {};
struct TruncatedNumbers {};

/// What the numbers are rounded to, and the type that holds them.
struct Float32Format {
  using Type = float;
  static constexpr int kBits = 24;
  static KR_INLINE float from(double v) { return static_cast<float>(v); }
};
struct Float64Format {
  using Type = double;
  static constexpr int kBits = 53;
  static KR_INLINE double from(double v) { return v; }
};
struct Float16Format {
  using Type = float;
  static constexpr int kBits = 11;
  static KR_INLINE float from(double v) { return static_cast<float>(round_to_half(v)); }
};
struct BFloat16Format {
  using Type = float;
  static constexpr int kBits = 8;
  static KR_INLINE float from(double v) { return static_cast<float>(round_to_bfloat16(v)); }
};

/// Products of the lower halves of 64-bit lanes, whose upper halves may hold anything.
template <class V> KR_INLINE V multiply_lower(V a, UInt32 factor) {
#if defined(__SSE2__) && !defined(__clang__)
  if constexpr (kIsVec<V>) {
    using Words = Vec<Int32, 2 * kLanesOf<V>>;
    const V b = broadcast<V>(UInt64{factor});
#if defined(KR_AVX512)
    if constexpr (sizeof(V) == 64) return (V)__builtin_ia32_pmuludq512_mask((Words)a, (Words)b, Vec<long long, 8>{}, static_cast<UInt8>(-1));
    else
#endif
#if defined(__AVX2__)
    if constexpr (sizeof(V) == 32) return (V)__builtin_ia32_pmuludq256((Words)a, (Words)b);
    else
#endif
    if constexpr (sizeof(V) == 16) return (V)__builtin_ia32_pmuludq128((Words)a, (Words)b);
  }
#endif
  return (a & UInt64{0xffffffffu}) * UInt64{factor};
}

/// The four words of each block, in the lower halves of x. V: UInt64 or a vector of it.
template <class V> KR_INLINE void philox(UInt64 key, V block, UInt32 attempt, V (&x)[4]) {
  x[0] = block;
  x[1] = block >> 32;
  x[2] = broadcast<V>(UInt64{attempt});
  x[3] = V{};
  UInt32 k0 = static_cast<UInt32>(key), k1 = static_cast<UInt32>(key >> 32);
  KR_NO_UNROLL for (int round = 0; round < 10; ++round) {
    const V p0 = multiply_lower(x[0], 0xD2511F53u), p1 = multiply_lower(x[2], 0xCD9E8D57u);
    x[0] = (p1 >> 32) ^ x[1] ^ UInt64{k0};
    x[1] = p1;
    x[2] = (p0 >> 32) ^ x[3] ^ UInt64{k1};
    x[3] = p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

KR_INLINE double from_53_bits(UInt32 high, UInt32 low) { return static_cast<double>(((UInt64{high} << 32) | low) >> 11) * 0x1p-53; }

template <class Kind, class Format> struct RandomNumbers {
  using T = typename Format::Type;
  static constexpr Size kEach = sizeof(T) == 8 ? 2 : 4;   // elements of a block
  static constexpr int L = kLanes<UInt64>;                // blocks drawn together

  UInt64 key;
  Size count;
  T* y;

  /// Two neighbours from the four words of a block; pair 0 or, where a block has four elements, 1.
  static KR_INLINE void normal_pair(const UInt32 (&w)[4], int pair, double (&out)[2]) {
    double u, v;
    if constexpr (kEach == 2) {
      u = from_53_bits(w[0], w[1]) + 0x1p-53;   // of (0, 1]
      v = from_53_bits(w[2], w[3]);
    } else {
      u = (static_cast<double>(w[2 * pair] >> 8) + 1) * 0x1p-24;
      v = static_cast<double>(w[2 * pair + 1] >> 8) * 0x1p-24;
    }
    const double radius = __builtin_sqrt(-2 * __builtin_log(u)), angle = 6.283185307179586 * v;
    out[0] = radius * __builtin_cos(angle);
    out[1] = radius * __builtin_sin(angle);
  }
  /// The first attempt within two standard deviations, from attempt 1 on.
  KR_NOINLINE double again(Size element) const {
    double pair[2];
    UInt32 attempt = 1;
    do {
      UInt64 x[4];
      philox(key, static_cast<UInt64>(element / kEach), attempt++, x);
      const UInt32 w[4] = {static_cast<UInt32>(x[0]), static_cast<UInt32>(x[1]), static_cast<UInt32>(x[2]), static_cast<UInt32>(x[3])};
      normal_pair(w, static_cast<int>(element % kEach / 2), pair);
    } while (pair[element % 2] > 2 || pair[element % 2] < -2);
    return pair[element % 2];
  }
  /// The elements of a block, from its words.
  KR_INLINE void block(const UInt32 (&w)[4], Size first, T (&out)[kEach]) const {
    if constexpr (kSame<Kind, UniformNumbers> && kEach == 2) {
      out[0] = from_53_bits(w[0], w[1]);
      out[1] = from_53_bits(w[2], w[3]);
    } else if constexpr (kSame<Kind, UniformNumbers>) {
      constexpr int kBits = Format::kBits;
      KR_UNROLL for (int i = 0; i < 4; ++i) out[i] = static_cast<T>(static_cast<Int32>(w[i] >> (32 - kBits))) * (T(1) / static_cast<T>(1 << kBits));
    } else {
      KR_UNROLL for (int pair = 0; pair < static_cast<int>(kEach) / 2; ++pair) {
        double v[2];
        normal_pair(w, pair, v);
        KR_UNROLL for (int i = 0; i < 2; ++i) {
          const bool far = kSame<Kind, TruncatedNumbers> && (v[i] > 2 || v[i] < -2);
          out[2 * pair + i] = Format::from(far ? again(first + 2 * pair + i) : v[i]);
        }
      }
    }
  }
  KR_ONE_COPY void blocks(Size first, Size last) const {
    const RandomNumbers self = *this;   // a copy: stores to y cannot change it
    KR_NO_UNROLL for (Size b = first; b < last; b += L) {
      Vec<UInt64, L> x[4];
      philox(self.key, iota<Vec<UInt64, L>>() + static_cast<UInt64>(b), 0, x);
      T out[L][kEach];
      KR_UNROLL for (int l = 0; l < L; ++l) {
        const UInt32 w[4] = {static_cast<UInt32>(x[0][l]), static_cast<UInt32>(x[1][l]), static_cast<UInt32>(x[2][l]), static_cast<UInt32>(x[3][l])};
        if (kSame<Kind, UniformNumbers> || b + l < last) self.block(w, (b + l) * kEach, out[l]);
      }
      const Size begin = b * kEach, end = min_size(self.count, min_size(last, b + L) * kEach);
      __builtin_memcpy(self.y + begin, out, static_cast<__SIZE_TYPE__>(end - begin) * sizeof(T));
    }
  }
  KR_INLINE void run(Pool* pool) const {
    constexpr Size kWorth = kSame<Kind, UniformNumbers> ? 16384 : 1024;
    const Size all = ceil_div(count, kEach);
    const Size chunks = pool == nullptr || pool->threads <= 1 || count < kWorth ? 1 : min_size(pool->threads, all);
    parallel(pool, static_cast<int>(chunks), [&](int chunk) { blocks(all * chunk / chunks, all * (chunk + 1) / chunks); });
  }
};

/// y[i] for i < count from the key, a scalar of seed, step and call. Kind and Format as above.
template <class Kind, class Format> KR_NOINLINE void random(Size count, const UInt64* key, typename Format::Type* y, Pool* pool = nullptr) {
  RandomNumbers<Kind, Format>{*key, count, y}.run(pool);
}

KR_END_NAMESPACE
