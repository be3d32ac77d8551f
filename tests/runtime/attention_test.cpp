#include "keratin/runtime/attention.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "guarded.h"

namespace {

struct Case {
  kr::Size batches, heads, queries, keys, sharing = 1;
  bool causal = false, add = false, zero = false;
  enum Masks { kNone, kFull, kPerKey, kPerQuery } mask = kNone;
  enum Biases { kNoBias, kFullBias, kPerHeadBias } bias = kNoBias;
  double masked_score = -1e9;
  int parts = 1;
};

size_t size(kr::Size n) { return static_cast<size_t>(n); }

/// Operands in arrays [batch][step][head][length] with a gap after each row of heads.
template <class T> struct Operands {
  static constexpr kr::Size kGap = 3;
  Guarded<T> q, k, v, bias;
  Guarded<bool> mask;
  kr::Size q_step, k_step, v_step;
  kr::AttentionMask<bool> masks;
  kr::AttentionMask<T> biases;

  Operands(const Case& c, kr::Size d, kr::Size dv)
      : q(size(c.batches * c.queries * (c.heads * d + kGap))), k(size(c.batches * c.keys * (c.heads / c.sharing * d + kGap))),
        v(size(c.batches * c.keys * (c.heads / c.sharing * dv + kGap))), bias(size(c.batches * c.heads * c.queries * c.keys)),
        mask(size(c.batches * c.heads * c.queries * c.keys)), q_step(c.heads * d + kGap), k_step(c.heads / c.sharing * d + kGap),
        v_step(c.heads / c.sharing * dv + kGap) {
    Numbers numbers(size(c.queries * 100 + c.keys));
    numbers.fill(q);
    numbers.fill(k);
    numbers.fill(v);
    numbers.fill(bias);
    for (auto& m : mask) m = numbers.below(3) > 0;
    for (kr::Size i = 0; i < c.keys; ++i) mask[size(i)] = false;   // one query sees nothing
    const kr::Size row = c.keys, head = row * c.queries, batch = head * c.heads;
    if (c.mask == Case::kFull) masks = {mask.data(), batch, head, row, 1};
    if (c.mask == Case::kPerKey) masks = {mask.data() + (c.queries > 1 ? c.keys : 0), 0, 0, 0, 1};
    if (c.mask == Case::kPerQuery) masks = {mask.data() + c.keys - 1, 0, 0, 1, 0};
    if (c.queries * c.heads * c.batches == 1 && c.mask == Case::kPerQuery) masks.data = mask.data();
    if (c.bias == Case::kFullBias) biases = {bias.data(), batch, head, row, 1};
    if (c.bias == Case::kPerHeadBias) biases = {bias.data(), 0, row, 0, 1};
  }
};

template <class T, int D, int DV> void check(const Case& c, kr::Pool* pool = nullptr, std::vector<T>* result = nullptr) {
  const Operands<T> o(c, D, DV);
  const kr::Size y_step = c.heads * DV + 2;
  Guarded<T> y(size(c.batches * c.queries * y_step), T(77)), weights(size(c.batches * c.heads * c.queries * c.keys));
  Guarded<T> scratch(size(kr::attention_scratch<T, D>(c.keys, c.parts)), static_cast<T>(NAN));
  kr::AttentionShape<T> shape{c.batches, c.heads, c.queries, c.keys};
  shape.sharing = c.sharing;
  shape.scale = T(0.75);
  shape.causal = c.causal;
  shape.masked_score = static_cast<T>(c.masked_score);
  shape.add_masked_score = c.add;
  shape.zero_masked = c.zero;
  shape.parts = c.parts;
  const bool wanted = c.queries % 2 == 1;
  kr::attention<T, D, DV>(shape, {o.q.data(), c.queries * o.q_step, o.q_step, D}, {o.k.data(), c.keys * o.k_step, o.k_step, D},
                          {o.v.data(), c.keys * o.v_step, o.v_step, DV}, {y.data(), c.queries * y_step, y_step, DV}, o.masks, o.biases,
                          wanted ? weights.data() : nullptr, scratch.data(), pool);
  double largest = 0;
  const auto compare = [&](double a, double b) {
    if (!(std::abs(a - b) <= largest)) largest = std::abs(a - b);
  };
  for (kr::Size b = 0; b < c.batches; ++b) {
    for (kr::Size h = 0; h < c.heads; ++h) {
      for (kr::Size i = 0; i < c.queries; ++i) {
        std::vector<double> p(size(c.keys));
        std::vector<bool> seen(size(c.keys));
        double top = -INFINITY, sum = 0;
        for (kr::Size j = 0; j < c.keys; ++j) {
          double s = 0;
          for (kr::Size d = 0; d < D; ++d) {
            s += 0.75 * static_cast<double>(o.q[size((b * c.queries + i) * o.q_step + h * D + d)]) *
                 static_cast<double>(o.k[size((b * c.keys + j) * o.k_step + h / c.sharing * D + d)]);
          }
          const auto& m = o.masks;
          const auto& a = o.biases;
          if (a.data != nullptr) s += static_cast<double>(a.data[b * a.batch + h * a.head + i * a.query + j * a.key]);
          bool see = m.data == nullptr || m.data[b * m.batch + h * m.head + i * m.query + j * m.key];
          see = see && (!c.causal || j <= i);
          // Added to a score in T, as Keras does: what is far below rounds to one number.
          if (!see) s = c.add ? static_cast<double>(static_cast<T>(static_cast<T>(s) + static_cast<T>(c.masked_score))) : c.masked_score;
          seen[size(j)] = see;
          p[size(j)] = s;
          top = std::max(top, s);
        }
        for (auto& s : p) sum += s = std::exp(s - top);
        for (kr::Size j = 0; j < c.keys; ++j) {
          p[size(j)] = c.zero && !seen[size(j)] ? 0 : p[size(j)] / sum;
          if (wanted) compare(p[size(j)], static_cast<double>(weights[size(((b * c.heads + h) * c.queries + i) * c.keys + j)]));
        }
        for (kr::Size d = 0; d < DV; ++d) {
          double expected = 0;
          for (kr::Size j = 0; j < c.keys; ++j) {
            expected += p[size(j)] * static_cast<double>(o.v[size((b * c.keys + j) * o.v_step + h / c.sharing * DV + d)]);
          }
          compare(expected, static_cast<double>(y[size((b * c.queries + i) * y_step + h * DV + d)]));
        }
      }
    }
  }
  INFO("D " << D << " DV " << DV << " queries " << c.queries << " keys " << c.keys << " heads " << c.heads << " mask " << c.mask);
  CHECK(largest <= (sizeof(T) == 4 ? 2e-6 : 1e-14));
  CHECK((y.intact() && weights.intact() && scratch.intact()));
  for (kr::Size r = 0; r < c.batches * c.queries; ++r) CHECK(y[size(r * y_step + y_step - 1)] == T(77));
  if (result != nullptr) result->assign(y.begin(), y.end());
}

template <class T, int D, int DV> void check_lengths() {
  for (kr::Size keys = 1; keys <= 70; ++keys) check<T, D, DV>({1, 2, keys % 19 + 1, keys});
  for (kr::Size queries = 1; queries <= 26; ++queries) {
    Case c{2, 2, queries, 37};
    check<T, D, DV>(c);
    c.causal = true;
    check<T, D, DV>(c);
    c.mask = Case::kFull;
    check<T, D, DV>(c);
    c.causal = false;
    check<T, D, DV>(c);
    c.zero = true;
    check<T, D, DV>(c);
    c.zero = false;
    c.add = true;
    c.bias = Case::kFullBias;
    check<T, D, DV>(c);
  }
}

}  // namespace

