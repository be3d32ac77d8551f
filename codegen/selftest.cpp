// NAME_selftest.cpp: a program that repeats what the reference evaluator computed when the model was compiled.
#include <cmath>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"
#include "ir/plan/planner.h"

namespace keratin {

namespace {

std::string number_text(double value, DType dtype) {
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value > 0 ? "HUGE_VAL" : "-HUGE_VAL";
  return dtype == DType::float64 ? fmt::format("{}", value) : fmt::format("{:.9g}", value);
}

constexpr const char* kHelpers = R"(/// Fractions in [-1, 1), or whole numbers below `below`: the same on every machine.
template <class T> void fill(T* x, kr::Size count, unsigned seed, unsigned below) {
  for (kr::Size i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    x[i] = below == 0 ? static_cast<T>((static_cast<int>(seed >> 25) - 64) / 64.0) : static_cast<T>((seed >> 8) % below);
  }
}

/// Prints max|a - b| / max(1, max|b|) over every step-th element; false where it is over the limit.
template <class T> bool check(const char* name, const T* x, const double* recorded, kr::Size count, kr::Size step) {
  double worst = 0, largest = 1;
  for (kr::Size i = 0; i < count; ++i) {
    const double a = static_cast<double>(x[i * step]), b = recorded[i];
    if (std::isfinite(b)) largest = std::fmax(largest, std::fabs(b));
    double difference = a == b || (std::isnan(a) && std::isnan(b)) ? 0 : std::fabs(a - b);
    if (std::isnan(difference)) difference = HUGE_VAL;
    worst = std::fmax(worst, difference);
  }
  const double error = worst / largest;
  std::printf("%-32s %.2e %s\n", name, error, error <= kLimit ? "ok" : "FAIL");
  return error <= kLimit;
}
)";

constexpr const char* kReadWeights = R"(
/// The file of weights that the command line names.
bool read_weights(int argc, char** argv, {0}::Prepared& p) {{
  if (argc != 2) return std::fprintf(stderr, "usage: %s {1}_weights.bin\n", argv[0]), false;
  std::FILE* file = std::fopen(argv[1], "rb");
  if (!file) return std::fprintf(stderr, "%s: cannot be opened\n", argv[1]), false;
  std::fseek(file, 0, SEEK_END);
  const long bytes = std::ftell(file);
  std::rewind(file);
  void* content = std::malloc(bytes > 0 ? static_cast<std::size_t>(bytes) : 1);
  const bool whole = content && bytes > 0 && std::fread(content, 1, static_cast<std::size_t>(bytes), file) == static_cast<std::size_t>(bytes);
  std::fclose(file);
  const kr::Status status = whole ? {0}::load({{content, bytes}}, p) : kr::Status(kr::StatusCode::io_error, "cannot be read");
  std::free(content);
  if (!status) std::fprintf(stderr, "%s: %s\n", argv[1], status.message);
  return status.ok();
}}
)";

}  // namespace

std::string Emitter::selftest_inputs() const {
  const ir::PlannedFunction& f = predict();
  std::string text;
  for (size_t i = 0; i < f.parameters.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[f.parameters[i].index];
    text += fmt::format("  fill(in_{}, {}, {}, {});\n", input_names_[i], ir::count_of(buffer.shape.at(options_.selftest->batch)), i + 1, options_.selftest->inputs[i]);
  }
  return text;
}

/// The arrays of recorded values; appends the calls that compare.
std::string Emitter::selftest_outputs(std::string& checks) const {
  const ir::PlannedFunction& f = predict();
  std::string text;
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[f.outputs[i].index];
    const Selftest::Output& output = options_.selftest->outputs[i];
    text += fmt::format("\n/// {}{}{}\nconst double recorded_{}[] = {{", f.output_names[i], to_string(buffer.shape), output.step == 1 ? "" : fmt::format(", every {}th element", output.step), output_names_[i]);
    std::string line = "\n   ";
    for (double value : output.values) {
      const std::string number = fmt::format(" {},", number_text(value, buffer.dtype));
      if (line.size() + number.size() > 138) {
        text += line;
        line = "\n   ";
      }
      line += number;
    }
    text += line + "\n};\n";
    checks += fmt::format("  fine = check(\"{0}\", out_{0}, recorded_{0}, {1}, {2}) && fine;\n", output_names_[i], output.values.size(), output.step);
  }
  return text;
}

