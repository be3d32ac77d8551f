// A bundle built and loaded, by Clang in the process or by the system's compiler; the cache keeps what was built by content.
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

/// Who builds: Clang in the process (the plugin keratin_clang), or the program that CXX names (or c++), its library opened with dlopen.
/// automatic: what KERATIN_BUILD says (clang or system), else Clang where the plugin is.
enum class Builder : uint8_t { automatic, clang, system };

/// What is built: C++17 sources (files ending in .cpp are compiled, the others lie beside them).
struct BuildInput {
  std::vector<EmittedFile> files;
  std::vector<std::string> flags = {"-O3", "-march=native"};
  Builder builder = Builder::automatic;
};

/// Flags for code that is built to be compared and not to be fast: every warning is an error. `level`: -O0 compiles a training step four times as fast
/// as -O1, which sees more to warn of.
std::vector<std::string> checking_flags(const char* level = "-O1");

/// Loaded code; it ends with its last owner.
class Library {
 public:
  virtual ~Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  /// The address of a function with C linkage; IR_CHECKs that it is there.
  void* symbol(const std::string& name) const;
  double build_seconds() const { return build_seconds_; }  // 0 where the cache had it

 protected:
  explicit Library(double build_seconds) : build_seconds_(build_seconds) {}

 private:
  virtual void* find(const std::string& name) const = 0;
  double build_seconds_;
};

/// Compiles, links and loads. Concurrent processes may build the same; each sees a whole library. Throws BuildFailure.
std::shared_ptr<Library> build(const BuildInput& input);

/// Where built code is kept: KERATIN_CACHE_DIR, else below the user's cache directory.
std::string cache_directory();

/// The directory that holds keratin/runtime: KERATIN_RUNTIME_DIR, else where this tool was built or installed.
std::string runtime_directory();

}  // namespace keratin
