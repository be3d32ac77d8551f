// The C entry points by which the tool runs a bundle that it has loaded as a library.
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

namespace {

std::string export_text(const std::string& signature, const std::string& body) { return fmt::format("__attribute__((visibility(\"default\"))) {} {{\n{}}}\n", signature, body); }

}  // namespace

std::string Emitter::view_text(const ir::Buffer& buffer, const std::string& pointer, bool constant) {
  std::string free;
  for (ir::Dim extent : buffer.shape.dims)
    if (!extent.is_static()) free += ", " + dim(extent);
  return fmt::format("{{static_cast<{}{}*>({}){}}}", constant ? "const " : "", cpp_type(buffer.dtype), pointer, free);
}

std::vector<std::pair<ir::VariableId, std::string>> Emitter::held_fields() const {
  std::vector<std::pair<ir::VariableId, std::string>> list;
  for (const PreparedField& field : weights_) list.emplace_back(field.variable, "w." + field.name);
  for (const Field& field : slots_) list.emplace_back(field.variable, field_text_.at({ir::BufferRole::optimizer, field.variable}));
  for (const Field& field : metrics_) list.emplace_back(field.variable, field_text_.at({ir::BufferRole::metric, field.variable}));
  return list;
}

std::string Emitter::held_call(const FunctionWriter& writer) const {
  const ir::PlannedFunction& f = writer.function();
  const std::vector<End> ends = entry_ends(writer);
  std::map<std::string, std::string> views;    // members of the structs of views, in order
  std::map<std::string, std::string> targets;  // by member: not every step takes all
  std::string after;
  for (size_t i = 0; i < ends.size(); ++i) {
    const bool input = i < f.parameters.size();
    const size_t place = input ? i : i - f.parameters.size();
    const ir::Buffer& buffer = f.buffers[ends[i].buffer.index];
    const size_t dot = ends[i].text.find('.');
    std::string& members = views[ends[i].text.substr(0, dot)];
    if (ends[i].text.starts_with("targets.")) targets[ends[i].text.substr(dot + 1)] = view_text(buffer, fmt::format("in[{}]", place), true);
    else if (ends[i].view) members += (members.empty() ? "" : ", ") + view_text(buffer, fmt::format("{}[{}]", input ? "in" : "out", place), input);
    else after += fmt::format("  __builtin_memcpy(out[{}], {}, sizeof({}) * {});\n", place, ends[i].text, cpp_type(buffer.dtype), buffer.shape.static_count());
  }
  if (!targets.empty())
    for (const auto& [member, type] : target_members()) views["targets"] += (views["targets"].empty() ? "" : ", ") + (targets.contains(member) ? targets[member] : "{}");
  const std::string space = this->space();
  std::string arguments;
  const std::map<std::string, std::string> values = {{"in", fmt::format("{}::Inputs{{{}}}", space, views["in"])}, {"targets", fmt::format("{}::Targets{{{}}}", space, views["targets"])},
                                                     {"cotangents", fmt::format("{}::Cotangents{{{}}}", space, views["cotangents"])}, {"gradients", fmt::format("{}::Gradients{{{}}}", space, views["gradients"])},
                                                     {"s", "h.state"}, {"space", "*h.workspace"}};
  for (const Parameter& parameter : entry_parameters(writer)) {
    const auto value = values.find(parameter.name);
    arguments += (arguments.empty() ? "" : ", ") + (value == values.end() ? parameter.name : value->second);
  }
  const bool has_metrics = f.name == "metric_results";
  return fmt::format("{}  if (const kr::Status status = {}::{}({}); !status) return status.message;\n{}", has_metrics ? fmt::format("  {}::Metrics metrics;\n", space) : "", space, f.name, arguments, after);
}

std::vector<ir::VariableId> held_variables(const ir::Plan& plan) {
  const EmitOptions options;
  const Emitter emitter(plan, options);
  std::vector<ir::VariableId> list;
  for (const auto& [variable, text] : emitter.held_fields()) list.push_back(variable);
  return list;
}

