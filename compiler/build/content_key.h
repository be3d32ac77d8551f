// What built code depends on besides its compiler, as a hash.
#pragma once

#include "compiler/build/cache.h"
#include "compiler/build/library.h"

namespace keratin {

/// Sources, flags and this machine's processor: the flag -march=native means it, and a cache may serve several machines.
void add_input(ContentHash& hash, const BuildInput& input);

/// The runtime's headers below runtime_directory(), named `keratin/runtime/x.h`, in order.
std::vector<EmittedFile> runtime_headers();

}  // namespace keratin
