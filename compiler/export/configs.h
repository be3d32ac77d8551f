// Configurations of one Keras 3 container in the form of the other.
#pragma once

#include <string>

#include "compiler/import/model_file.h"
#include "compiler/json/json.h"
#include "ir/support/result.h"

namespace keratin {

/// `compile_config` as legacy .h5 files have it: `training_config`, with the optimizer as `optimizer_config`. Null stays null.
Json training_config_of(const Json& compile_config);
/// The way back. Objects get the modules that the legacy form leaves out.
Json compile_config_of(const Json& training_config);

/// The content of config.json. Errors: a model of an .h5 file that is neither Sequential nor Functional.
Result<Json> archive_config(const ModelFile& file);

/// The version to be written: what the file says, in full.
std::string written_version(const ModelFile& file);

}  // namespace keratin
