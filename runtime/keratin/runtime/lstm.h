// Long short-term memory (Keras LSTM): gates i, f, c, o. Layouts, flags, cost: recurrent.h.
#pragma once
#include "keratin/runtime/recurrent.h"

KR_BEGIN_NAMESPACE

template <class T, int Units, class Activation, class RecurrentActivation> struct LstmCell {
  RecurrentStep<T> step;
  const T* h;
  T* next;
  T* c;
  static constexpr int kStride = padded_units(Units);

  template <int Width, int L> KR_INLINE Vec<T, L> start(Size row, Size unit, int gate) const {
    return step.template input<Width, 4, L>(row, unit, gate);
  }
  template <int Width, int L> KR_INLINE void finish(Size row, Size unit, const Vec<T, L> (&z)[4]) const {
    using V = Vec<T, L>;
    const Size at = row * kStride + unit;
    if (!step.is_live(row)) {
      store(next + at, load<L>(h + at));
      return;
    }
    const V i = activate<RecurrentActivation>(z[0]), f = activate<RecurrentActivation>(z[1]), g = activate<Activation>(z[2]);
    const V o = activate<RecurrentActivation>(z[3]);
    const V memory = f * load<L>(c + at) + rounded(i * g);
    store(c + at, memory);
    step.template finish<Units>(next, row, unit, o * activate<Activation>(memory));
  }
};

/// Elements of scratch memory for n examples.
constexpr Size lstm_scratch(Size n, int units) { return 3 * n * padded_units(units); }

/// All steps of an LSTM layer:
///   i, f, o = RecurrentActivation(x + h U), g = Activation(x + h U), c' = f c + i g, h' = o Activation(c')
/// x: [n][steps][gate_columns(Units, 4)], input projection with bias. recurrent: recurrent_size(Units, 4) packed weights.
/// h0, c0: [n][Units] initial states, nullptr: zeros. mask: [n][steps], false = the step is skipped, its states stay; nullptr: none.
/// y: kSequences: [n][steps][ldy], else the last output [n][ldy]; of each row Units elements are written; nullptr: not wanted.
/// h_last, c_last: [n][Units] final states, nullptr: not wanted. They may be h0 and c0. scratch: lstm_scratch(n, Units) elements.
template <class T, int Units, class Activation = Tanh, class RecurrentActivation = Sigmoid>
KR_NOINLINE void lstm(Size n, Size steps, const T* x, const T* recurrent, const T* h0, const T* c0, const bool* mask, T* y, Size ldy,
                      T* h_last, T* c_last, T* scratch, int flags, Pool* pool = nullptr) {
  using Cell = LstmCell<T, Units, Activation, RecurrentActivation>;
  constexpr Size kStride = padded_units(Units);
  const RecurrentCall<T> call{n, steps, x, gate_columns(Units, 4), mask, y, ldy, flags};
  T* c = scratch + 2 * n * kStride;
  begin_states<T, Units>(n, c0, c);
  const auto step = [&](Size row, Size rows, const RecurrentStep<T>& now, const T* h, T* next, Pool* shared) KR_INLINE_LAMBDA {
    const Cell cell{now, h, next, c + row * kStride};
    StateProduct<T, Units, 4, Cell>{h, recurrent, cell, rows, now.reversed}.run(shared);
  };
  run_recurrent<T, Units, 4>(call, h0, h_last, scratch, pool, step);
  if (c_last != nullptr) copy_states<T>(n, Units, c, kStride, c_last, Units);
}

KR_END_NAMESPACE
