// SavedState: what is written back into a model file, and what a file holds of it.
#pragma once

#include <optional>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/json/json.h"
#include "compiler/load.h"

namespace keratin {

struct SavedState {
  /// Every weight of the model by its path, in its shape and dtype.
  NamedArrays weights;
  /// By place: `optimizer/vars/0`, ... of a Keras 3 weight file, `optimizer/<name in the attribute weight_names>` of a legacy .h5, in the
  /// order of the file. Absent: as in the source; empty: none.
  std::optional<NamedArrays> optimizer;
  /// As Keras 3 writes it, or null for none. Absent: as in the source.
  std::optional<Json> compile_config;
};

/// What a weight file keeps of an optimizer, by place as in SavedState. Empty where it keeps nothing.
Result<NamedArrays> read_optimizer_state(const WeightStore& store);

/// Optimizer.variables of such a state in Keras's order; what wrapped optimizers write once more is left out.
std::vector<const NamedArray*> optimizer_variables(const NamedArrays& state);

/// Whether `arrays`, which came from `file`, are complete and of the right shapes and dtypes: every weight of `model` (expanded), and under
/// `optimizer/` nothing, or what `present` has. Fills `state`; integers of an optimizer take the dtype that is present.
void check_state(const Model& model, NamedArrays arrays, const NamedArrays& present, const std::string& file, SavedState& state, Problems& problems);

}  // namespace keratin
