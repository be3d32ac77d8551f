#include "keratin/runtime/simple_rnn.h"

#include "recurrent_reference.h"

namespace {

using Function = double (*)(double);

template <class T> RecurrentLayer<T> simple_rnn_layer(int units, Function activation, double scale) {
  using Doubles = std::vector<double>;
  return {units, 1, 1, [=](const RecurrentLayer<T>& layer, const double* x, Doubles& h, Doubles&) {
    Doubles next(h.size());
    for (int u = 0; u < layer.units; ++u) next[static_cast<size_t>(u)] = activation(x[u] + layer.product(h, 0, u));
    h = next;
  }, scale};
}

template <int Units, class T, class A = kr::Tanh> void check(Function activation = std::tanh, double scale = 1) {
  const auto layer = simple_rnn_layer<T>(Units, activation, scale);
  for (const auto& test : recurrent_cases()) {
    const auto kernel = [&](const auto& o, const RecurrentCase& c, auto& result, T* scratch) {
      kr::simple_rnn<T, Units, A>(c.n, c.steps, o.x.data(), layer.recurrent.data(), c.states ? o.h0.data() : nullptr,
                                  c.masked ? o.mask.data() : nullptr, result.y.data(), Units + c.gap,
                                  c.want_states ? result.h.data() : nullptr, scratch, c.flags);
    };
    check_recurrent<T>(layer, test, static_cast<size_t>(kr::simple_rnn_scratch(test.n, Units)), false, kernel);
  }
}
template <int... Units> void check_all(kr::Indices<Units...>) { (check<Units, float>(), ...); }

}  // namespace

TEST_CASE("simple rnn of few units") { check_all(FewUnits()); }
TEST_CASE("simple rnn of many units") { check_all(ManyUnits()); }
TEST_CASE("simple rnn in double precision") {
  check<3, double>();
  check<33, double>();
}
TEST_CASE("simple rnn with other activations") {
  check<18, float, kr::Relu>([](double x) { return x > 0 ? x : 0; }, 0.5);
  check<18, float, kr::Linear>([](double x) { return x; }, 0.5);
}
TEST_CASE("simple rnn: the same bits with any pool") {
  constexpr int kUnits = 400;
  const auto layer = simple_rnn_layer<float>(kUnits, std::tanh, 1);
  for (const int n : {1, 2, 20}) {
    const RecurrentCase test{n, 3, 0, false, false, true, 0};
    const auto operands = layer.operands(test);
    std::vector<float> scratch(static_cast<size_t>(kr::simple_rnn_scratch(n, kUnits)));
    const auto call = [&](RecurrentResult<float>& result, kr::Pool* pool) {
      kr::simple_rnn<float, kUnits>(n, 3, operands.x.data(), layer.recurrent.data(), nullptr, nullptr, result.y.data(), kUnits,
                                    result.h.data(), scratch.data(), 0, pool);
    };
    auto serial = layer.room(test);
    call(serial, nullptr);
    for (int threads = 2; threads <= 5; ++threads) {
      SerialPool pool(threads);
      auto shared = layer.room(test);
      call(shared, &pool);
      CHECK(pool.calls > 0);
      CHECK(largest_difference(serial.y, shared.y) == 0);
      CHECK(largest_difference(serial.h, shared.h) == 0);
    }
  }
}
