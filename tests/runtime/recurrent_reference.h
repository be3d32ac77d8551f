// Recurrent layers as plain loops in double precision, in Keras's own order of gates, and the comparison of a kernel with them.
#pragma once
#include "keratin/runtime/recurrent.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "guarded.h"

/// What one call is given besides weights.
struct RecurrentCase {
  int n = 1, steps = 3, flags = 0;
  bool masked = false, states = false, want_states = true;
  int gap = 0;   // of the rows of y
};

/// Results of one row per example.
template <class T> struct RecurrentResult {
  Guarded<T> y, h, c;
};

/// A layer with random weights: natural order for the reference, packed for the kernel.
template <class T> class RecurrentLayer {
public:
  using Doubles = std::vector<double>;
  /// One step of one example: x = gates of the step [gates * units], states are replaced.
  using Step = std::function<void(const RecurrentLayer&, const double* x, Doubles& h, Doubles& c)>;
  /// split: gates packed together (3 = all of a GRU; 2 = z and r, then h on its own).
  RecurrentLayer(int units, int gates, int split, Step step, double scale = 1)
      : units(units), gates(gates), step_(std::move(step)), recurrent(static_cast<size_t>(kr::recurrent_size(units, gates))),
        bias(static_cast<size_t>(units)), natural_(static_cast<size_t>(units * gates * units)) {
    Numbers numbers(static_cast<uint64_t>(units * 10 + gates));
    numbers.fill(bias);
    for (int k = 0; k < units; ++k) {
      for (int g = 0; g < gates; ++g) {
        for (int u = 0; u < units; ++u) {
          const T w = static_cast<T>(numbers.next() * scale / std::sqrt(units));
          natural_[static_cast<size_t>((k * gates + g) * units + u)] = static_cast<double>(w);
          const auto at = g < split ? kr::recurrent_index(units, split, k, g, u)
                                    : kr::recurrent_size(units, split) + kr::recurrent_index(units, gates - split, k, g - split, u);
          recurrent[static_cast<size_t>(at)] = w;
        }
      }
    }
  }
  /// sum over k of h[k] * U[k][gate][unit].
  double product(const Doubles& h, int gate, int unit) const {
    double sum = 0;
    for (int k = 0; k < units; ++k) sum += h[static_cast<size_t>(k)] * natural_[static_cast<size_t>((k * gates + gate) * units + unit)];
    return sum;
  }

  /// The operands of one case, the same for reference and kernel.
  struct Operands {
    Guarded<T> x, h0, c0;
    Guarded<bool> mask;
    Doubles natural;
  };
  Operands operands(const RecurrentCase& test) const {
    const auto rows = static_cast<size_t>(test.n), steps = static_cast<size_t>(test.steps);
    const auto columns = static_cast<size_t>(kr::gate_columns(units, gates)), row = static_cast<size_t>(gates * units);
    Operands o{Guarded<T>(rows * steps * columns), Guarded<T>(rows * static_cast<size_t>(units)),
               Guarded<T>(rows * static_cast<size_t>(units)), Guarded<bool>(rows * steps), Doubles(rows * steps * row)};
    Numbers numbers(static_cast<uint64_t>(test.n * 100 + test.steps));
    for (size_t r = 0; r < rows * steps; ++r) {
      for (int g = 0; g < gates; ++g) {
        for (int u = 0; u < units; ++u) {
          const T v = static_cast<T>(numbers.next());
          o.x[r * columns + static_cast<size_t>(kr::gate_column(units, gates, g, u))] = v;
          o.natural[r * row + static_cast<size_t>(g * units + u)] = static_cast<double>(v);
        }
      }
    }
    numbers.fill(o.h0);
    numbers.fill(o.c0);
    for (size_t r = 0; r < rows; ++r) {   // the first rows: all masked, the first step masked, the last step masked
      for (size_t t = 0; t < steps; ++t) {
        o.mask[r * steps + t] = r == 0 && test.n > 1 ? false : r == 1 ? t > 0 : r == 2 ? t + 1 < steps : numbers.below(3) > 0;
      }
    }
    return o;
  }

  static constexpr double kUntouched = 77;

  RecurrentResult<T> reference(const RecurrentCase& test, const Operands& o) const {
    const int ldy = units + test.gap;
    const bool sequences = test.flags & kr::kSequences;
    RecurrentResult<T> result = room(test);
    for (int r = 0; r < test.n; ++r) {
      const auto first = static_cast<size_t>(r * units);
      Doubles h(static_cast<size_t>(units)), c(h), output(h);
      for (size_t u = 0; u < h.size() && test.states; ++u) {
        h[u] = static_cast<double>(o.h0[first + u]);
        c[u] = static_cast<double>(o.c0[first + u]);
      }
      for (int s = 0; s < test.steps; ++s) {
        const int time = test.flags & kr::kBackwards ? test.steps - 1 - s : s;
        const bool live = !test.masked || o.mask[static_cast<size_t>(r * test.steps + time)];
        if (live) {
          step_(*this, o.natural.data() + (r * test.steps + time) * gates * units, h, c);
          output = h;
        }
        const bool zeros = !live && (test.flags & kr::kZeroMasked);
        const int place = !sequences ? 0 : test.flags & kr::kReversedOutput ? test.steps - 1 - s : s;
        const int row = sequences ? r * test.steps + place : r;
        for (int u = 0; u < units; ++u) {
          result.y[static_cast<size_t>(row * ldy + u)] = static_cast<T>(zeros ? 0 : output[static_cast<size_t>(u)]);
        }
      }
      for (size_t u = 0; u < h.size(); ++u) {
        result.h[first + u] = static_cast<T>(h[u]);
        result.c[first + u] = static_cast<T>(c[u]);
      }
    }
    return result;
  }
  RecurrentResult<T> room(const RecurrentCase& test) const {
    const auto states = static_cast<size_t>(test.n * units);
    const int rows = test.flags & kr::kSequences ? test.n * test.steps : test.n;
    return {Guarded<T>(static_cast<size_t>(rows * (units + test.gap)), static_cast<T>(kUntouched)), Guarded<T>(states), Guarded<T>(states)};
  }

  int units, gates;

private:
  Step step_;

public:
  Guarded<T> recurrent, bias;

private:
  Doubles natural_;
};

