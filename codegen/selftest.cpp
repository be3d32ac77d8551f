// NAME_selftest.cpp: a program that repeats what the reference evaluator computed when the model was compiled.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

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

/// The parts of the program while it is put together.
struct Emitter::SelftestText {
  std::string arrays, recorded, fills, calls;
  size_t filled = 0;  // inputs so far: each begins with a seed of its own
};

/// An array of the operand's size.
void Emitter::add_selftest_array(SelftestText& text, const ir::Buffer& buffer, const std::string& array) const {
  text.arrays += fmt::format("alignas(64) {} {}[{}];\n", cpp_type(buffer.dtype), array, std::max<int64_t>(ir::count_of(buffer.shape.at(options_.selftest->batch)), 1));
}

/// A view of it, as a member of a struct.
std::string Emitter::selftest_view(const ir::Buffer& buffer, const std::string& array, bool constant) {
  std::string view = array;
  bool free = false;
  for (ir::Dim extent : buffer.shape.dims) {
    if (extent.is_static()) continue;
    view += ", " + dim(extent, "kBatch");
    free = true;
  }
  if (!free) view = fmt::format("static_cast<{}{}*>({})", constant ? "const " : "", cpp_type(buffer.dtype), view);
  return "{" + view + "}";
}

/// The recorded values of an array, and the call that compares.
void Emitter::add_recorded(SelftestText& text, const ir::Buffer& buffer, const std::string& name, const std::string& array, const Selftest::Output& recorded) const {
  text.recorded += fmt::format("\n/// {}{}{}\nconst double recorded_{}[] = {{", name, to_string(buffer.shape), recorded.step == 1 ? "" : fmt::format(", every {}th element", recorded.step), array);
  std::string line = "\n   ";
  for (double value : recorded.values) {
    const std::string number = fmt::format(" {},", number_text(value, buffer.dtype));
    if (line.size() + number.size() > 138) {
      text.recorded += line;
      line = "\n   ";
    }
    line += number;
  }
  if (line.ends_with(',')) line.pop_back();
  text.recorded += line + "};\n";
  text.calls += fmt::format("  fine = check(\"{0}\", {1}, recorded_{1}, {2}, {3}) && fine;\n", name, array, recorded.values.size(), recorded.step);
}

namespace {

constexpr const char* kFailed = "return std::fprintf(stderr, \"%s\\n\", status.message), 1;\n";

}  // namespace

void Emitter::add_selftest_predict(SelftestText& text) const {
  const ir::PlannedFunction& f = predict();
  const Selftest& test = *options_.selftest;
  std::string inputs, outputs;
  for (size_t i = 0; i < f.parameters.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[f.parameters[i].index];
    add_selftest_array(text, buffer, "in_" + input_names_[i]);
    inputs += (i ? ", " : "") + selftest_view(buffer, "in_" + input_names_[i], true);
    text.fills += fmt::format("  fill(in_{}, {}, {}, {});\n", input_names_[i], ir::count_of(buffer.shape.at(test.batch)), ++text.filled, test.inputs[i]);
  }
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[f.outputs[i].index];
    add_selftest_array(text, buffer, "out_" + output_names_[i]);
    outputs += (i ? ", " : "") + selftest_view(buffer, "out_" + output_names_[i], false);
  }
  if (has_state()) text.calls += fmt::format("  {}::State state;\n", space());
  const std::string call = fmt::format("if (const kr::Status status = {0}::predict(weights, {1}{0}::Inputs{{{2}}}, {0}::Outputs{{{3}}}, workspace); !status)\n", space(), has_state() ? "state, " : "", inputs, outputs);
  text.calls += test.calls == 1 ? fmt::format("  {}    {}", call, kFailed) : fmt::format("  for (int call = 0; call < {}; ++call)\n    {}      {}", test.calls, call, kFailed);
  text.calls += "  bool fine = true;\n";
  for (size_t i = 0; i < f.outputs.size(); ++i) add_recorded(text, f.buffers[f.outputs[i].index], f.output_names[i], "out_" + output_names_[i], test.outputs[i]);
}

