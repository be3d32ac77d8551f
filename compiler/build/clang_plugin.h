// Where the plugin for Clang in the process is, and opening it.
#pragma once

#include "codegen/clang/plugin.h"
#include "ir/support/result.h"

namespace keratin {

/// Opened at the first call, for good: KERATIN_CLANG_PLUGIN, else beside the program or library that holds this code, in the lib directory of its
/// installation, or where it was built. Errors: there is none, it cannot be opened, or it is another version's.
Result<const ClangPlugin*> clang_plugin();

/// Whether KERATIN_CLANG_PLUGIN says where it is, so that it must work.
bool names_clang_plugin();

}  // namespace keratin