TEST_CASE("attention of all lengths") {
  check_lengths<float, 16, 16>();
  check_lengths<float, 1, 3>();
  check_lengths<float, 20, 40>();
  check_lengths<double, 7, 5>();
}
TEST_CASE("attention of other head sizes") {
  check<float, 64, 64>({1, 2, 64, 64});
  check<float, 128, 128>({1, 1, 33, 200});
  check<float, 32, 70>({2, 3, 17, 17});
  check<double, 64, 16>({1, 2, 9, 100});
}
TEST_CASE("attention with broadcast masks and biases") {
  for (const auto mask : {Case::kNone, Case::kFull, Case::kPerKey, Case::kPerQuery}) {
    for (const auto bias : {Case::kNoBias, Case::kFullBias, Case::kPerHeadBias}) {
      for (int flags = 0; flags < 8; ++flags) {
        Case c{2, 4, 11, 21, 1, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, mask, bias};
        check<float, 16, 16>(c);
        c.masked_score = -0.7 * 3.4e38;
        if (!c.add) check<float, 16, 16>(c);
      }
    }
  }
}
TEST_CASE("masked scores that are not far below count") {
  check<float, 16, 16>({1, 2, 9, 21, 1, true, false, false, Case::kNone, Case::kNoBias, -1.5});
  check<float, 16, 16>({1, 2, 9, 21, 1, true, true, false, Case::kFull, Case::kNoBias, -2});
  check<float, 16, 16>({1, 2, 9, 21, 1, true, true, true, Case::kFull, Case::kNoBias, -2});
}
TEST_CASE("attention with heads that share keys") {
  check<float, 16, 24>({2, 6, 5, 9, 3});
  check<float, 16, 24>({1, 4, 5, 9, 4, true});
}
TEST_CASE("attention: the same bits with any pool") {
  struct Backwards : kr::Pool {
    int most = 0;
    explicit Backwards(int count) {
      threads = count;
      run = [](kr::Pool* self, int chunks, void (*task)(void*, int), void* context) {
        static_cast<Backwards*>(self)->most = chunks;
        for (int c = chunks; c-- > 0;) task(context, c);
      };
    }
  };
  std::vector<float> serial, shared;
  Case c{3, 4, 13, 30, 2, true};
  check<float, 16, 16>(c, nullptr, &serial);
  for (int threads = 2; threads <= 5; ++threads) {
    Backwards pool(threads);
    c.parts = 4;
    check<float, 16, 16>(c, &pool, &shared);
    CHECK(pool.most == std::min(threads, 4));
    CHECK(serial == shared);
  }
}
TEST_CASE("attention: not a number and infinity spread as in softmax") {
  constexpr int kKeys = 20;
  std::vector<float> q(16, 1.f), k(kKeys * 16, 0.5f), v(kKeys * 16, 1.f), y(16), bias(kKeys, -INFINITY);
  std::vector<float> scratch(size(kr::attention_scratch<float, 16>(kKeys, 1)));
  const kr::AttentionShape<float> shape{1, 1, 1, kKeys};
  const auto run = [&](kr::AttentionMask<float> b) {
    kr::attention<float, 16>(shape, {q.data(), 0, 0, 0}, {k.data(), 0, 16, 0}, {v.data(), 0, 16, 0}, {y.data(), 0, 0, 0}, {}, b, nullptr,
                             scratch.data());
  };
  bias[3] = 0;
  run({bias.data(), 0, 0, 0, 1});
  CHECK(y[5] == 1.f);
  bias[3] = -INFINITY;
  run({bias.data(), 0, 0, 0, 1});
  CHECK(std::isnan(y[5]));
  k[19 * 16] = NAN;
  run({});
  CHECK(std::isnan(y[15]));
}
