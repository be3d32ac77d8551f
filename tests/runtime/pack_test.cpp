#include "keratin/runtime/pack.h"

#include "kernel_test.h"
#include "shuffled_pool.h"

namespace {

template <class T> void check_panels(kr::Size outer, kr::Size k, kr::Size n, bool transposed, kr::Size gap = 0) {
  INFO(outer << "x" << k << "x" << n << (transposed ? ", transposed" : ""));
  const kr::Size rows = transposed ? n : k, columns = transposed ? k : n, row = columns + gap;
  const kr::PackShape s{outer, k, n, rows * row, transposed ? 1 : row, transposed ? row : 1};
  Guarded<T> w(size_t(outer == 0 ? 0 : (outer * rows - 1) * row + columns)), got(size_t(kr::packed_size(outer * k, n)), T(-7)), other(got.size(), T(-7));
  Numbers numbers(uint64_t(k * 31 + n));
  numbers.fill(w);
  std::vector<T> matrix(size_t(outer * k * n));
  for (kr::Size i = 0; i < outer * k; ++i) {
    for (kr::Size j = 0; j < n; ++j) matrix[size_t(i * n + j)] = w[size_t(i / k * s.outer_stride + i % k * s.k_stride + j * s.n_stride)];
  }
  const Guarded<T> want = packed(matrix.data(), outer * k, n);
  kr::pack_panels(s, static_cast<const T*>(w.data()), got.data());
  CHECK(std::memcmp(got.data(), want.data(), got.size() * sizeof(T)) == 0);
  CHECK(got.intact());
  ShuffledPool pool(3);
  kr::pack_panels(s, static_cast<const T*>(w.data()), other.data(), &pool);
  CHECK(std::memcmp(other.data(), want.data(), got.size() * sizeof(T)) == 0);
}

template <class T> void check_gates(int units, int gates, kr::Size gap) {
  INFO(units << " units, " << gates << " gates");
  const kr::Size columns = kr::Size(units) * gates, ldw = columns + gap, wide = kr::gate_columns(units, gates);
  Guarded<T> w(size_t((units - 1) * ldw + columns)), panels(size_t(kr::recurrent_size(units, gates)), T(-7)), rows(size_t(units * wide), T(-7));
  Numbers numbers(uint64_t(units * 31 + gates));
  numbers.fill(w);
  std::vector<T> want_panels(panels.size()), want_rows(rows.size());
  for (int k = 0; k < units; ++k) {
    for (int gate = 0; gate < gates; ++gate) {
      for (int unit = 0; unit < units; ++unit) {
        const T value = w[size_t(k * ldw + kr::Size(gate) * units + unit)];
        want_panels[size_t(kr::recurrent_index(units, gates, k, gate, unit))] = value;
        want_rows[size_t(k * wide + kr::gate_column(units, gates, gate, unit))] = value;
      }
    }
  }
  kr::pack_recurrent<T>(units, gates, w.data(), ldw, panels.data());
  kr::pack_gate_columns<T>(units, units, gates, w.data(), ldw, rows.data());
  CHECK(std::equal(panels.begin(), panels.end(), want_panels.begin()));
  CHECK(std::equal(rows.begin(), rows.end(), want_rows.begin()));
  CHECK((panels.intact() && rows.intact()));
}

}  // namespace

TEST_CASE("pack_panels: every number of columns and rows") {
  for (kr::Size n = 1; n <= 70; ++n) {
    for (bool transposed : {false, true}) {
      check_panels<float>(1, 5, n, transposed);
      check_panels<float>(3, 17, n, transposed, n % 3);
      check_panels<float>(2, n, 21, transposed);
      check_panels<double>(1, 9, n, transposed);
    }
  }
  check_panels<float>(9, 64, 200, true);
  check_panels<float>(9, 64, 200, false, 5);
  check_panels<float>(4, 1, 50, true);
}

TEST_CASE("packed gates: every number of units") {
  for (int units = 1; units <= 40; ++units) {
    for (int gates : {1, 2, 3, 4}) check_gates<float>(units, gates, units % 3);
  }
  check_gates<double>(21, 4, 2);
}
