// What lstm.h, gru.h and simple_rnn.h share: the order of gates in memory, the product of states and recurrent weights, and the walk
// over time with masks. All layers take the input projection of all steps, computed before by one dense call, and carry the states.
//
// Order of gates. Units are cut into panels of 16; the last panel holds the remaining r units with width 16 (r >= 9), 8 (5..8) or
// 4 (1..4), the lanes beyond r being zeros. A row of gates is the panels one after another, and in a panel gate after gate:
//   [panel][gate][width]     gate_column(units, gates, gate, unit)
// With units padded to padded_units(units), Keras's columns [gates][units] become, for the full panels, a reshape to
// [gates][panels][16] with the first two axes swapped; the last panel stays [gates][width] and follows.
//   - input kernel (f, gates * units) and its bias: columns permuted to gate_columns(units, gates) columns, zeros in padding; then
//     packed for dense() as any other matrix. Its result is the operand `x`: [n][steps][gate_columns].
//   - recurrent kernel (units, gates * units): columns permuted the same way, and each panel stored on its own,
//     [panel][k = units][gate][width]; element (k, gate, unit) is at recurrent_index(...).
// The order does not depend on the instruction set: narrower vectors take a panel in parts.
//
// Sums. An example's result has the same bits in any batch, at any place in it, and with any number of threads. Odd steps sum over k
// backwards, because then the weights read last, still in the cache, are read first.
//
// Cost. Batch 1: bytes of the recurrent weights per step at the bandwidth of the cache level they stay in, and about 60 ns for each
// 64 units' activations. From 6 examples: multiply-adds at 70-90 % of peak.
#pragma once
#include "keratin/runtime/activation.h"
#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

/// Flags of recurrent layers, to be added.
inline constexpr int kBackwards = 1;        // the last step first; outputs in the order they are computed
inline constexpr int kSequences = 2;        // y has the output of every step, else the last one alone
inline constexpr int kReversedOutput = 4;   // outputs from the last place to the first: with kBackwards they are in order of time
inline constexpr int kZeroMasked = 8;       // the output of a masked step is zeros, else the previous output

inline constexpr int kUnitPanel = 16;

/// Width of the panel that begins at unit `first` (a multiple of 16 below units).
constexpr int unit_panel_width(int units, int first) { return units - first > 8 ? 16 : units - first > 4 ? 8 : 4; }
constexpr int padded_units(int units) {
  const int first = (units - 1) / kUnitPanel * kUnitPanel;
  return first + unit_panel_width(units, first);
}
/// Elements of one row of gates.
constexpr int gate_columns(int units, int gates) { return gates * padded_units(units); }
/// Place of a gate's unit in a row of gates.
constexpr int gate_column(int units, int gates, int gate, int unit) {
  const int first = unit / kUnitPanel * kUnitPanel;
  return first * gates + gate * unit_panel_width(units, first) + unit - first;
}
/// Elements of packed recurrent weights, and the place of element (k, gate, unit).
constexpr Size recurrent_size(int units, int gates) { return Size(units) * gate_columns(units, gates); }
constexpr Size recurrent_index(int units, int gates, int k, int gate, int unit) {
  const int first = unit / kUnitPanel * kUnitPanel, width = unit_panel_width(units, first);
  return Size(first) * gates * units + (Size(k) * gates + gate) * width + unit - first;
}

