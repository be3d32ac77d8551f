// Outputs appear complete or not at all: written beside, then renamed. Files whose content is the same keep their time.
#pragma once

#include <string>
#include <string_view>

#include "codegen/bundle.h"
#include "ir/support/result.h"

namespace keratin {

/// Errors name the path and the system's reason.
Result<Done> write_file(const std::string& path, std::string_view content);

/// All files of a bundle into a directory, which is created.
Result<Done> write_bundle(const Bundle& bundle, const std::string& directory);

}  // namespace keratin