/// Whether two results agree to within `bound`, relative to numbers above 1.
template <class T> double largest_difference(const Guarded<T>& a, const Guarded<T>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    const double difference = std::abs(x - y) / std::max(1.0, std::abs(x));
    if (!(difference <= largest)) largest = difference;   // NaN too
  }
  return largest;
}

/// Runs kernel(operands, case, result, scratch) and compares with the reference. The layer has c where `has_c`.
template <class T, class Kernel>
void check_recurrent(const RecurrentLayer<T>& layer, const RecurrentCase& test, size_t scratch_size, bool has_c, const Kernel& kernel) {
  const auto operands = layer.operands(test);
  const auto expected = layer.reference(test, operands);
  auto result = layer.room(test);
  Guarded<T> scratch(scratch_size, static_cast<T>(NAN));
  kernel(operands, test, result, scratch.data());
  const double bound = sizeof(T) == 4 ? 4e-6 : 1e-13;
  INFO("units " << layer.units << " n " << test.n << " steps " << test.steps << " flags " << test.flags << " masked " << test.masked);
  CHECK(largest_difference(expected.y, result.y) <= bound);
  if (test.want_states) {
    CHECK(largest_difference(expected.h, result.h) <= bound);
    if (has_c) CHECK(largest_difference(expected.c, result.c) <= bound);
  }
  CHECK((result.y.intact() && result.h.intact() && result.c.intact() && scratch.intact()));
}

/// The cases that every number of units goes through.
inline std::vector<RecurrentCase> recurrent_cases() {
  std::vector<RecurrentCase> cases;
  for (int n = 1; n <= 9; ++n) {
    const int direction = n % 2 ? kr::kBackwards : 0, order = n % 4 < 2 ? kr::kReversedOutput : 0, zero = n % 3 ? 0 : kr::kZeroMasked;
    cases.push_back({n, 4, kr::kSequences | direction | order, false, n % 2 == 0, true, n % 3});
    cases.push_back({n, 3, direction | zero, true, n % 2 == 1, n % 3 > 0, 0});
    cases.push_back({n, 3, kr::kSequences | zero | order, true, true, true, 1});
  }
  cases.push_back({1, 1, 0, false, false, true, 0});
  cases.push_back({3, 5, kr::kSequences | kr::kBackwards | kr::kReversedOutput, false, false, false, 5});
  return cases;
}

/// A pool of any number of threads that runs chunks on this one, last chunk first.
struct SerialPool : kr::Pool {
  int calls = 0;
  explicit SerialPool(int count) {
    threads = count;
    run = [](kr::Pool* self, int chunks, void (*task)(void*, int), void* context) {
      ++static_cast<SerialPool*>(self)->calls;
      for (int c = chunks; c-- > 0;) task(context, c);
    };
  }
};

/// The numbers of units that are tested: all up to 40 in one of the programs, some of each shape of panels in the others.
using SomeUnits = kr::Indices<1, 3, 5, 8, 10, 16, 17, 35, 48, 70>;
#if defined(KERATIN_EVERY_SIZE)
using FewUnits = kr::Indices<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20>;
using ManyUnits = kr::Indices<21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 64, 100, 256>;
#else
using FewUnits = kr::Indices<1, 2, 3, 4, 5, 8, 10, 16, 17>;
using ManyUnits = kr::Indices<24, 32, 35, 48, 70>;
#endif

inline double sigmoid_reference(double x) { return 1 / (1 + std::exp(-x)); }
