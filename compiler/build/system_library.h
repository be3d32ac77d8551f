// Building with the system's compiler: a shared library, opened with dlopen.
#pragma once

#include "compiler/build/library.h"

namespace keratin {

/// Throws BuildFailure.
std::shared_ptr<Library> build_with_system(const BuildInput& input);

}  // namespace keratin
