// Fully connected recurrence (Keras SimpleRNN). Layouts, flags, cost: recurrent.h.
#pragma once
#include "keratin/runtime/recurrent.h"

KR_BEGIN_NAMESPACE

template <class T, int Units, class Activation> struct SimpleRnnCell {
  RecurrentStep<T> step;
  const T* h;
  T* next;

  template <int Width, int L> KR_INLINE Vec<T, L> start(Size row, Size unit, int gate) const {
    return step.template input<Width, 1, L>(row, unit, gate);
  }
  template <int Width, int L> KR_INLINE void finish(Size row, Size unit, const Vec<T, L> (&sums)[1]) const {
    const Size at = row * padded_units(Units) + unit;
    if (step.is_live(row)) step.template finish<Units>(next, row, unit, activate<Activation>(sums[0]));
    else store(next + at, load<L>(h + at));
  }
};

/// Elements of scratch memory for n examples.
constexpr Size simple_rnn_scratch(Size n, int units) { return 2 * n * padded_units(units); }

/// All steps of a SimpleRNN layer: h' = Activation(x + h U).
/// x: [n][steps][gate_columns(Units, 1)], input projection with bias: units in natural order, padded. recurrent:
/// recurrent_size(Units, 1) packed weights. h0: [n][Units] initial states, nullptr: zeros. mask: [n][steps], false = the step is
/// skipped, its state stays; nullptr: none.
/// y: kSequences: [n][steps][ldy], else the last output [n][ldy]; of each row Units elements are written; nullptr: not wanted.
/// h_last: [n][Units] final states, nullptr: not wanted. It may be h0. scratch: simple_rnn_scratch(n, Units) elements.
template <class T, int Units, class Activation = Tanh>
KR_NOINLINE void simple_rnn(Size n, Size steps, const T* x, const T* recurrent, const T* h0, const bool* mask, T* y, Size ldy, T* h_last,
                            T* scratch, int flags, Pool* pool = nullptr) {
  using Cell = SimpleRnnCell<T, Units, Activation>;
  const RecurrentCall<T> call{n, steps, x, gate_columns(Units, 1), mask, y, ldy, flags};
  const auto step = [&](Size, Size rows, const RecurrentStep<T>& now, const T* h, T* next, Pool* shared) KR_INLINE_LAMBDA {
    const Cell cell{now, h, next};
    StateProduct<T, Units, 1, Cell>{h, recurrent, cell, rows, now.reversed}.run(shared);
  };
  run_recurrent<T, Units, 1>(call, h0, h_last, scratch, pool, step);
}

KR_END_NAMESPACE