/// The vectors of units in Panels panels of one width, and how they are grouped and tiled.
template <class T, int Units, int Gates, int Width, int Panels> struct UnitVectors {
  static constexpr int kL = Width < kLanes<T> ? Width : kLanes<T>;
  static constexpr int kPerPanel = Width / kL;
  static constexpr int kCount = Panels * kPerPanel;
  static constexpr Size kPanelStride = Size(Units) * Gates * Width;
  using V = Vec<T, kL>;

  // One row: groups of vectors whose accumulators make 8 to 12 chains. A group is whole panels, or an aligned part of one.
  static constexpr int kMost = Gates == 1 ? 8 : 12 / Gates, kWanted = (7 + Gates) / Gates;
  static constexpr int atom() {
    int size = kPerPanel;
    while (size > kMost) size /= 2;
    return size;
  }
  static constexpr int kAtom = atom(), kAtoms = kCount / kAtom;
  static constexpr int groups() {
    const int most = kMost / kAtom, wanted = (kWanted + kAtom - 1) / kAtom;
    const int least = (kAtoms + most - 1) / most, good = kAtoms / wanted;
    return good > least ? good : least;
  }
  static constexpr int kGroups = groups();
  static constexpr int kGroup = kAtoms / kGroups * kAtom;   // vectors of a group; the first kLonger groups have kAtom more
  static constexpr int kLonger = kAtoms % kGroups;
  static constexpr int group_begin(int group) { return group * kGroup + (group < kLonger ? group : kLonger) * kAtom; }
  // Chains over k where the vectors are too few to hide the latency of multiply-add. Equal for all rows: sums have one order.
  static constexpr int kChains = kGroup * Gates >= 6 ? 1 : kGroup * Gates >= 3 ? 2 : 4;

  // Many rows: tiles of kRows rows by kSide vectors.
  static constexpr int kAccumulators = kVectorRegisters == 32 ? 24 : 12;
  static constexpr int side() {
    int size = Gates >= 3 ? 1 : Gates == 2 || kVectorRegisters == 16 ? 2 : 4;
    while (kPerPanel % size != 0 && kCount % size != 0) size /= 2;
    return size;
  }
  static constexpr int kSide = side();
  static constexpr int kFit = kAccumulators / (kSide * Gates * kChains);
  static constexpr int kRows = kFit < 1 ? 1 : kFit > 8 ? 8 : kFit;

  /// Where vector s begins in its packed panels.
  static constexpr Size offset(Size s) { return s / kPerPanel * kPanelStride + s % kPerPanel * kL; }
};

/// acc[chain][i][j][g] += sum over k of h[i * ldh + k] * w[k][g][j], for R rows, J vectors that begin at w, all gates.
template <class S, class T, int Units, int Gates, int Width, int C, int R, int J, class V>
KR_INLINE void multiply_states(V (&acc)[C][R][J][Gates], const T* __restrict h, Size ldh, const T* __restrict w, bool reversed) {
  constexpr int kWhole = Units / C * C;
  constexpr Size kStep = Size(Gates) * Width;
  const Size skip = reversed ? kWhole - C : 0, by = reversed ? -C : C;
  const T* a = h + skip;
  const T* b = w + skip * kStep;
  const auto step = [&](V (&z)[R][J][Gates], const T* ak, const T* bk) KR_INLINE_LAMBDA {
    KR_UNROLL for (int j = 0; j < J; ++j) {
      KR_UNROLL for (int g = 0; g < Gates; ++g) {
        V bv = load<S::kL>(bk + S::offset(j) + g * Width);
        if constexpr (R > 1 && kVectorRegisters == 32) KR_PIN(bv);
        KR_UNROLL for (int i = 0; i < R; ++i) z[i][j][g] += ak[i * ldh] * bv;
      }
    }
  };
  // Tiles of many rows read each panel again for every tile, from L2 where it is larger than L1; prefetching gains 3-8 % there (and
  // costs 10-20 % with one row).
  constexpr bool kPrefetch = R >= 4 && Units * kStep * Size(sizeof(T)) > 24576;
  KR_NO_UNROLL for (int k = 0; k < kWhole; k += C, a += by, b += by * kStep) {
    if constexpr (kPrefetch) {
      KR_UNROLL for (int g = 0; g < Gates; ++g) __builtin_prefetch(b + 4 * by * kStep + g * Width);
    }
    KR_UNROLL for (int u = 0; u < C; ++u) step(acc[u], a + u, b + u * kStep);
  }
  KR_UNROLL for (int u = 0; u < Units - kWhole; ++u) step(acc[u], h + kWhole + u, w + (kWhole + u) * kStep);
  KR_UNROLL for (int half = C / 2; half > 0; half /= 2) {
    KR_UNROLL for (int u = 0; u < half; ++u) {
      KR_UNROLL for (int i = 0; i < R; ++i) {
        KR_UNROLL for (int j = 0; j < J; ++j) {
          KR_UNROLL for (int g = 0; g < Gates; ++g) acc[u][i][j][g] += acc[u + half][i][j][g];
        }
      }
    }
  }
}

