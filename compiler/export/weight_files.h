// The two layouts of weights in HDF5, copied from the source with new values or made anew.
#pragma once

#include "compiler/export/hdf5_content.h"
#include "compiler/export/saved_state.h"

namespace keratin {

/// Whether the source has weights in the layout of Keras 3's files, which are then copied.
bool copies_objects(const ReadModel& source);

/// What is written of an optimizer: that of the state, else that of the source; nothing of an architecture.
Result<NamedArrays> saved_optimizer(const ReadModel& source, const SavedState& state);

/// model.weights.h5 and .weights.h5 of Keras 3. A source that has them is copied: what is no weight of the model stays. Errors: arrays or
/// attributes that cannot be copied; a layer whose own variables are not all known, where the file is made anew.
Result<Hdf5Content> object_weights(const ReadModel& source, const SavedState& state);

/// A whole legacy .h5 file, architecture and compile configuration included; copied where the source is one.
Result<Hdf5Content> legacy_model(const ReadModel& source, const SavedState& state);

}  // namespace keratin
