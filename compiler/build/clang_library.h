// Building with Clang in the process: nothing is executed and no file is written but the cache's.
#pragma once

#include "codegen/clang/plugin.h"
#include "compiler/build/library.h"

namespace keratin {

/// Throws BuildFailure.
std::shared_ptr<Library> build_with_clang(const ClangPlugin& plugin, const BuildInput& input);

/// Where the input's units break what is promised of emitted code (ClangPlugin::verify), in lines; empty is good.
std::string verify_with_clang(const ClangPlugin& plugin, const BuildInput& input);

}  // namespace keratin
