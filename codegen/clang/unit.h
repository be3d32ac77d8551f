// One translation unit as Clang sees it: files in memory, flags as options of the front end.
#pragma once

#include <clang/Frontend/CompilerInstance.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <memory>
#include <string>

#include "codegen/clang/plugin.h"

namespace keratin::clang_plugin {

using FileSystem = llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>;

/// The directory below which a request's files are.
inline const std::string kRoot = "/emitted/";

FileSystem files_of(const ClangRequest& request);

/// Ready for an action. Null where the driver refuses a flag; `printer` has the reason.
std::unique_ptr<clang::CompilerInstance> instance_of(const ClangRequest& request, const FileSystem& files, clang::DiagnosticOptions& options, clang::DiagnosticConsumer& printer);

}  // namespace keratin::clang_plugin
