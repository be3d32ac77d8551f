// A bundle built and loaded: the system's compiler makes a shared library, the cache keeps it by content.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codegen/bundle.h"
#include "ir/support/result.h"

namespace keratin {

/// Thrown where the compiler fails: our bug or a broken installation, status 3.
struct BuildFailure {
  std::string message;
};

/// What is built: C++17 sources (files ending in .cpp are compiled, the others lie beside them).
struct BuildInput {
  std::vector<EmittedFile> files;
  std::vector<std::string> flags = {"-O3", "-march=native"};
};

/// Flags for code that is built to be compared and not to be fast: every warning is an error. `level`: -O0 compiles a training step four times as fast
/// as -O1, which sees more to warn of.
std::vector<std::string> checking_flags(const char* level = "-O1");

/// A loaded shared library; closed with its last owner.
class Library {
 public:
  ~Library();
  /// The address of a function with C linkage; IR_CHECKs that it is there.
  void* symbol(const std::string& name) const;
  double build_seconds() const { return build_seconds_; }  // 0 where the cache had it

 private:
  friend std::shared_ptr<Library> build(const BuildInput& input);
  void* handle_ = nullptr;
  double build_seconds_ = 0;
};

/// Compiles with `CXX` (or c++), links and loads. Concurrent processes may build the same; each sees a whole library. Throws BuildFailure.
std::shared_ptr<Library> build(const BuildInput& input);

/// Where built code is kept: KERATIN_CACHE_DIR, else below the user's cache directory.
std::string cache_directory();

/// The directory that holds keratin/runtime: KERATIN_RUNTIME_DIR, else where this tool was built or installed.
std::string runtime_directory();

}  // namespace keratin
