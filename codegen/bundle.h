// Bundle: the emitted files, complete in memory before anything is written.
#pragma once

#include <string>
#include <vector>

#include "ir/plan/plan.h"

namespace keratin {

struct EmittedFile {
  std::string name;  // without a directory
  std::string content;
};

struct Bundle {
  std::vector<EmittedFile> files;
  const EmittedFile* find(std::string_view name) const;
};

/// What the text says beside the plan.
struct EmitOptions {
  std::string name;        // identifier; file stem and, unless name_space is given, the namespace
  std::string name_space;
  std::string source;      // `digits_cnn.keras (Keras 3.15.1)`
  std::string compiler;    // `Keratin 0.1.0`
  int64_t parameters = 0, trainable = 0;
  size_t embed_limit = 256 * 1024;  // weights up to this size become literals, larger ones a binary file beside them
};

/// The plan's function `predict` as C++17: NAME.h, NAME.cpp, NAME_weights.cpp and, for large weights, NAME_weights.cpp.bin.
Bundle emit(const ir::Plan& plan, const EmitOptions& options);

/// A source file that gives a bundle's functions C linkage, for loading it as a library: `<symbol>_predict`.
std::string emit_entry(const ir::Plan& plan, const EmitOptions& options, const std::string& symbol);

}  // namespace keratin
