#include "codegen/emitter.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "codegen/expression.h"
#include "ir/plan/planner.h"
#include "ir/support/prepared_name.h"

namespace keratin {

namespace {

constexpr size_t kAlignment = 64;

std::string camel(std::string_view text) {
  std::string result;
  bool upper = true;
  for (char c : text) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return result;
}

/// A functor is named after what it computes last: `Relu`, `AddMax`.
std::string expression_name(const ir::Expression& expression) {
  std::string name;
  int words = 0;
  for (size_t i = expression.nodes.size(); i-- > 0 && words < 3;) {
    const auto& node = expression.nodes[i];
    if (node.leaf >= 0 || node.function == "constant" || node.function == "identity") continue;
    std::string function = node.function.starts_with("convert<") ? "cast" : node.function;
    for (const std::string_view integers : {"wrapping_", "integer_"})
      if (function.starts_with(integers)) function.erase(0, integers.size());
    name = camel(function) + name;
    ++words;
  }
  if (expression.nodes.size() == 3 && expression.nodes[2].function == "max") {
    for (const auto& node : expression.nodes)
      if (node.function == "constant" && node.immediate == ir::Number()) return "Relu";
  }
  return name.empty() ? "Copy" : name;
}

/// The functor of a pass with several results is named after the call it belongs to: `UpdatePass`.
std::string functor_stem(const ir::Plan& plan, const ir::Step& step, const ir::Expression& expression) {
  const ir::OriginId id = step.fused.empty() ? step.origin : step.fused.back();
  if (expression.results.empty() || !id.valid()) return expression_name(expression);
  const std::string& path = plan.program->origins[id.index].path;
  return camel(path.substr(path.rfind('/') + 1)) + "Pass";
}

/// How many prepared buffers come from each weight.
std::map<std::string, int> weight_names(const ir::PlannedFunction& f) {
  std::map<std::string, int> count;
  for (const ir::Buffer& buffer : f.buffers)
    if (buffer.role == ir::BufferRole::prepared) ++count[ir::split_prepared_name(buffer.name).weight];
  return count;
}

}  // namespace

Emitter::Emitter(const ir::Plan& plan, const EmitOptions& options) : plan_(plan), options_(options) {
  name_fields();
  if (trains()) name_training_fields();
  Scope inputs, outputs;
  for (const std::string& name : predict().parameter_names) input_names_.push_back(inputs.claim(name));
  for (const std::string& name : predict().output_names) output_names_.push_back(outputs.claim(name));
  name_functors();
  for (const ir::PlannedFunction& f : plan_.functions) writers_.emplace_back(*this, f);
}

const FunctionWriter* Emitter::writer(std::string_view name) const {
  for (const FunctionWriter& writer : writers_)
    if (writer.function().name == name) return &writer;
  return nullptr;
}

void Emitter::add_field(std::vector<PreparedField>& fields, ir::VariableId variable, std::string name) const {
  size_t offset = 0;
  if (!fields.empty()) {
    const PreparedField& last = fields.back();
    offset = last.offset + static_cast<size_t>(last.count) * size_of(ir::storage(program().variable(last.variable).type.dtype));
    offset = (offset + kAlignment - 1) / kAlignment * kAlignment;
  }
  fields.push_back({variable, std::move(name), program().variable(variable).type.shape.static_count(), offset});
}

/// Prepared and State hold what predict reads. Fields are named after their Keras weights; two forms of one weight say which is which.
void Emitter::name_fields() {
  Scope fields, states({"reset", "State"});
  const std::map<std::string, int> weights = weight_names(predict());
  for (const ir::Buffer& buffer : predict().buffers) {
    const ir::VariableId id{buffer.index};
    if (buffer.role == ir::BufferRole::prepared) {
      const std::string weight = ir::split_prepared_name(buffer.name).weight;
      add_field(fields_, id, fields.claim(weights.at(weight) == 1 ? weight : buffer.name));
      field_text_[{buffer.role, id}] = "p." + fields_.back().name;
    } else if (buffer.role == ir::BufferRole::state) {
      states_.push_back({id, states.claim(buffer.name), buffer.shape.static_count()});
      field_text_[{buffer.role, id}] = "s." + states_.back().name;
    }
  }
}

void Emitter::name_functors() {
  Scope functors({"Inputs", "Outputs", "Prepared", "State", "Workspace", "Weights"});
  if (trains()) functors.reserve({"OptimizerState", "Targets", "StepResult", "Metrics", "Cotangents", "Gradients"});
  for (const ir::PlannedFunction& f : plan_.functions) {
    for (const ir::Step& step : f.steps) {
      for (const ir::Arg& arg : step.args) {
        if (const auto* functor = std::get_if<ir::FunctorArg>(&arg); functor && !functor_names_.contains(functor->expression))
          functor_names_[functor->expression] = functors.claim(functor_stem(plan_, step, plan_.expressions[functor->expression.index]));
        const auto* epilogue = std::get_if<ir::Epilogue>(&arg);
        if (!epilogue || !epilogue->expression.valid() || epilogues_.contains(epilogue_key(*epilogue))) continue;
        epilogues_[epilogue_key(*epilogue)] = *epilogue;
        epilogue_names_[epilogue_key(*epilogue)] = functors.claim("Then" + expression_name(plan_.expressions[epilogue->expression.index]));
      }
    }
  }
}

std::string Emitter::epilogue_key(const ir::Epilogue& epilogue) {
  std::string key = fmt::format("{}", epilogue.expression.index);
  bool channels = false;
  for (const ir::Epilogue::Leaf& leaf : epilogue.leaves) {
    key += fmt::format(" {}", static_cast<int>(leaf.reach));
    channels = channels || leaf.reach == ir::Epilogue::Reach::channel;
  }
  return channels ? key + fmt::format(" of {}", epilogue.channels) : key;
}

std::string Emitter::epilogue_name(const ir::Epilogue& epilogue) const { return epilogue.expression.valid() ? epilogue_names_.at(epilogue_key(epilogue)) : "kr::NoEpilogue"; }

size_t Emitter::bytes_of(const std::vector<PreparedField>& fields) const {
  if (fields.empty()) return 0;
  const PreparedField& last = fields.back();
  const size_t end = last.offset + static_cast<size_t>(last.count) * size_of(ir::storage(program().variable(last.variable).type.dtype));
  return (end + kAlignment - 1) / kAlignment * kAlignment;
}

std::string Emitter::dim(ir::Dim d, std::string_view batch) {
  if (d.is_static()) return fmt::format("{}", d.size);
  std::string text = d.batch == 1 ? std::string(batch) : fmt::format("{} * {}", d.batch, batch);
  if (d.size > 0) text += fmt::format(" + {}", d.size);
  if (d.size < 0) text += fmt::format(" - {}", -d.size);
  return text;
}

std::string Emitter::view_type(const ir::Buffer& buffer, bool constant) const {
  std::string text = fmt::format("kr::View<{}{}", constant ? "const " : "", cpp_type(buffer.dtype));
  for (ir::Dim d : buffer.shape.dims) text += d.is_static() ? fmt::format(", {}", d.size) : ", kr::any";
  if (buffer.shape.rank() == 0) text += ", 1";
  return text + ">";
}

}  // namespace keratin
