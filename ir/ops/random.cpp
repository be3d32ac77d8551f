#include "ir/ops/random.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"

namespace keratin::ir {

namespace {

using Words = std::array<uint32_t, 4>;

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC11) of the counter (block, attempt).
Words philox(uint64_t key, uint64_t block, uint32_t attempt) {
  Words x = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), attempt, 0};
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * x[0], p1 = uint64_t{0xCD9E8D57u} * x[2];
    x = {static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ k0, static_cast<uint32_t>(p1), static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ k1,
         static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return x;
}

double from_53_bits(uint32_t high, uint32_t low) { return static_cast<double>(((uint64_t{high} << 32) | low) >> 11) * 0x1p-53; }

/// Of [0, 1) with as many bits as the dtype represents exactly. 4 elements share a block; 2 of float64.
double uniform(DType dtype, uint64_t key, uint64_t i) {
  if (dtype == DType::float64) {
    const Words w = philox(key, i / 2, 0);
    return i % 2 == 0 ? from_53_bits(w[0], w[1]) : from_53_bits(w[2], w[3]);
  }
  const uint32_t word = philox(key, i / 4, 0)[i % 4];
  const int bits = dtype == DType::float32 ? 24 : dtype == DType::float16 ? 11 : 8;
  return std::ldexp(static_cast<double>(word >> (32 - bits)), -bits);
}

/// Box-Muller: neighbours share a radius and take the cosine and the sine. The radius' uniform is of (0, 1].
double normal(DType dtype, uint64_t key, uint64_t i, uint32_t attempt) {
  const Words w = philox(key, dtype == DType::float64 ? i / 2 : i / 4, attempt);
  const size_t pair = i % 4 / 2 * 2;
  const double u = dtype == DType::float64 ? from_53_bits(w[0], w[1]) + 0x1p-53 : (static_cast<double>(w[pair] >> 8) + 1) * 0x1p-24;
  const double v = dtype == DType::float64 ? from_53_bits(w[2], w[3]) : static_cast<double>(w[pair + 1] >> 8) * 0x1p-24;
  const double radius = std::sqrt(-2 * std::log(u)), angle = 6.283185307179586 * v;
  return radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

double draw(Random::Kind kind, DType dtype, uint64_t key, uint64_t i) {
  if (kind == Random::Kind::uniform) return uniform(dtype, key, i);
  double value = normal(dtype, key, i, 0);
  if (kind == Random::Kind::truncated_normal)  // 4.6 percent are drawn again, with the next attempt in the counter
    for (uint32_t attempt = 1; std::abs(value) > 2; ++attempt) value = normal(dtype, key, i, attempt);
  return value;
}

}  // namespace

Result<Types> Random::infer(const Attrs& attrs, const Types& in) {
  if (in[0] != Type{DType::uint64, {}}) return Error{fmt::format("the key is {}, not a uint64 scalar", to_string(in[0]))};
  if (!is_float(attrs.type.dtype)) return Error{fmt::format("draws floats, not {}", name_of(attrs.type.dtype))};
  return Types{attrs.type};
}

void Random::grad(const Attrs&, GradBuilder&) {}  // the key is an integer

void Random::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const uint64_t key = static_cast<uint64_t>(in[0].integers[0]);
  for (size_t i = 0; i < out[0].floats.size(); ++i)
    out[0].floats[i] = evaluator.round(attrs.type.dtype, draw(attrs.kind, attrs.type.dtype, key, i));
}

Lowering Random::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"random"}; }

std::string Random::print(const Attrs& attrs) {
  const char* kind = attrs.kind == Kind::uniform ? "uniform" : attrs.kind == Kind::normal ? "normal" : "truncated_normal";
  return fmt::format("{} {}", kind, to_string(attrs.type));
}

}  // namespace keratin::ir
