#include "keratin/runtime/random.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "guarded.h"
#include "shuffled_pool.h"

namespace {

/// The generator written down once more, one element at a time.
struct Words {
  uint32_t w[4];
};
Words words(uint64_t key, uint64_t block, uint32_t attempt) {
  Words x{{static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), attempt, 0}};
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * x.w[0], p1 = uint64_t{0xCD9E8D57u} * x.w[2];
    x = {{static_cast<uint32_t>(p1 >> 32) ^ x.w[1] ^ k0, static_cast<uint32_t>(p1), static_cast<uint32_t>(p0 >> 32) ^ x.w[3] ^ k1, static_cast<uint32_t>(p0)}};
  }
  return x;
}
double fraction(uint32_t high, uint32_t low) { return static_cast<double>(((uint64_t{high} << 32) | low) >> 11) * 0x1p-53; }

double uniform(bool wide, int bits, uint64_t key, uint64_t i) {
  if (!wide) return std::ldexp(static_cast<double>(words(key, i / 4, 0).w[i % 4] >> (32 - bits)), -bits);
  const Words w = words(key, i / 2, 0);
  return i % 2 == 0 ? fraction(w.w[0], w.w[1]) : fraction(w.w[2], w.w[3]);
}
double normal(bool wide, uint64_t key, uint64_t i, uint32_t attempt) {
  const Words w = words(key, i / (wide ? 2 : 4), attempt);
  const uint64_t pair = i % 4 / 2 * 2;
  const double u = wide ? fraction(w.w[0], w.w[1]) + 0x1p-53 : (static_cast<double>(w.w[pair] >> 8) + 1) * 0x1p-24;
  const double v = wide ? fraction(w.w[2], w.w[3]) : static_cast<double>(w.w[pair + 1] >> 8) * 0x1p-24;
  return std::sqrt(-2 * std::log(u)) * (i % 2 == 0 ? std::cos(6.283185307179586 * v) : std::sin(6.283185307179586 * v));
}
double truncated(bool wide, uint64_t key, uint64_t i) {
  uint32_t attempt = 0;
  double value = normal(wide, key, i, attempt);
  while (std::abs(value) > 2) value = normal(wide, key, i, ++attempt);
  return value;
}

template <class Kind, class Format, class F> void check(size_t count, uint64_t key, F want) {
  using T = typename Format::Type;
  Guarded<T> y(count), other(count);
  const kr::UInt64 k = key;
  kr::random<Kind, Format>(static_cast<kr::Size>(count), &k, y.data());
  CHECK(y.intact());
  int wrong = 0;
  for (size_t i = 0; i < count; ++i) wrong += !(y[i] == want(i));
  CHECK(wrong == 0);
  ShuffledPool pool(3);
  kr::random<Kind, Format>(static_cast<kr::Size>(count), &k, other.data(), &pool);
  CHECK(std::memcmp(y.data(), other.data(), count * sizeof(T)) == 0);
}

}  // namespace

TEST_CASE("random: the same bits as the definition, for every length") {
  for (size_t count = 0; count <= 70; ++count) {
    const uint64_t key = 0x123456789abcdef0u * (count + 1);
    check<kr::UniformNumbers, kr::Float32Format>(count, key, [&](size_t i) { return static_cast<float>(uniform(false, 24, key, i)); });
    check<kr::UniformNumbers, kr::Float64Format>(count, key, [&](size_t i) { return uniform(true, 53, key, i); });
    check<kr::NormalNumbers, kr::Float32Format>(count, key, [&](size_t i) { return static_cast<float>(normal(false, key, i, 0)); });
  }
}

TEST_CASE("random: kinds and formats") {
  const uint64_t key = 42;
  for (size_t count : {size_t{5003}, size_t{40001}}) {
    check<kr::UniformNumbers, kr::Float16Format>(count, key, [&](size_t i) { return static_cast<float>(uniform(false, 11, key, i)); });
    check<kr::UniformNumbers, kr::BFloat16Format>(count, key, [&](size_t i) { return static_cast<float>(uniform(false, 8, key, i)); });
    check<kr::UniformNumbers, kr::Float32Format>(count, key, [&](size_t i) { return static_cast<float>(uniform(false, 24, key, i)); });
  }
  check<kr::NormalNumbers, kr::Float64Format>(5003, key, [&](size_t i) { return normal(true, key, i, 0); });
  check<kr::TruncatedNumbers, kr::Float64Format>(5003, key, [&](size_t i) { return truncated(true, key, i); });
  check<kr::TruncatedNumbers, kr::Float32Format>(5003, key, [&](size_t i) { return static_cast<float>(truncated(false, key, i)); });
  check<kr::NormalNumbers, kr::Float16Format>(5003, key, [&](size_t i) { return static_cast<float>(kr::round_to_half(normal(false, key, i, 0))); });
  check<kr::NormalNumbers, kr::BFloat16Format>(5003, key, [&](size_t i) { return static_cast<float>(kr::round_to_bfloat16(normal(false, key, i, 0))); });
}
