// Orders of packed weights; the runtime's panels.h and recurrent.h say why. A test compares these with the runtime's own functions.
#pragma once

#include <cstdint>

namespace keratin::ir {

int64_t panel_width(int64_t rest);
int64_t padded_outputs(int64_t n);
int64_t packed_index(int64_t rows, int64_t columns, int64_t k, int64_t n);

int64_t padded_units(int64_t units);
int64_t gate_column(int64_t units, int64_t gates, int64_t gate, int64_t unit);
int64_t recurrent_index(int64_t units, int64_t gates, int64_t k, int64_t gate, int64_t unit);

}  // namespace keratin::ir