/// The product of states [rows][ldh] and packed recurrent weights of Gates gates, with a Cell that says where sums start and what
/// becomes of them:
///   Vec<T, L> cell.template start<Width, L>(Size row, Size unit, int gate)
///   void cell.template finish<Width, L>(Size row, Size unit, const Vec<T, L> (&z)[Gates])
/// called for vectors of units from `unit` on, in a panel of Width units.
template <class T, int Units, int Gates, class Cell> struct StateProduct {
  static constexpr int kPadded = padded_units(Units);
  static constexpr int kFull = kPadded / kUnitPanel, kRest = kPadded % kUnitPanel;
  using Full = UnitVectors<T, Units, Gates, kUnitPanel, (kFull > 0 ? kFull : 1)>;
  using Rest = UnitVectors<T, Units, Gates, (kRest > 0 ? kRest : 4), 1>;
  static constexpr int kFullGroups = kFull > 0 ? Full::kGroups : 0, kGroups = kFullGroups + (kRest > 0 ? Rest::kGroups : 0);
  static constexpr int kFullSides = kFull > 0 ? Full::kCount / Full::kSide : 0;
  static constexpr int kSides = kFullSides + (kRest > 0 ? Rest::kCount / Rest::kSide : 0);

  const T* h;
  const T* weights;
  const Cell& cell;
  Size rows;
  bool reversed;
  static constexpr Size kStride = kPadded;   // of rows of h

  template <class S, int Width, int R, int J> KR_INLINE void tile(Size row, const T* panels, Size first, Size s) const {
    using V = typename S::V;
    constexpr int L = S::kL;
    V acc[S::kChains][R][J][Gates];
    KR_UNROLL for (int i = 0; i < R; ++i) {
      KR_UNROLL for (int j = 0; j < J; ++j) {
        KR_UNROLL for (int g = 0; g < Gates; ++g) {
          acc[0][i][j][g] = cell.template start<Width, L>(row + i, first + (s + j) * L, g);
          KR_UNROLL for (int u = 1; u < S::kChains; ++u) acc[u][i][j][g] = V{};
        }
      }
    }
    multiply_states<S, T, Units, Gates, Width>(acc, h + row * kStride, kStride, panels + S::offset(s), reversed);
    if constexpr (R == 1) {
      KR_UNROLL for (int j = 0; j < J; ++j) cell.template finish<Width, L>(row, first + (s + j) * L, acc[0][0][j]);
    } else {
      V sums[R][J][Gates];
      KR_UNROLL for (int i = 0; i < R; ++i) {
        KR_UNROLL for (int j = 0; j < J; ++j) {
          KR_UNROLL for (int g = 0; g < Gates; ++g) sums[i][j][g] = acc[0][i][j][g];
        }
      }
      finish_rows<S, Width, J>(row, R, first + s * L, sums);
    }
  }
  /// One copy of the cell's code for tiles of any number of rows.
  template <class S, int Width, int J>
  KR_NOINLINE void finish_rows(Size row, int count, Size unit, const typename S::V (*sums)[J][Gates]) const {
    KR_NO_UNROLL for (int i = 0; i < count; ++i) {
      KR_NO_UNROLL for (int j = 0; j < J; ++j) cell.template finish<Width, S::kL>(row + i, unit + j * S::kL, sums[i][j]);
    }
  }
  template <class S, int Width> KR_INLINE void group(const T* panels, Size first, int index) const {
    if (index < S::kLonger) {
      if constexpr (S::kLonger > 0) tile<S, Width, 1, S::kGroup + S::kAtom>(0, panels, first, S::group_begin(index));
    } else {
      tile<S, Width, 1, S::kGroup>(0, panels, first, S::group_begin(index));
    }
  }
  template <class S, int Width, int R> KR_INLINE void row_tile(Size row, Size count, const T* panels, Size first, Size s) const {
    if constexpr (R > (S::kRows > 2 ? 2 : 1)) {   // nearly equal tiles of two and more rows: none has one row where 3 fit
      if (count < R) return row_tile<S, Width, R - 1>(row, count, panels, first, s);
    }
    tile<S, Width, R, S::kSide>(row, panels, first, s);
  }
  template <class S, int Width> KR_INLINE void side(const T* panels, Size first, Size index) const {
    const RowTiles tiles(rows, S::kRows);
    KR_NO_UNROLL for (Size t = 0; t < tiles.count; ++t) {
      row_tile<S, Width, S::kRows>(tiles.row(t), tiles.row(t + 1) - tiles.row(t), panels, first, index * S::kSide);
    }
  }

  /// Part `index` of the work: a group of vectors of one row, or the vectors of a tile for all rows.
  KR_INLINE void part(int index) const {
    const T* rest = weights + kFull * Full::kPanelStride;
    constexpr Size kRestUnit = Size(kFull) * kUnitPanel;
    if (rows == 1) {
      if constexpr (kFull > 0) {
        if (index < kFullGroups) return group<Full, kUnitPanel>(weights, 0, index);
      }
      if constexpr (kRest > 0) group<Rest, kRest>(rest, kRestUnit, index - kFullGroups);
    } else {
      if constexpr (kFull > 0) {
        if (index < kFullSides) return side<Full, kUnitPanel>(weights, 0, index);
      }
      if constexpr (kRest > 0) side<Rest, kRest>(rest, kRestUnit, index - kFullSides);
    }
  }
  KR_NOINLINE void parts(int begin, int end) const {
    KR_NO_UNROLL for (int i = begin; i < end; ++i) part(reversed ? begin + end - 1 - i : i);
  }
  /// All parts: one after another, or shared out among the pool's threads, the same parts to the same chunk in every step.
  KR_INLINE void run(Pool* pool) const {
    const int all = rows == 1 ? kGroups : kSides, chunks = pool == nullptr ? 1 : all < pool->threads ? all : pool->threads;
    parallel(pool, chunks, [&](int c) { parts(all * c / chunks, all * (c + 1) / chunks); });
  }
};