std::string emit_entry(const ir::Plan& plan, const EmitOptions& options, const std::string& symbol) {
  const Emitter emitter(plan, options);
  const ir::PlannedFunction& f = emitter.predict();
  const std::string space = emitter.space();
  std::string inputs, outputs;
  for (size_t i = 0; i < f.parameters.size(); ++i) inputs += (i ? ", " : "") + Emitter::view_text(f.buffers[f.parameters[i].index], fmt::format("in[{}]", i), true);
  for (size_t i = 0; i < f.outputs.size(); ++i) outputs += (i ? ", " : "") + Emitter::view_text(f.buffers[f.outputs[i].index], fmt::format("out[{}]", i), false);
  const bool steps = emitter.writer("train_step") != nullptr, counts = steps || emitter.writer("evaluate_step");
  // What one loaded model holds: its workspace and, where it has them, state, weights and what training keeps.
  std::string held = fmt::format("  {}::Workspace* workspace = nullptr;\n", space);
  if (emitter.has_state()) held += fmt::format("  {}::State state;\n", space);
  if (emitter.trains()) held += fmt::format("  {0}::Weights weights = {0}::initial_weights();\n  {0}::Prepared prepared = {0}::prepared();\n", space);
  if (steps) held += fmt::format("  {}::OptimizerState optimizer{{weights}};\n", space);
  if (counts) held += fmt::format("  {}::StepResult result;\n", space);
  held += fmt::format("  ~{}_Held() {{ delete workspace; }}\n  void resize(long n, void* pool) {{\n    delete workspace;\n    workspace = new {}::Workspace(n, static_cast<kr::Pool*>(pool));\n  }}\n", symbol, space);
  const std::string get = fmt::format("  auto& h = *static_cast<{}_Held*>(held);\n", symbol);
  std::string text = fmt::format("#include \"{}.h\"\n\nnamespace {{\nstruct {}_Held {{\n{}}};\n}}\nextern \"C\" {{\n", options.name, symbol, held);
  text += export_text(fmt::format("void* {}_open(long max_batch, void* pool)", symbol), fmt::format("  auto* held = new {}_Held;\n  held->resize(max_batch, pool);\n  return held;\n", symbol));
  text += export_text(fmt::format("void {}_resize(void* held, long max_batch, void* pool)", symbol), get + "  h.resize(max_batch, pool);\n");
  text += export_text(fmt::format("void {}_close(void* held)", symbol), fmt::format("  delete static_cast<{}_Held*>(held);\n", symbol));
  text += export_text(fmt::format("const char* {}_run(void* held, long n, const void* const* in, void* const* out)", symbol),
                      "  (void)n;\n" + get + fmt::format("  const kr::Status status = {0}::predict({1}, {2}{0}::Inputs{{{3}}}, {0}::Outputs{{{4}}}, *h.workspace);\n  return status ? nullptr : status.message;\n", space,
                                                        emitter.trains() ? "h.prepared" : space + "::prepared()", emitter.has_state() ? "h.state, " : "", inputs, outputs));
  text += export_text(fmt::format("long {}_workspace(long n)", symbol), fmt::format("  return {}::Workspace::bytes_for(n);\n", space));
  text += export_text(fmt::format("long {}_weights()", symbol), fmt::format("  return sizeof({}::Prepared);\n", space));
  text += export_text(fmt::format("void {}_reset(void* held)", symbol), emitter.has_state() ? get + "  h.state.reset();\n" : "  (void)held;\n");
  if (!emitter.trains()) return text + "}\n";
  const std::string structs = std::string("  auto& w = h.weights;\n  auto& p = h.prepared;\n") + (steps ? "  auto& o = h.optimizer;\n  (void)o;\n" : "") + (counts ? "  auto& r = h.result;\n  (void)r;\n" : "") + "  (void)w;\n  (void)p;\n";
  std::string calls, fields;
  for (size_t i = 1; i < plan.functions.size(); ++i)
    calls += fmt::format("  if (function == {}) {{\n{}  }}\n", i, emitter.held_call(*emitter.writer(plan.functions[i].name)));
  const auto list = emitter.held_fields();
  for (size_t i = 0; i < list.size(); ++i) fields += fmt::format("    case {}: return {};\n", i, list[i].second);
  text += export_text(fmt::format("const char* {}_call(void* held, long function, long n, const void* const* in, void* const* out)", symbol), "  (void)n;\n  (void)in;\n  (void)out;\n" + get + structs + calls + "  return nullptr;\n");
  text += export_text(fmt::format("void* {}_field(void* held, long field)", symbol), get + structs + "  switch (field) {\n" + fields + "    default: return nullptr;\n  }\n");
  return text + "}\n";
}

}  // namespace keratin
