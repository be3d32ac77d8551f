// How a matrix of weights is packed for the kernels: one rule for every element type and instruction set, so the compiler packs
// and the user's flags choose the vectors. Freestanding and without vectors: the compiler may include it too.
#pragma once
#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

/// Width of the panel that begins where `rest` of the N outputs are left (rest >= 1). Outputs are cut into panels of 32, 16, 8, 4 or 1:
///   rest >= 25: 32     9..24: 16     5..8: 8     4: 4     1..3: 1 (one panel each)
/// so N = 10 -> 16 (6 columns of zeros), 20 -> 16 + 4, 24 -> 16 + 8, 33 -> 32 + 1, 50 -> 32 + 16 + 1 + 1, 57 -> 32 + 32.
/// Only the last panel has columns of zeros. Widening instead of cutting 28 into 16 + 8 + 4 costs no instruction where a vector
/// holds 16 and none where kernels skip vectors of zeros alone; single columns are dot products, 4 to 16 times fewer
/// multiplications than a panel of 4.
constexpr Size panel_width(Size rest) { return rest >= 25 ? 32 : rest >= 9 ? 16 : rest >= 5 ? 8 : rest == 4 ? 4 : 1; }

/// N with the zeros that fill the last panel: packed weights of a [K][N] matrix have K * padded_outputs(N) elements.
constexpr Size padded_outputs(Size n) {
  Size column = n >= 32 ? n / 32 * 32 : 0;
  while (column < n) column += panel_width(n - column);
  return column;
}
constexpr Size packed_size(Size k, Size n) { return k * padded_outputs(n); }

/// Where element (k, n) of the [K][N] matrix lies: panels follow one another, each is [K][width] row-major. A panel that begins at
/// column c begins at element c * K, since all before it are full.
constexpr Size packed_index(Size K, Size N, Size k, Size n) {
  Size column = n / 32 * 32;   // every panel before n's group of 32 is full and ends at a multiple of 32
  Size width = panel_width(N - column);
  while (n >= column + width) {
    column += width;
    width = panel_width(N - column);
  }
  return column * K + k * width + (n - column);
}

/// Panels as items of work: the single columns at the end count as one.
constexpr Size panel_item_width(Size n, Size column) {
  const Size width = panel_width(n - column);
  return width == 1 ? n - column : width;
}
constexpr Size count_panel_items(Size n) {
  Size count = n / 32;
  for (Size column = n / 32 * 32; column < n; column += panel_item_width(n, column)) ++count;
  return count;
}

KR_END_NAMESPACE
