#include "keratin/runtime/attention_grad.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "guarded.h"
#include "shuffled_pool.h"

namespace {

size_t size(kr::Size n) { return static_cast<size_t>(n); }

struct Case {
  kr::Size batches, heads, queries, keys, dim, value_dim;
  bool weights = false;   // a gradient of the weights too
  int parts = 1;
};

/// Heads [batch][step][head][length] with a gap after each row of heads.
template <class T> struct Heads {
  kr::Size steps, heads, length, step;
  Guarded<T> values;
  Heads(const Case& c, kr::Size count, kr::Size each, uint64_t seed) : steps(count), heads(c.heads), length(each), step(c.heads * each + 3), values(size(c.batches * steps * step)) {
    Numbers numbers(seed);
    numbers.fill(values);
  }
  kr::AttentionRows<const T> read() const { return {values.data(), steps * step, step, length}; }
  kr::AttentionRows<T> write() { return {values.data(), steps * step, step, length}; }
  double at(kr::Size b, kr::Size t, kr::Size h, kr::Size i) const { return static_cast<double>(values[size((b * steps + t) * step + h * length + i)]); }
};

template <class T> struct Run {
  Heads<T> q, k, v, dy, dq, dk, dv;
  Guarded<T> p, dp, scratch;
  kr::AttentionShape<T> shape;
  explicit Run(const Case& c)
      : q(c, c.queries, c.dim, 1), k(c, c.keys, c.dim, 2), v(c, c.keys, c.value_dim, 3), dy(c, c.queries, c.value_dim, 4), dq(c, c.queries, c.dim, 5), dk(c, c.keys, c.dim, 6),
        dv(c, c.keys, c.value_dim, 7), p(size(c.batches * c.heads * c.queries * c.keys)), dp(p.size()),
        scratch(size(kr::attention_grad_scratch(c.queries, c.keys, c.parts)), static_cast<T>(NAN)), shape{c.batches, c.heads, c.queries, c.keys} {
    shape.scale = T(0.75);
    shape.parts = c.parts;
    Numbers numbers(8);
    numbers.fill(p);
    numbers.fill(dp);
    for (kr::Size row = 0; row < c.batches * c.heads * c.queries; ++row) {   // softmax of what is there
      double sum = 0;
      for (kr::Size j = 0; j < c.keys; ++j) sum += std::exp(static_cast<double>(p[size(row * c.keys + j)]));
      for (kr::Size j = 0; j < c.keys; ++j) p[size(row * c.keys + j)] = static_cast<T>(std::exp(static_cast<double>(p[size(row * c.keys + j)])) / sum);
    }
  }
  void run(const Case& c, bool all, kr::Pool* pool = nullptr) {
    kr::AttentionRows<T> none{nullptr, 0, 0, 0};
    kr::attention_grad<T>(shape, c.dim, c.value_dim, q.read(), k.read(), v.read(), p.data(), dy.read(), c.weights ? dp.data() : nullptr, all ? dq.write() : none, dk.write(),
                          all ? dv.write() : none, scratch.data(), pool);
  }
};

template <class T> double error_of(const Case& c, const Run<T>& r, bool all) {
  double largest = 0;
  const auto compare = [&](double a, double b) {
    if (!(std::abs(a - b) <= largest)) largest = std::abs(a - b);
  };
  for (kr::Size b = 0; b < c.batches; ++b) {
    for (kr::Size h = 0; h < c.heads; ++h) {
      std::vector<double> dk(size(c.keys * c.dim)), dv(size(c.keys * c.value_dim));
      for (kr::Size i = 0; i < c.queries; ++i) {
        const kr::Size row = ((b * c.heads + h) * c.queries + i) * c.keys;
        std::vector<double> d(size(c.keys)), dq(size(c.dim));
        double sum = 0;
        for (kr::Size j = 0; j < c.keys; ++j) {
          const double weight = static_cast<double>(r.p[size(row + j)]);
          if (c.weights) d[size(j)] = static_cast<double>(r.dp[size(row + j)]);
          for (kr::Size e = 0; e < c.value_dim; ++e) {
            d[size(j)] += r.dy.at(b, i, h, e) * r.v.at(b, j, h, e);
            dv[size(j * c.value_dim + e)] += weight * r.dy.at(b, i, h, e);
          }
          sum += weight * d[size(j)];
        }
        for (kr::Size j = 0; j < c.keys; ++j) {
          const double s = 0.75 * static_cast<double>(r.p[size(row + j)]) * (d[size(j)] - sum);
          for (kr::Size e = 0; e < c.dim; ++e) {
            dq[size(e)] += s * r.k.at(b, j, h, e);
            dk[size(j * c.dim + e)] += s * r.q.at(b, i, h, e);
          }
        }
        for (kr::Size e = 0; all && e < c.dim; ++e) compare(dq[size(e)], r.dq.at(b, i, h, e));
      }
      for (kr::Size j = 0; j < c.keys; ++j) {
        for (kr::Size e = 0; e < c.dim; ++e) compare(dk[size(j * c.dim + e)], r.dk.at(b, j, h, e));
        for (kr::Size e = 0; all && e < c.value_dim; ++e) compare(dv[size(j * c.value_dim + e)], r.dv.at(b, j, h, e));
      }
    }
  }
  return largest;
}

template <class T> void check(Case c) {
  for (const bool weights : {false, true}) {
    c.weights = weights;
    INFO("dim " << c.dim << " values " << c.value_dim << " queries " << c.queries << " keys " << c.keys << " heads " << c.heads);
    Run<T> r(c);
    r.run(c, true);
    CHECK(error_of(c, r, true) <= (sizeof(T) == 4 ? 2e-5 : 4e-14));
    CHECK((r.dq.values.intact() && r.dk.values.intact() && r.dv.values.intact() && r.scratch.intact()));
    Run<T> keys(c);
    keys.run(c, false);
    CHECK(error_of(c, keys, false) <= (sizeof(T) == 4 ? 2e-5 : 4e-14));
    CHECK(std::equal(keys.dq.values.begin(), keys.dq.values.end(), Heads<T>(c, c.queries, c.dim, 5).values.begin()));
  }
}

}  // namespace

TEST_CASE("gradients of attention of all lengths") {
  for (kr::Size length = 1; length <= 40; ++length) {
    check<float>({1, 2, length, 21, 16, 16});
    check<float>({2, 1, 9, length, 5, 7});
  }
  check<float>({2, 3, 64, 70, 40, 24});
  check<double>({2, 3, 17, 33, 7, 5});
}

TEST_CASE("gradients of attention are the same bits for any number of threads") {
  const Case c{3, 4, 20, 30, 8, 8, false, 3};
  Run<float> alone(c), together(c);
  alone.run(c, true);
  ShuffledPool pool(3);
  together.run(c, true, &pool);
  for (const auto heads : {&Run<float>::dq, &Run<float>::dk, &Run<float>::dv}) CHECK(std::equal((alone.*heads).values.begin(), (alone.*heads).values.end(), (together.*heads).values.begin()));
}
