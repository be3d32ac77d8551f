// NAME.h: what the user calls.
#include <algorithm>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "ir/support/prepared_name.h"
#include "codegen/expression.h"

namespace keratin {

namespace {

std::string thousands(int64_t number) {
  std::string digits = fmt::format("{}", number), text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

std::string Emitter::header() const {
  const ir::PlannedFunction& f = predict();
  std::string text = fmt::format("// {}\n//\n//   source       {}\n//   parameters   {}\n//   made by      {}; this output is yours, without conditions\n#pragma once\n\n#include \"keratin/runtime/model.h\"\n#include \"keratin/runtime/workspace.h\"\n\nnamespace {} {{\n\n",
                                 options_.name, options_.source, thousands(options_.parameters), options_.compiler, space());
  text += "/// The model's inputs, row-major.\nstruct Inputs {\n";
  for (size_t i = 0; i < f.parameters.size(); ++i) text += fmt::format("  {} {};\n", view_type(f.buffers[f.parameters[i].index], true), input_names_[i]);
  text += "};\n\n/// The model's outputs, row-major.\nstruct Outputs {\n";
  for (size_t i = 0; i < f.outputs.size(); ++i) text += fmt::format("  {} {};\n", view_type(f.buffers[f.outputs[i].index], false), output_names_[i]);
  text += "};\n\n/// Weights as predict wants them: batch normalisation folded in, kernels packed in panels.\nstruct Prepared {\n";
  for (const PreparedField& field : fields_)
    text += prepared_field(field);
  if (fields_.empty()) text += "  alignas(64) float none[16];  // the model has no weights\n";
  text += "};\n\n" + weights_declarations();

  if (trains()) text += training_structs();
  text += state_struct();
  text += "/// Scratch memory for up to `max_batch` examples; one per thread. Allocates in its constructor and never again.\n";
  text += "class Workspace : public kr::Arena {\n public:\n" + bytes_function();
  text += "  explicit Workspace(kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(bytes_for(max_batch), max_batch, pool) {}\n";
  text += "  /// Uses the caller's memory, which must be aligned to 64 bytes; check with `holds()`.\n";
  text += "  Workspace(void* memory, kr::Size bytes, kr::Size max_batch, kr::Pool* pool = nullptr) : kr::Arena(memory, bytes >= bytes_for(max_batch) ? max_batch : 0, pool) {}\n};\n\n";
  return text + predict_declarations() + (trains() ? training_declarations() : "") + fmt::format("\n}}  // namespace {}\n", space());
}

/// Memory for any function of the bundle.
std::string Emitter::bytes_function() const {
  const ir::PlannedFunction& f = predict();
  const ir::Dim bytes = f.workspace_bytes;
  const bool blocks = f.separable && f.block > 0;
  const std::string own = blocks ? fmt::format("{}", bytes.at(f.block)) : dim(bytes, "max_batch");
  if (trains()) {
    std::string text = fmt::format("  static constexpr kr::Size bytes_for(kr::Size max_batch) {{\n    kr::Size most = {};{}\n", own, blocks || bytes.is_static() ? "\n    (void)max_batch;" : "");
    for (const ir::PlannedFunction& other : plan_.functions)
      if (&other != &f && other.workspace_bytes != ir::Dim(0)) text += fmt::format("    if (const kr::Size bytes = {}; bytes > most) most = bytes;  // {}\n", dim(other.workspace_bytes, "max_batch"), other.name);
    return text + "    return most;\n  }\n";
  }
  if (blocks) return fmt::format("  /// Examples pass {} at a time, so the batch does not matter.\n  static constexpr kr::Size bytes_for(kr::Size) {{ return {}; }}\n", f.block, own);
  return fmt::format("  static constexpr kr::Size bytes_for(kr::Size{}) {{ return {}; }}\n", bytes.is_static() ? "" : " max_batch", own);
}

std::string Emitter::prepared_field(const PreparedField& field) const {
  const ir::Variable& variable = program().variable(field.variable);
  const ir::PreparedName name = ir::split_prepared_name(variable.name);
  return fmt::format("  alignas(64) {} {}[{}];  // {}{}{}\n", cpp_type(variable.type.dtype), field.name, field.count, name.weight, variable.type.shape.rank() == 1 ? "" : to_string(variable.type.shape),
                     name.done.empty() ? "" : ": " + name.done);
}

std::string Emitter::weights_declarations() const {
  std::string text;
  if (options_.weights_as != WeightsAs::file) text = "/// The weights of the model's file.\nconst Prepared& prepared() noexcept;\n\n";
  return text + "/// Other weights of the same model: a file's content, as `keratin compile --weights-as file` writes it. Nothing is written unless all of it fits.\n"
                "kr::Status load_weights(const void* file, kr::Size bytes, Prepared&) noexcept;\n"
                "inline kr::Status load(kr::Bytes file, Prepared& p) noexcept { return load_weights(file.data, file.size, p); }\n\n";
}

std::string Emitter::predict_declarations() const {
  const ir::PlannedFunction& f = predict();
  const std::string state = has_state() ? "State&, " : "", state_named = has_state() ? "State& s, " : "";
  const bool free = std::any_of(f.parameters.begin(), f.parameters.end(), [&](ir::BufferId id) { return leads_with_batch(f.buffers[id.index].shape); });
  std::string text = fmt::format("/// Runs the model{}. No allocation, no exceptions, no global state. The outputs must not overlap the inputs.\n", free ? " on any number of examples" : "");
  text += fmt::format("kr::Status predict(const Prepared&, {}const Inputs&, const Outputs&, Workspace&) noexcept;\n", state);
  if (f.parameters.size() != 1 || f.outputs.size() != 1) return text;
  const std::string in = view_type(f.buffers[f.parameters[0].index], true), out = view_type(f.buffers[f.outputs[0].index], false);
  return text + fmt::format("\n/// The same for the one input and the one output.\n"
                            "inline kr::Status predict(const Prepared& p, {}{} in, {} out, Workspace& w) noexcept {{\n  return predict(p, {}Inputs{{in}}, Outputs{{out}}, w);\n}}\n",
                            state_named, in, out, has_state() ? "s, " : "");
}

}  // namespace keratin
