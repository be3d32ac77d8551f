#include "keratin/runtime/lstm.h"

#include "recurrent_reference.h"

namespace {

using Function = double (*)(double);

template <class T> RecurrentLayer<T> lstm_layer(int units, Function activation, Function recurrent_activation, double scale = 1) {
  return {units, 4, 4, [=](const RecurrentLayer<T>& layer, const double* x, std::vector<double>& h, std::vector<double>& c) {
    std::vector<double> next(h.size());
    const int n = layer.units;
    for (int u = 0; u < n; ++u) {
      const auto at = static_cast<size_t>(u);
      double z[4];
      for (int g = 0; g < 4; ++g) z[g] = x[g * n + u] + layer.product(h, g, u);
      c[at] = recurrent_activation(z[1]) * c[at] + recurrent_activation(z[0]) * activation(z[2]);
      next[at] = recurrent_activation(z[3]) * activation(c[at]);
    }
    h = next;
  }, scale};
}

template <int Units, class T, class A, class R>
void run(const RecurrentLayer<T>& layer, const typename RecurrentLayer<T>::Operands& o, const RecurrentCase& test,
         RecurrentResult<T>& result, T* scratch, kr::Pool* pool = nullptr) {
  kr::lstm<T, Units, A, R>(test.n, test.steps, o.x.data(), layer.recurrent.data(), test.states ? o.h0.data() : nullptr,
                           test.states ? o.c0.data() : nullptr, test.masked ? o.mask.data() : nullptr, result.y.data(), Units + test.gap,
                           test.want_states ? result.h.data() : nullptr, test.want_states ? result.c.data() : nullptr, scratch,
                           test.flags, pool);
}

template <int Units, class T, class A = kr::Tanh, class R = kr::Sigmoid>
void check(Function activation = std::tanh, Function recurrent_activation = sigmoid_reference, double scale = 1) {
  const auto layer = lstm_layer<T>(Units, activation, recurrent_activation, scale);
  for (const auto& test : recurrent_cases()) {
    const auto kernel = [&](const auto& o, const auto& c, auto& result, T* scratch) { run<Units, T, A, R>(layer, o, c, result, scratch); };
    check_recurrent<T>(layer, test, static_cast<size_t>(kr::lstm_scratch(test.n, Units)), true, kernel);
  }
}
template <int... Units> void check_all(kr::Indices<Units...>) { (check<Units, float>(), ...); }

}  // namespace

TEST_CASE("lstm of few units") { check_all(FewUnits()); }
TEST_CASE("lstm of many units") { check_all(ManyUnits()); }
TEST_CASE("lstm in double precision") {
  check<1, double>();
  check<7, double>();
  check<20, double>();
  check<64, double>();
}
TEST_CASE("lstm with other activations") {
  const Function relu = [](double x) { return x > 0 ? x : 0; }, linear = [](double x) { return x; };
  const Function hard = [](double x) { return std::fmin(1, std::fmax(0, x / 6 + 0.5)); };
  const Function hard2 = [](double x) { return std::fmin(1, std::fmax(0, 0.2 * x + 0.5)); };
  check<18, float, kr::Relu, kr::HardSigmoid>(relu, hard, 0.3);
  check<18, float, kr::Linear, kr::HardSigmoidOfKeras2>(linear, hard2, 0.3);
}