std::string Emitter::selftest_source() const {
  const ir::PlannedFunction& f = predict();
  const Selftest& test = *options_.selftest;
  const bool file = options_.weights_as == WeightsAs::file;
  std::string arrays, inputs, outputs, checks;
  const auto operand = [&](ir::BufferId id, const std::string& name, const char* prefix, bool constant, std::string& list) {
    const ir::Buffer& buffer = f.buffers[id.index];
    const std::string type = cpp_type(buffer.dtype);
    arrays += fmt::format("alignas(64) {} {}_{}[{}];\n", type, prefix, name, std::max<int64_t>(ir::count_of(buffer.shape.at(test.batch)), 1));
    std::string view = fmt::format("{}_{}", prefix, name);
    bool free = false;
    for (ir::Dim extent : buffer.shape.dims) {
      if (extent.is_static()) continue;
      view += ", " + dim(extent, "kBatch");
      free = true;
    }
    if (!free) view = fmt::format("static_cast<{}{}*>({})", constant ? "const " : "", type, view);
    list += fmt::format("{}{{{}}}", list.empty() ? "" : ", ", view);
  };
  for (size_t i = 0; i < f.parameters.size(); ++i) operand(f.parameters[i], input_names_[i], "in", true, inputs);
  for (size_t i = 0; i < f.outputs.size(); ++i) operand(f.outputs[i], output_names_[i], "out", false, outputs);
  const std::string recorded = selftest_outputs(checks);
  std::string text = fmt::format(
      "// Self-test of {0}.h: inputs made by rule go through predict, as they went through Keratin's reference evaluator (in double precision) when this\n"
      "// file was made, and the results are compared. Source: {1}. Made by {2}; this output is yours, without conditions.\n"
      "#include <cmath>\n#include <cstdio>\n{3}\n#include \"{0}.h\"\n\nnamespace {{\n\nconstexpr kr::Size kBatch = {4};\nconstexpr double kLimit = {5};\n\n{6}\n{7}{8}",
      options_.name, options_.source, options_.compiler, file ? "#include <cstdlib>\n" : "", test.batch, test.limit, arrays, kHelpers, recorded);
  if (file) text += fmt::format(fmt::runtime(kReadWeights), space(), options_.name) + fmt::format("\n{}::Prepared weights;\n", space());
  text += fmt::format("\n}}  // namespace\n\nint main({}) {{\n", file ? "int argc, char** argv" : "");
  text += file ? "  if (!read_weights(argc, argv, weights)) return 1;\n" : fmt::format("  const {0}::Prepared& weights = {0}::prepared();\n", space());
  text += selftest_inputs() + fmt::format("  {}::Workspace workspace(kBatch);\n", space());
  if (has_state()) text += fmt::format("  {}::State state;\n", space());
  const std::string call = fmt::format("if (const kr::Status status = {0}::predict(weights, {1}{0}::Inputs{{{2}}}, {0}::Outputs{{{3}}}, workspace); !status)\n", space(), has_state() ? "state, " : "", inputs, outputs);
  const std::string failed = "return std::fprintf(stderr, \"%s\\n\", status.message), 1;\n";
  text += test.calls == 1 ? fmt::format("  {}    {}", call, failed) : fmt::format("  for (int call = 0; call < {}; ++call)\n    {}      {}", test.calls, call, failed);
  return text + "  bool fine = true;\n" + checks + "  return fine ? 0 : 1;\n}\n";
}

}  // namespace keratin
