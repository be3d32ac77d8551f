// Bundle: the emitted files, complete in memory before anything is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/plan/plan.h"

namespace keratin {

struct EmittedFile {
  std::string name;  // path below the bundle's directory
  std::string content;
  std::string symbol = {};  // of binary content that the assembler includes: the name by which the program has it
};

struct Bundle {
  std::vector<EmittedFile> files;
  const EmittedFile* find(std::string_view name) const;
};

/// Where the weights go: into the program (literals, or a binary file that the assembler includes), literals whatever their size, or a file that
/// is read when the program runs.
enum class WeightsAs : uint8_t { embed, array, file };

/// What NAME_selftest.cpp repeats: inputs by rule, outputs as recorded; where the bundle has `backward`, gradients too, for cotangents by rule.
struct Selftest {
  int64_t batch = 1;
  int calls = 1;                       // outputs are those of the last one; a stateful model is called twice
  double limit = 1e-5;                 // of max|a - b| / max(1, max|b|)
  std::vector<int64_t> inputs;         // 0: fractions in [-1, 1); otherwise whole numbers below this
  struct Output {
    std::vector<double> values;        // of every step-th element
    int64_t step = 1;
  };
  std::vector<Output> outputs;
  std::vector<Output> gradients;       // of inputs and weights, as `backward` gives them
};

/// The numbers of an input of the self-test, the same on every machine: the i-th input starts with seed i + 1. Fractions have seven bits, so that
/// every float holds them.
class SelftestNumbers {
 public:
  SelftestNumbers(uint32_t seed, int64_t below) : seed_(seed), below_(below) {}
  double next() {
    seed_ = seed_ * 1664525u + 1013904223u;
    return below_ == 0 ? (static_cast<int>(seed_ >> 25) - 64) / 64.0 : static_cast<double>((seed_ >> 8) % static_cast<uint32_t>(below_));
  }

 private:
  uint32_t seed_;
  int64_t below_;
};

/// What the text says beside the plan.
struct EmitOptions {
  std::string name;        // identifier; file stem and, unless name_space is given, the namespace
  std::string name_space;
  std::string source;      // `digits_cnn.keras (Keras 3.15.1)`
  std::string compiler;    // `Keratin 0.1.0`
  int64_t parameters = 0, trainable = 0;
  WeightsAs weights_as = WeightsAs::embed;
  size_t embed_limit = 64 * 1024;    // embedded weights up to this size are literals, larger ones a binary file beside their source
  std::vector<std::string> targets;   // x86-64-v2, ...: two or more levels of x86-64 give NAME_dispatch.cpp
  std::optional<Selftest> selftest;
  std::vector<int> result_directions;  // of metric_results' outputs: 1 where larger is better, -1 where smaller is, 0 where Keras does not know it
};

/// The plan's function `predict` as C++17: NAME.h, NAME.cpp, NAME_weights.cpp with NAME_weights.cpp.bin for large weights or NAME_weights.bin where
/// they are a file, NAME_selftest.cpp and NAME_dispatch.cpp where asked for, NAME.plan.txt.
Bundle emit(const ir::Plan& plan, const EmitOptions& options);

/// A source file that gives a bundle's functions C linkage, for loading it as a library: `<symbol>_open`, `<symbol>_run`, ... For functions on
/// weights `<symbol>_call` with the number of the plan's function, and `<symbol>_field` with a place in held_variables().
std::string emit_entry(const ir::Plan& plan, const EmitOptions& options, const std::string& symbol);

/// The variables whose memory `<symbol>_field` gives.
std::vector<ir::VariableId> held_variables(const ir::Plan& plan);

}  // namespace keratin
