// Emitted code held against its promises, by Clang in the process.
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle.h"
#include "ir/support/result.h"

namespace keratin {

/// Lines of `file:line: text`; none is good. The body is looked at for each of `targets`, or for this machine. The self-test and the adaptor to the
/// training loop include the standard library and are not looked at. Errors: Clang in the process is not there.
Result<std::vector<std::string>> verify(const Bundle& bundle, const std::vector<std::string>& targets);

}  // namespace keratin
