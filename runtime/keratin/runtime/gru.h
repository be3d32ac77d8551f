// Gated recurrent unit (Keras GRU): gates z, r, h. Layouts, flags, cost: recurrent.h.
#pragma once
#include "keratin/runtime/recurrent.h"

KR_BEGIN_NAMESPACE

/// reset_after: all three products at once; the reset gate scales the product of h, with its bias.
template <class T, int Units, class Activation, class RecurrentActivation> struct GruCell {
  RecurrentStep<T> step;
  const T* h;
  T* next;
  const T* bias;
  static constexpr int kStride = padded_units(Units);

  template <int Width, int L> KR_INLINE Vec<T, L> start(Size row, Size unit, int gate) const {
    if (gate < 2) return step.template input<Width, 3, L>(row, unit, gate);
    if (bias == nullptr) return Vec<T, L>{};
    return load_units<Units, L>(bias, unit);
  }
  template <int Width, int L> KR_INLINE void finish(Size row, Size unit, const Vec<T, L> (&sums)[3]) const {
    using V = Vec<T, L>;
    const Size at = row * kStride + unit;
    const V old = load<L>(h + at);
    if (!step.is_live(row)) {
      store(next + at, old);
      return;
    }
    const V z = activate<RecurrentActivation>(sums[0]), r = activate<RecurrentActivation>(sums[1]);
    const V candidate = activate<Activation>(step.template input<Width, 3, L>(row, unit, 2) + r * sums[2]);
    step.template finish<Units>(next, row, unit, z * old + rounded((T(1) - z) * candidate));
  }
};

/// Reset before the product, first half: z, and r * h as the operand of the second half.
template <class T, int Units, class RecurrentActivation> struct GruGates {
  RecurrentStep<T> step;
  const T* h;
  T* z;
  T* reset;
  static constexpr int kStride = padded_units(Units);

  template <int Width, int L> KR_INLINE Vec<T, L> start(Size row, Size unit, int gate) const {
    return step.template input<Width, 3, L>(row, unit, gate);
  }
  template <int Width, int L> KR_INLINE void finish(Size row, Size unit, const Vec<T, L> (&sums)[2]) const {
    const Size at = row * kStride + unit;
    store(z + at, activate<RecurrentActivation>(sums[0]));
    store(reset + at, activate<RecurrentActivation>(sums[1]) * load<L>(h + at));
  }
};
/// Second half: the candidate and the new state.
template <class T, int Units, class Activation> struct GruCandidate {
  RecurrentStep<T> step;
  const T* h;
  T* next;
  const T* z;
  static constexpr int kStride = padded_units(Units);

  template <int Width, int L> KR_INLINE Vec<T, L> start(Size row, Size unit, int) const {
    return step.template input<Width, 3, L>(row, unit, 2);
  }
  template <int Width, int L> KR_INLINE void finish(Size row, Size unit, const Vec<T, L> (&sums)[1]) const {
    using V = Vec<T, L>;
    const Size at = row * kStride + unit;
    const V old = load<L>(h + at);
    if (!step.is_live(row)) {
      store(next + at, old);
      return;
    }
    const V update = load<L>(z + at), candidate = activate<Activation>(sums[0]);
    step.template finish<Units>(next, row, unit, update * old + rounded((T(1) - update) * candidate));
  }
};

/// Elements of scratch memory for n examples.
constexpr Size gru_scratch(Size n, int units, bool reset_after) { return (reset_after ? 2 : 4) * n * padded_units(units); }

/// All steps of a GRU layer:
///   z, r = RecurrentActivation(x + h U), h' = z h + (1 - z) hh
///   ResetAfter:  hh = Activation(x + r (h U + recurrent_bias));  else  hh = Activation(x + (r h) U)
/// x: [n][steps][gate_columns(Units, 3)], input projection with bias; for ResetAfter the bias of z and r is the sum of Keras's two
/// rows, that of h the first row. recurrent: ResetAfter: recurrent_size(Units, 3) packed weights; else those of the two gates z, r
/// packed as two gates, recurrent_size(Units, 2), and after them those of h packed as one gate, recurrent_size(Units, 1).
/// recurrent_bias: Units values (block h of the second row), nullptr: none; only for ResetAfter.
/// h0: [n][Units] initial states, nullptr: zeros. mask: [n][steps], false = the step is skipped, its state stays; nullptr: none.
/// y: kSequences: [n][steps][ldy], else the last output [n][ldy]; of each row Units elements are written; nullptr: not wanted.
/// h_last: [n][Units] final states, nullptr: not wanted. It may be h0. scratch: gru_scratch(n, Units, ResetAfter) elements.
template <class T, int Units, bool ResetAfter = true, class Activation = Tanh, class RecurrentActivation = Sigmoid>
KR_NOINLINE void gru(Size n, Size steps, const T* x, const T* recurrent, [[maybe_unused]] const T* recurrent_bias, const T* h0,
                     const bool* mask, T* y, Size ldy, T* h_last, T* scratch, int flags, Pool* pool = nullptr) {
  constexpr Size kStride = padded_units(Units);
  const RecurrentCall<T> call{n, steps, x, gate_columns(Units, 3), mask, y, ldy, flags};
  const auto step = [&](Size row, Size rows, const RecurrentStep<T>& now, const T* h, T* next, Pool* shared) KR_INLINE_LAMBDA {
    if constexpr (ResetAfter) {
      using Cell = GruCell<T, Units, Activation, RecurrentActivation>;
      static_cast<void>(row);
      const Cell cell{now, h, next, recurrent_bias};
      StateProduct<T, Units, 3, Cell>{h, recurrent, cell, rows, now.reversed}.run(shared);
    } else {
      using Gates = GruGates<T, Units, RecurrentActivation>;
      using Candidate = GruCandidate<T, Units, Activation>;
      T *z = scratch + (2 * n + row) * kStride, *reset = z + n * kStride;
      const Gates gates{now, h, z, reset};
      StateProduct<T, Units, 2, Gates>{h, recurrent, gates, rows, now.reversed}.run(shared);
      const Candidate candidate{now, h, next, z};
      const T* second = recurrent + recurrent_size(Units, 2);
      StateProduct<T, Units, 1, Candidate>{reset, second, candidate, rows, now.reversed}.run(shared);
    }
  };
  run_recurrent<T, Units, 3>(call, h0, h_last, scratch, pool, step);
}

KR_END_NAMESPACE
