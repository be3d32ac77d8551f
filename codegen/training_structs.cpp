// The structs beside Prepared: Weights, OptimizerState, StepResult and Metrics, Targets, Cotangents and Gradients.
#include <algorithm>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

namespace {

std::string without(std::string_view prefix, const std::string& name) { return name.starts_with(prefix) ? name.substr(prefix.size()) : name; }

bool is_scalar(const ir::Variable& variable) { return variable.type.shape.rank() == 0; }

}  // namespace

/// Every variable that the functions on weights use, in the program's order, which is Keras's.
void Emitter::name_training_fields() {
  Scope weights, slots({"OptimizerState"}), metrics({"reset", "loss"}), tables;
  std::map<std::pair<ir::BufferRole, ir::VariableId>, const ir::Buffer*> used;
  for (const ir::PlannedFunction& f : plan_.functions)
    for (const ir::Buffer& buffer : f.buffers) used[{buffer.role, ir::VariableId{buffer.index}}] = &buffer;
  for (uint32_t i = 0; i < program().variables.size(); ++i) {
    const ir::Variable& variable = program().variables[i];
    const ir::VariableId id{i};
    const int64_t count = variable.type.shape.static_count();
    const auto take = [&](ir::BufferRole role, std::string_view object, std::vector<Field>& fields, std::string name) {
      fields.push_back({id, std::move(name), count});
      field_text_[{role, id}] = fmt::format("{}{}{}", is_scalar(variable) && role != ir::BufferRole::table ? "&" : "", object, fields.back().name);
    };
    if (variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic) {
      add_field(weights_, id, weights.claim(variable.name));
      field_text_[{ir::BufferRole::weight, id}] = "w." + weights_.back().name;
    }
    if (used.contains({ir::BufferRole::optimizer, id})) take(ir::BufferRole::optimizer, "o.", slots_, slots.claim(without("optimizer/", variable.name)));
    if (used.contains({ir::BufferRole::metric, id})) take(ir::BufferRole::metric, "r.", metrics_, metrics.claim(without("metric/", variable.name)));
    if (used.contains({ir::BufferRole::table, id})) take(ir::BufferRole::table, "", tables_, tables.claim("k_" + variable.name));
  }
}

std::string Emitter::views_struct(const FunctionWriter& f, std::string_view struct_name, std::string_view comment, bool outputs) const {
  std::string text = fmt::format("/// {}\nstruct {} {{\n", comment, struct_name);
  for (const End& end : entry_ends(f)) {
    const std::string object = end.text.substr(0, end.text.find('.'));
    if (end.view && object == (struct_name == "Cotangents" ? "cotangents" : "gradients"))
      text += fmt::format("  {} {};\n", view_type(f.function().buffers[end.buffer.index], !outputs), end.text.substr(object.size() + 1));
  }
  return text + "};\n\n";
}

std::vector<std::pair<std::string, std::string>> Emitter::target_members() const {
  constexpr std::string_view kObject = "targets.";
  std::vector<std::pair<std::string, std::string>> list;
  for (const char* name : {"train_step", "evaluate_step"}) {
    const FunctionWriter* f = writer(name);
    if (!f) continue;
    for (const End& end : entry_ends(*f)) {
      if (!end.text.starts_with(kObject)) continue;
      const std::string member = end.text.substr(kObject.size());
      if (std::none_of(list.begin(), list.end(), [&](const auto& known) { return known.first == member; })) list.emplace_back(member, view_type(f->function().buffers[end.buffer.index], true));
    }
  }
  return list;
}

std::string Emitter::training_structs() const {
  std::string text = "/// Every variable of the model as Keras has it.\nstruct Weights {\n";
  for (const PreparedField& field : weights_) text += prepared_field(field);
  text += weights_.empty() ? "  alignas(64) float none[16];  // the model has no weights\n};\n\n" : "};\n\n";
  text += "/// The weights of the model's file.\nconst Weights& initial_weights() noexcept;\n\n";
  if (const FunctionWriter* f = writer("backward")) {
    text += views_struct(*f, "Cotangents", "What is multiplied with the derivatives of the outputs and summed.", false);
    text += views_struct(*f, "Gradients", "The gradients of that sum: of inputs, and of trainable weights in the layouts of Weights.", true);
  }
  if (!writer("train_step") && !writer("evaluate_step")) return text;
  text += "/// What the outputs should be, and the weights of examples where the loss takes them.\nstruct Targets {\n";
  for (const auto& [member, type] : target_members()) text += fmt::format("  {} {};\n", type, member);
  text += "};\n\n";
  return text + (writer("train_step") ? optimizer_struct() : "") + result_struct();
}

std::string Emitter::optimizer_struct() const {
  std::string text = "/// What the optimizer keeps from step to step.\nstruct OptimizerState {\n";
  for (const Field& field : slots_) text += plain_field(field);
  return text + "\n  /// The beginning of training.\n  explicit OptimizerState(const Weights&) noexcept;\n};\n\n";
}

std::string Emitter::result_struct() const {
  std::string text = "/// The loss of a step, and what metrics have counted since reset().\nstruct StepResult {\n  float loss = 0;\n";
  for (const Field& field : metrics_) text += plain_field(field);
  return text + "\n  StepResult() noexcept { reset(); }\n  /// Begins an epoch.\n  void reset() noexcept;\n};\n\n" + results_struct();
}

std::string Emitter::results_struct() const {
  const FunctionWriter* f = writer("metric_results");
  if (!f) return "";
  std::string text = "/// The metrics so far: means over the examples since reset().\nstruct Metrics {\n";
  for (const End& end : entry_ends(*f)) {
    const ir::Buffer& buffer = f->function().buffers[end.buffer.index];
    const std::string name = end.text.substr(end.text.find('.') + 1);
    text += buffer.shape.rank() == 0 ? fmt::format("  {} {} = 0;\n", cpp_type(buffer.dtype), name) : fmt::format("  {} {}[{}] = {{}};\n", cpp_type(buffer.dtype), name, buffer.shape.static_count());
  }
  return text + "};\n\n";
}

/// Constructors and resets: slots begin as numbers, or as copies of weights.
std::string Emitter::optimizer_start() const {
  if (!writer("train_step") && !writer("evaluate_step")) return "";
  const auto body = [&](const std::vector<Field>& fields) {
    std::string text;
    for (const Field& field : fields) {
      const ir::Variable& variable = program().variable(field.variable);
      const auto copied = std::find_if(weights_.begin(), weights_.end(), [&](const PreparedField& weight) { return variable.initial && program().variable(weight.variable).initial == variable.initial; });
      const std::string value = literal(variable.type.dtype, variable.initial ? variable.initial->element(0) : ir::Number());
      if (copied != weights_.end()) text += fmt::format("  __builtin_memcpy({0}, w.{1}, sizeof {0});\n", field.name, copied->name);
      else if (is_scalar(variable)) text += fmt::format("  {} = {};\n", field.name, value);
      else text += fmt::format("  for ({}& value : {}) value = {};\n", cpp_type(variable.type.dtype), field.name, value);
    }
    return text;
  };
  const std::string optimizer = writer("train_step") ? "OptimizerState::OptimizerState(const Weights& w) noexcept {\n  (void)w;\n" + body(slots_) + "}\n\n" : "";
  return optimizer + "void StepResult::reset() noexcept {\n" + body(metrics_) + "}\n\n";
}

}  // namespace keratin
