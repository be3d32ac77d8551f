// NAME_dispatch.cpp: which of the bodies, compiled for several levels of x86-64, the machine can run.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "codegen/emitter.h"

namespace keratin {

namespace {

/// Levels from the highest to the lowest and what tells them apart (System V ABI for x86-64, section "micro-architecture levels").
struct Level {
  std::string_view target, space;
  std::array<std::string_view, 5> features;
};
constexpr std::array kLevels = {
    Level{"x86-64-v4", "x86_64_v4", {"avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd"}},
    Level{"x86-64-v3", "x86_64_v3", {"avx2", "fma", "bmi", "bmi2", ""}},
    Level{"x86-64-v2", "x86_64_v2", {"sse4.2", "popcnt", "ssse3", "", ""}},
    Level{"generic", "generic", {"", "", "", "", ""}},
};

std::vector<Level> levels_of(const std::vector<std::string>& targets) {
  std::vector<Level> levels;
  for (const Level& level : kLevels)
    if (std::find(targets.begin(), targets.end(), level.target) != targets.end()) levels.push_back(level);
  return levels;
}

}  // namespace

bool Emitter::dispatches() const { return levels_of(options_.targets).size() > 1; }

/// `if (...) return x86_64_v4::NAME(ARGUMENTS);` for each level, then a status.
std::string Emitter::level_choice(std::string_view name, std::string_view arguments) const {
  std::string choice;
  for (const Level& level : levels_of(options_.targets)) {
    std::string condition;
    for (const std::string_view feature : level.features)
      if (!feature.empty()) condition += fmt::format("{}__builtin_cpu_supports(\"{}\")", condition.empty() ? "" : " && ", feature);
    choice += fmt::format("  {}return {}::{}({});\n", condition.empty() ? "" : fmt::format("if ({}) ", condition), level.space, name, arguments);
  }
  if (levels_of(options_.targets).back().target != "generic") choice += "  return {kr::StatusCode::unsupported_processor, \"the processor has none of the instruction sets that the model was compiled for\"};\n";
  return "  __builtin_cpu_init();\n" + choice;
}

/// The same for a function on weights, declared for each level and defined.
std::string Emitter::dispatched(const FunctionWriter& f) const {
  std::string text = "\n", arguments;
  for (const Level& level : levels_of(options_.targets)) text += fmt::format("namespace {} {{\n{};\n}}\n", level.space, entry_signature(f, false));
  for (const Parameter& parameter : entry_parameters(f)) arguments += (arguments.empty() ? "" : ", ") + parameter.name;
  return text + fmt::format("\n{} {{\n{}}}\n", entry_signature(f, true), level_choice(f.function().name, arguments));
}

std::string Emitter::dispatch_source() const {
  const std::string state = has_state() ? "State& s, " : "", state_passed = has_state() ? "s, " : "";
  std::string text = fmt::format(
      "// Chooses the body of {0}.h by what the processor can do. Source: {1}. Made by {2}; this output is yours, without conditions.\n"
      "// For x86-64: compile {0}.cpp{4} once for each target with -DKERATIN_TARGET=<name below> and its -march, and this file with -DKERATIN_DISPATCH\n"
      "// (keratin_add_model does). Without these macros {0}.cpp is the only body and this file is empty.\n"
      "#include \"{0}.h\"\n\n#if defined(KERATIN_DISPATCH) && defined(__x86_64__)\nnamespace {3} {{\n\n",
      options_.name, options_.source, options_.compiler, space(), trains() ? fmt::format(" and {}_train.cpp", options_.name) : "");
  for (const Level& level : levels_of(options_.targets))
    text += fmt::format("namespace {} {{\nkr::Status predict(const Prepared&, {}const Inputs&, const Outputs&, Workspace&) noexcept;\n}}\n", level.space, has_state() ? "State&, " : "");
  text += fmt::format("\nkr::Status predict(const Prepared& p, {}const Inputs& in, const Outputs& out, Workspace& w) noexcept {{\n{}}}\n", state, level_choice("predict", "p, " + state_passed + "in, out, w"));
  for (const FunctionWriter& f : writers_)
    if (&f != &writers_[0]) text += dispatched(f);
  return text + fmt::format("\n}}  // namespace {}\n#endif\n", space());
}

}  // namespace keratin
