// Models back into Keras's files: weights, state of the optimizer and compile configuration in the architecture that was read.
#pragma once

#include <string>

#include "compiler/export/saved_state.h"

namespace keratin {

/// Writes a complete file, whose kind the ending of `path` says: .keras, .weights.h5, .h5 or .hdf5, .npz (arrays by path). Where the source is
/// of that kind all else in it is copied as it stands; else it is made as Keras 3 would, in the dialect of the source. The model must be expanded;
/// weights come from the state, the source may be an architecture alone. The file appears complete or not at all.
/// Errors: another ending; a container that the source's dialect does not have (Keras 2 in .keras); what weight_files.h says; the disk.
Result<Done> write_model(const ReadModel& source, const SavedState& state, const std::string& path);

/// Whether write_model has such a file for the source, by its ending and the source's dialect; with `compile_config`, as SavedState has it. Errors are
/// those of write_model.
Result<Done> check_written_kind(const ReadModel& source, const std::optional<Json>& compile_config, const std::string& path);

}  // namespace keratin