/// Start of a vector of units in a row of gates.
template <int Width, int Gates> KR_INLINE Size gate_offset(Size unit, int gate) {
  return unit / kUnitPanel * (kUnitPanel * Gates) + gate * Width + unit % kUnitPanel;
}
/// The units that exist of a vector that begins at `unit`, zeros beyond.
template <int Units, int L, class T> KR_INLINE Vec<T, L> load_units(const T* row, Size unit) {
  if constexpr (padded_units(Units) == Units) return load<L>(row + unit);
  else return load_lanes<L>(row + unit, max_size(0, Units - unit));
}
/// Stores the units that exist of a vector that begins at `unit`.
template <int Units, class V> KR_INLINE void store_units(Element<V>* row, Size unit, V v) {
  if constexpr (padded_units(Units) == Units) store(row + unit, v);
  else store_lanes(row + unit, v, max_size(0, Units - unit));
}

/// The operands of a call that do not depend on the kind of layer.
template <class T> struct RecurrentCall {
  Size n, steps;
  const T* x;           // [n][steps][columns]
  Size columns;
  const bool* mask;     // [n][steps] or nullptr
  T* y;                 // [n][steps][ldy] or [n][ldy], nullptr: not wanted
  Size ldy;
  int flags;

  KR_INLINE Size time(Size step) const { return flags & kBackwards ? steps - 1 - step : step; }
  KR_INLINE Size place(Size step) const { return flags & kReversedOutput ? steps - 1 - step : step; }
  KR_INLINE bool sequences() const { return y != nullptr && (flags & kSequences) != 0; }
};

/// One step of some rows, as a cell sees it.
template <class T> struct RecurrentStep {
  const T* x;           // gates of the first row; rows x_stride apart
  Size x_stride;
  const bool* live;     // first row's mask; rows live_stride apart; nullptr: all live
  Size live_stride;
  T* y;                 // first row's output, nullptr: not wanted; rows y_stride apart
  Size y_stride;
  bool reversed;

  KR_INLINE bool is_live(Size row) const { return live == nullptr || live[row * live_stride]; }
  /// The start of a sum: a gate's input for L units from `unit` on.
  template <int Width, int Gates, int L> KR_INLINE Vec<T, L> input(Size row, Size unit, int gate) const {
    return load<L>(x + row * x_stride + gate_offset<Width, Gates>(unit, gate));
  }
  /// Stores the new state, and the output where it is wanted.
  template <int Units, class V> KR_INLINE void finish(T* next, Size row, Size unit, V state) const {
    store(next + row * padded_units(Units) + unit, state);
    if (y != nullptr) store_units<Units>(y + row * y_stride, unit, state);
  }
};

/// rows x count elements from rows ldx apart to rows ldy apart; zeros where x is nullptr.
template <class T> KR_NOINLINE void copy_states(Size rows, Size count, const T* x, Size ldx, T* y, Size ldy) {
  for (Size r = 0; r < rows; ++r) {
    if (x != nullptr) __builtin_memcpy(y + r * ldy, x + r * ldx, static_cast<__SIZE_TYPE__>(count) * sizeof(T));
    else __builtin_memset(y + r * ldy, 0, static_cast<__SIZE_TYPE__>(count) * sizeof(T));
  }
}

/// Outputs of the rows that are masked in this step: the previous output, zeros at first or if asked for.
template <class T, int Units> KR_NOINLINE void masked_outputs(const RecurrentCall<T>& call, Size row, Size rows, Size step) {
  const bool zeros = step == 0 || (call.flags & kZeroMasked) != 0;
  for (Size r = row; r < row + rows; ++r) {
    if (call.mask[r * call.steps + call.time(step)]) continue;
    T* y = call.y + r * call.steps * call.ldy;
    copy_states<T>(1, Units, zeros ? nullptr : y + call.place(step - 1) * call.ldy, 0, y + call.place(step) * call.ldy, 0);
  }
}

