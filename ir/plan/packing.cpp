#include "ir/plan/packing.h"

namespace keratin::ir {

int64_t panel_width(int64_t rest) { return rest >= 25 ? 32 : rest >= 9 ? 16 : rest >= 5 ? 8 : rest == 4 ? 4 : 1; }

int64_t padded_outputs(int64_t n) {
  int64_t column = n >= 32 ? n / 32 * 32 : 0;
  while (column < n) column += panel_width(n - column);
  return column;
}

int64_t packed_index(int64_t rows, int64_t columns, int64_t k, int64_t n) {
  int64_t column = n / 32 * 32, width = panel_width(columns - column);
  while (n >= column + width) {
    column += width;
    width = panel_width(columns - column);
  }
  return column * rows + k * width + (n - column);
}

namespace {

constexpr int64_t kUnitPanel = 16;

int64_t unit_panel_width(int64_t units, int64_t first) { return units - first > 8 ? 16 : units - first > 4 ? 8 : 4; }

}  // namespace

int64_t padded_units(int64_t units) {
  const int64_t first = (units - 1) / kUnitPanel * kUnitPanel;
  return first + unit_panel_width(units, first);
}

int64_t gate_column(int64_t units, int64_t gates, int64_t gate, int64_t unit) {
  const int64_t first = unit / kUnitPanel * kUnitPanel;
  return first * gates + gate * unit_panel_width(units, first) + unit - first;
}

int64_t recurrent_index(int64_t units, int64_t gates, int64_t k, int64_t gate, int64_t unit) {
  const int64_t first = unit / kUnitPanel * kUnitPanel, width = unit_panel_width(units, first);
  return first * gates * units + (k * gates + gate) * width + unit - first;
}

}  // namespace keratin::ir