TEST_CASE("lstm: an example has the same bits in any batch and with any pool") {
  constexpr int kUnits = 180;
  const auto layer = lstm_layer<float>(kUnits, std::tanh, sigmoid_reference);
  for (const int n : {1, 2, 7, 24}) {
    const RecurrentCase test{n, 3, kr::kSequences, n == 7, true, true, 0};
    const auto operands = layer.operands(test);
    std::vector<float> scratch(static_cast<size_t>(kr::lstm_scratch(n, kUnits)));
    auto serial = layer.room(test);
    run<kUnits, float, kr::Tanh, kr::Sigmoid>(layer, operands, test, serial, scratch.data());
    for (int threads = 2; threads <= 5; ++threads) {
      SerialPool pool(threads);
      auto shared = layer.room(test);
      run<kUnits, float, kr::Tanh, kr::Sigmoid>(layer, operands, test, shared, scratch.data(), &pool);
      CHECK(pool.calls == (n < 4 * threads ? 3 : 1));
      CHECK(largest_difference(serial.y, shared.y) == 0);
      CHECK(largest_difference(serial.c, shared.c) == 0);
    }
    for (int r = 0; r < n; ++r) {
      auto alone = layer.room({1, 3, kr::kSequences, false, true, true, 0});
      const auto at = static_cast<kr::Size>(r);
      kr::lstm<float, kUnits>(1, 3, operands.x.data() + at * 3 * kr::gate_columns(kUnits, 4), layer.recurrent.data(),
                              operands.h0.data() + at * kUnits, operands.c0.data() + at * kUnits,
                              test.masked ? operands.mask.data() + at * 3 : nullptr, alone.y.data(), kUnits, alone.h.data(), alone.c.data(),
                              scratch.data(), kr::kSequences);
      bool same = true;
      for (size_t i = 0; i < alone.y.size(); ++i) same = same && alone.y[i] == serial.y[static_cast<size_t>(r) * alone.y.size() + i];
      CHECK(same);
    }
  }
}

TEST_CASE("lstm without steps, without outputs, with states in place") {
  constexpr int kUnits = 5;
  const auto layer = lstm_layer<float>(kUnits, std::tanh, sigmoid_reference);
  const RecurrentCase test{2, 2, 0, false, true, true, 0};
  auto operands = layer.operands(test);
  const auto expected = layer.reference(test, operands);
  std::vector<float> scratch(static_cast<size_t>(kr::lstm_scratch(2, kUnits)), NAN), y(2 * kUnits, NAN);
  kr::lstm<float, kUnits>(2, 0, nullptr, layer.recurrent.data(), operands.h0.data(), operands.c0.data(), nullptr, y.data(), kUnits,
                          operands.h0.data(), nullptr, scratch.data(), 0);
  for (const float v : y) CHECK(v == 0.f);
  kr::lstm<float, kUnits>(2, 2, operands.x.data(), layer.recurrent.data(), operands.h0.data(), operands.c0.data(), nullptr, nullptr, 0,
                          operands.h0.data(), operands.c0.data(), scratch.data(), 0);
  CHECK(largest_difference(expected.h, operands.h0) <= 4e-6);
  CHECK(largest_difference(expected.c, operands.c0) <= 4e-6);
}

TEST_CASE("the order of gates is a permutation with zeros in its last panel") {
  for (int units = 1; units <= 70; ++units) {
    const int padded = kr::padded_units(units);
    CHECK(padded >= units);
    CHECK(padded - units < 8);
    for (int gates = 1; gates <= 4; ++gates) {
      std::vector<int> columns(static_cast<size_t>(kr::gate_columns(units, gates)), -1);
      std::vector<int> packed(static_cast<size_t>(kr::recurrent_size(units, gates)), -1);
      int twice = 0;
      for (int g = 0; g < gates; ++g) {
        for (int u = 0; u < units; ++u) {
          twice += columns.at(static_cast<size_t>(kr::gate_column(units, gates, g, u)))++ >= 0;
          for (int k = 0; k < units; ++k) twice += packed.at(static_cast<size_t>(kr::recurrent_index(units, gates, k, g, u)))++ >= 0;
        }
      }
      CHECK(twice == 0);
    }
  }
  // Full panels: [gates][panels][16] with the first two axes swapped; then the last panel, [gates][width].
  CHECK(kr::padded_units(37) == 40);
  CHECK(kr::gate_column(37, 4, 2, 17) == (1 * 4 + 2) * 16 + 1);
  CHECK(kr::gate_column(37, 4, 2, 33) == 2 * 4 * 16 + 2 * 8 + 1);
  CHECK(kr::recurrent_index(37, 4, 3, 2, 33) == 2 * 4 * 16 * 37 + (3 * 4 + 2) * 8 + 1);
}