/// y[row] = the last output, where it alone is wanted. h: final states.
template <class T, int Units> KR_NOINLINE void last_outputs(const RecurrentCall<T>& call, Size row, Size rows, const T* h) {
  for (Size r = 0; r < rows; ++r) {
    bool shown = call.steps > 0;   // zeros before the first step that is not masked
    if (call.mask != nullptr && shown) {
      const bool* mask = call.mask + (row + r) * call.steps;
      const Size back = call.flags & kZeroMasked ? 1 : call.steps;
      shown = false;
      for (Size s = call.steps - back; s < call.steps; ++s) shown = shown || mask[call.time(s)];
    }
    copy_states<T>(1, Units, shown ? h + r * padded_units(Units) : nullptr, 0, call.y + (row + r) * call.ldy, 0);
  }
}

/// All steps of rows row .. row + rows - 1. h: their states, next: room for as many, both [rows][padded_units]; the final states are
/// in h afterwards. step(RecurrentStep, h, next) computes `next` from h (of masked rows: copies h).
template <class T, int Units, class Step>
KR_INLINE void walk_steps(const RecurrentCall<T>& call, Size row, Size rows, T*& h, T*& next, const Step& step) {
  KR_NO_UNROLL for (Size s = 0; s < call.steps; ++s) {
    const Size time = call.time(s);
    const bool* live = call.mask == nullptr ? nullptr : call.mask + row * call.steps + time;
    T* y = call.sequences() ? call.y + (row * call.steps + call.place(s)) * call.ldy : nullptr;
    Size count = live == nullptr ? rows : 0;
    if (live != nullptr) {
      for (Size r = 0; r < rows; ++r) count += live[r * call.steps];
    }
    if (count > 0) {
      const T* x = call.x + (row * call.steps + time) * call.columns;
      const bool* some = count < rows ? live : nullptr;
      step(RecurrentStep<T>{x, call.steps * call.columns, some, call.steps, y, call.steps * call.ldy, s % 2 != 0}, h, next);
      T* swap = h;
      h = next;
      next = swap;
    }
    if (count < rows && y != nullptr) masked_outputs<T, Units>(call, row, rows, s);
  }
  if (call.y != nullptr && !call.sequences()) last_outputs<T, Units>(call, row, rows, h);
}

/// How a call is shared out: over rows (each thread walks all steps of its rows), or inside each step over units, or not at all.
/// One step is worth sharing from about 2 us of work on, a call from about 10.
struct RecurrentShares {
  int row_chunks = 1;
  Pool* step_pool = nullptr;
  RecurrentShares(Size n, Size steps, Size weights, Pool* pool) {
    if (pool == nullptr || pool->threads <= 1) return;
    const Size step_work = n * weights;
    if (n >= 4 * pool->threads || (n >= pool->threads && step_work < 100000)) {
      if (step_work * steps >= 400000) row_chunks = pool->threads;
    } else if (step_work >= 100000) {
      step_pool = pool;
    }
  }
};

/// Initial states in rows padded with zeros; all zeros where there are none.
template <class T, int Units> KR_INLINE void begin_states(Size n, const T* from, T* states) {
  copy_states<T>(n, padded_units(Units), nullptr, 0, states, padded_units(Units));
  if (from != nullptr) copy_states<T>(n, Units, from, Units, states, padded_units(Units));
}

/// A whole layer with recurrent weights of Gates gates. states: 2 * n * padded_units(Units) elements of scratch memory.
/// step(row, rows, RecurrentStep, h, next, pool) computes one step of some rows.
template <class T, int Units, int Gates, class Step>
KR_INLINE void run_recurrent(const RecurrentCall<T>& call, const T* h0, T* h_last, T* states, Pool* pool, const Step& step) {
  constexpr Size kStride = padded_units(Units);
  const RecurrentShares shares(call.n, call.steps, recurrent_size(Units, Gates), pool);
  begin_states<T, Units>(call.n, h0, states);
  parallel(pool, shares.row_chunks, [&](int chunk) {
    const Size row = call.n * chunk / shares.row_chunks, rows = call.n * (chunk + 1) / shares.row_chunks - row;
    T *h = states + row * kStride, *next = h + call.n * kStride;
    walk_steps<T, Units>(call, row, rows, h, next, [&](const RecurrentStep<T>& now, const T* from, T* to) KR_INLINE_LAMBDA {
      step(row, rows, now, from, to, shares.step_pool);
    });
    if (h_last != nullptr) copy_states<T>(rows, Units, h, kStride, h_last + row * Units, Units);
  });
}

KR_END_NAMESPACE
