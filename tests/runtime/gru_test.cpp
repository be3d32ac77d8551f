#include "keratin/runtime/gru.h"

#include "recurrent_reference.h"

namespace {

using Function = double (*)(double);

template <class T>
RecurrentLayer<T> gru_layer(int units, bool reset_after, bool with_bias, Function activation, Function recurrent_activation) {
  using Doubles = std::vector<double>;
  return {units, 3, reset_after ? 3 : 2, [=](const RecurrentLayer<T>& layer, const double* x, Doubles& h, Doubles&) {
    const int n = layer.units;
    Doubles z(h.size()), r(h.size()), reset(h.size()), next(h.size());
    for (int u = 0; u < n; ++u) {
      const auto at = static_cast<size_t>(u);
      z[at] = recurrent_activation(x[u] + layer.product(h, 0, u));
      r[at] = recurrent_activation(x[n + u] + layer.product(h, 1, u));
      reset[at] = r[at] * h[at];
    }
    for (int u = 0; u < n; ++u) {
      const auto at = static_cast<size_t>(u);
      const double bias = with_bias ? static_cast<double>(layer.bias[at]) : 0;
      const double inner = reset_after ? r[at] * (layer.product(h, 2, u) + bias) : layer.product(reset, 2, u);
      next[at] = z[at] * h[at] + (1 - z[at]) * activation(x[2 * n + u] + inner);
    }
    h = next;
  }};
}

template <int Units, bool ResetAfter, class T, class A = kr::Tanh, class R = kr::Sigmoid>
void run(const RecurrentLayer<T>& layer, bool with_bias, const typename RecurrentLayer<T>::Operands& o, const RecurrentCase& test,
         RecurrentResult<T>& result, T* scratch, kr::Pool* pool = nullptr) {
  kr::gru<T, Units, ResetAfter, A, R>(test.n, test.steps, o.x.data(), layer.recurrent.data(), with_bias ? layer.bias.data() : nullptr,
                                      test.states ? o.h0.data() : nullptr, test.masked ? o.mask.data() : nullptr, result.y.data(),
                                      Units + test.gap, test.want_states ? result.h.data() : nullptr, scratch, test.flags, pool);
}

template <int Units, bool ResetAfter, class T, class A = kr::Tanh, class R = kr::Sigmoid>
void check(bool with_bias = ResetAfter, Function activation = std::tanh, Function recurrent_activation = sigmoid_reference) {
  const auto layer = gru_layer<T>(Units, ResetAfter, with_bias, activation, recurrent_activation);
  for (const auto& test : recurrent_cases()) {
    const auto kernel = [&](const auto& o, const auto& c, auto& result, T* scratch) {
      run<Units, ResetAfter, T, A, R>(layer, with_bias, o, c, result, scratch);
    };
    check_recurrent<T>(layer, test, static_cast<size_t>(kr::gru_scratch(test.n, Units, ResetAfter)), false, kernel);
  }
}
template <bool ResetAfter, int... Units> void check_all(kr::Indices<Units...>) { (check<Units, ResetAfter, float>(), ...); }

template <bool ResetAfter> void check_pool() {
  constexpr int kUnits = 200;
  const auto layer = gru_layer<float>(kUnits, ResetAfter, true, std::tanh, sigmoid_reference);
  for (const int n : {1, 3, 16}) {
    const RecurrentCase test{n, 3, kr::kSequences, n == 3, true, true, 0};
    const auto operands = layer.operands(test);
    std::vector<float> scratch(static_cast<size_t>(kr::gru_scratch(n, kUnits, ResetAfter)));
    auto serial = layer.room(test);
    run<kUnits, ResetAfter>(layer, true, operands, test, serial, scratch.data());
    for (int threads = 2; threads <= 4; ++threads) {
      SerialPool pool(threads);
      auto shared = layer.room(test);
      run<kUnits, ResetAfter>(layer, true, operands, test, shared, scratch.data(), &pool);
      CHECK(pool.calls > 0);
      CHECK(largest_difference(serial.y, shared.y) == 0);
      CHECK(largest_difference(serial.h, shared.h) == 0);
    }
  }
}

}  // namespace

TEST_CASE("gru of few units") { check_all<true>(FewUnits()); }
TEST_CASE("gru of many units") { check_all<true>(ManyUnits()); }
TEST_CASE("gru with reset before the product") { check_all<false>(SomeUnits()); }
TEST_CASE("gru in double precision") {
  check<5, true, double>();
  check<40, true, double>();
  check<5, false, double>();
  check<40, false, double>();
}
TEST_CASE("gru without recurrent bias, with other activations") {
  const Function hard2 = [](double x) { return std::fmin(1, std::fmax(0, 0.2 * x + 0.5)); };
  const Function relu = [](double x) { return x > 0 ? x : 0; };
  check<18, true, float, kr::Relu, kr::HardSigmoidOfKeras2>(false, relu, hard2);
  check<18, false, float, kr::Relu, kr::HardSigmoidOfKeras2>(false, relu, hard2);
}
TEST_CASE("gru: the same bits with any pool") {
  check_pool<true>();
  check_pool<false>();
}
