// The outer loops of convolutions: bands of output rows by panels of outputs, serially or on a pool.
#pragma once
#include "keratin/runtime/panels.h"
#include "keratin/runtime/pool.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

/// Calls kernel.panel<Width, Real>(first row, last row, column) for all panels of F outputs: Width wide, Real of them real outputs.
template <Size F> struct PanelGrid {
  static constexpr Size kPanels = count_panel_items(F);

  template <Size Column, class Kernel> static KR_INLINE void last_panels(const Kernel& kernel, Size first, Size last, Size skip) {
    if constexpr (Column < F) {
      constexpr int kWidth = static_cast<int>(panel_width(F - Column));
      constexpr Size kItem = panel_item_width(F, Column);
      if (skip != 0) last_panels<Column + kItem>(kernel, first, last, skip - 1);
      else kernel.template panel<kWidth, static_cast<int>(min_size(kItem, F - Column))>(first, last, Column);
    }
  }
  template <class Kernel> static KR_INLINE void panel(const Kernel& kernel, Size first, Size last, Size p) {
    if (p < F / 32) kernel.template panel<32, 32>(first, last, p * 32);
    else last_panels<F / 32 * 32>(kernel, first, last, p - F / 32);
  }

  /// rows: of the output, all examples; bands of about band_rows share what they read, and begin at multiples of `unit`. work:
  /// multiply-adds, which decide whether threads are worth waking. How rows are cut into bands must not change any result.
  template <class Kernel> static KR_INLINE void run(const Kernel& kernel, Size rows, Size band_rows, Size unit, Size work, Pool* pool) {
    const Size units = ceil_div(rows, unit);
    Size bands = ceil_div(rows, band_rows), chunks = 1;
    if (pool != nullptr && pool->threads > 1 && work >= kParallelWork) {
      const Size wanted = 2 * pool->threads;
      if (bands * kPanels < wanted) bands = min_size(units, ceil_div(wanted, kPanels));
      chunks = min_size(pool->threads, bands * kPanels);
    }
    parallel(pool, static_cast<int>(chunks), [&](int chunk) {
      for (Size i = bands * kPanels * chunk / chunks; i < bands * kPanels * (chunk + 1) / chunks; ++i) {
        const Size first = units * (i / kPanels) / bands * unit, last = units * (i / kPanels + 1) / bands * unit;
        panel(kernel, first, min_size(rows, last), i % kPanels);
      }
    });
  }
};

KR_END_NAMESPACE
