// The runtime's headers as part of a bundle: what `compile --self-contained` adds.
#pragma once

#include "codegen/bundle.h"
#include "ir/support/result.h"

namespace keratin {

/// Adds the headers that the bundle's sources include, and those that these include, below keratin/runtime, with the licence beside them. Errors name
/// a header that cannot be read.
Result<Done> add_runtime_headers(Bundle& bundle);

}  // namespace keratin