/// Where the bundle has `backward` and its gradients were recorded.
void Emitter::add_selftest_backward(SelftestText& text) const {
  const FunctionWriter* backward = writer("backward");
  const Selftest& test = *options_.selftest;
  if (!backward || test.gradients.empty()) return;
  const ir::PlannedFunction& f = backward->function();
  const std::vector<End> ends = entry_ends(*backward);
  const auto array_of = [&](size_t i) { return (i < f.parameters.size() ? "d_" : "gradient_") + ends[i].text.substr(ends[i].text.find('.') + 1); };
  std::string inputs, cotangents, gradients, arguments;
  for (size_t i = 0; i < ends.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[ends[i].buffer.index];
    if (i < input_names_.size()) {
      inputs += (i ? ", " : "") + selftest_view(buffer, "in_" + input_names_[i], true);
      continue;
    }
    const bool cotangent = i < f.parameters.size();
    add_selftest_array(text, buffer, array_of(i));
    (cotangent ? cotangents : gradients) += fmt::format("      {},\n", selftest_view(buffer, array_of(i), cotangent));
    if (cotangent) text.fills += fmt::format("  fill({}, {}, {}, 0);\n", array_of(i), ir::count_of(buffer.shape.at(test.batch)), ++text.filled);
  }
  const std::map<std::string, std::string> values = {{"w", space() + "::initial_weights()"}, {"s", "fresh"}, {"in", fmt::format("{}::Inputs{{{}}}", space(), inputs)},
                                                     {"cotangents", "cotangents"}, {"gradients", "gradients"}, {"space", "workspace"}};
  text.calls += fmt::format("  const {0}::Cotangents cotangents = {{\n{1}  }};\n  const {0}::Gradients gradients = {{\n{2}  }};\n", space(), cotangents, gradients);
  for (const Parameter& parameter : entry_parameters(*backward)) {
    arguments += (arguments.empty() ? "" : ", ") + values.at(parameter.name);
    if (parameter.name == "s") text.calls += fmt::format("  {}::State fresh;\n", space());
  }
  text.calls += fmt::format("  if (const kr::Status status = {}::backward({}); !status)\n    {}", space(), arguments, kFailed);
  for (size_t i = 0; i < f.outputs.size(); ++i)
    add_recorded(text, f.buffers[f.outputs[i].index], "gradient of " + f.output_names[i].substr(2), array_of(f.parameters.size() + i), test.gradients[i]);
}

std::string Emitter::selftest_source() const {
  const Selftest& test = *options_.selftest;
  const bool file = options_.weights_as == WeightsAs::file;
  SelftestText parts;
  add_selftest_predict(parts);
  add_selftest_backward(parts);
  std::string text = fmt::format(
      "// Self-test of {0}.h: inputs made by rule go through {9}, as they went through Keratin's reference evaluator (in double precision)\n"
      "// when this file was made, and the results are compared. Source: {1}. Made by {2}; this output is yours, without conditions.\n"
      "#include <cmath>\n#include <cstdio>\n{3}\n#include \"{0}.h\"\n\nnamespace {{\n\nconstexpr kr::Size kBatch = {4};\nconstexpr double kLimit = {5};\n\n{6}\n{7}{8}",
      options_.name, options_.source, options_.compiler, file ? "#include <cstdlib>\n" : "", test.batch, test.limit, parts.arrays, kHelpers, parts.recorded,
      test.gradients.empty() ? "predict" : "predict and backward");
  if (file) text += fmt::format(fmt::runtime(kReadWeights), space(), options_.name) + fmt::format("\n{}::Prepared weights;\n", space());
  text += fmt::format("\n}}  // namespace\n\nint main({}) {{\n", file ? "int argc, char** argv" : "");
  text += file ? "  if (!read_weights(argc, argv, weights)) return 1;\n" : fmt::format("  const {0}::Prepared& weights = {0}::prepared();\n", space());
  return text + parts.fills + fmt::format("  {}::Workspace workspace(kBatch);\n", space()) + parts.calls + "  return fine ? 0 : 1;\n}\n";
}

}  // namespace keratin
