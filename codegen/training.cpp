// NAME_train.cpp and what NAME.h says of it: the functions that work on Keras's own weights.
#include <algorithm>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

namespace {

/// What an entry point is for; `packs`: it needs its scratch memory only once in a while and has it itself.
struct EntryText {
  std::string_view name, comment;
  bool allocates = false;
};
constexpr EntryText kEntries[] = {
    {"backward", "Gradients of sum(output * cotangent), plus the regularization losses, in inference mode. No allocation, no exceptions."},
    {"train_step", "One step of training on a batch: forward, loss, metrics, backward, update of weights and state. No allocation, no exceptions."},
    {"evaluate_step", "Loss and metrics of a batch in inference mode."},
    {"metric_results", "The metrics of all steps since reset().", true},
    {"finish_training", "The end of training: averages take the place of the weights.", true},
    {"prepare", "Weights as predict wants them. Allocates scratch memory while it runs.", true},
};

const EntryText& text_of(const FunctionWriter& f) {
  return *std::find_if(std::begin(kEntries), std::end(kEntries), [&](const EntryText& entry) { return entry.name == f.function().name; });
}

std::string without(std::string_view prefix, const std::string& name) { return name.substr(prefix.size()); }

}  // namespace

/// The operands of an entry point, in the order of the function's parameters and outputs.
std::vector<Emitter::End> Emitter::entry_ends(const FunctionWriter& writer) const {
  const ir::PlannedFunction& f = writer.function();
  Scope targets, cotangents, gradients, results;
  std::vector<End> ends;
  for (size_t i = 0; i < f.parameters.size(); ++i) {
    const std::string& name = f.parameter_names[i];
    std::string text;
    if (i < input_names_.size()) text = "in." + input_names_[i];
    else if (name.starts_with("y/")) text = "targets." + targets.claim(without("y/", name));
    else if (name.starts_with("sample_weight/")) text = "targets." + targets.claim(without("sample_weight/", name) + "_weight");
    else text = "cotangents." + cotangents.claim(without("d_", name));
    ends.push_back({text, f.parameters[i], true});
  }
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    const std::string& name = f.output_names[i];
    const bool scalar = f.buffers[f.outputs[i].index].shape.rank() == 0;
    if (f.name == "backward") ends.push_back({"gradients." + gradients.claim(without("d_", name)), f.outputs[i], true});
    else if (f.name == "metric_results") ends.push_back({(scalar ? "&metrics." : "metrics.") + results.claim(name), f.outputs[i], false});
    else ends.push_back({"&r." + identifier(name), f.outputs[i], false});
  }
  return ends;
}

std::vector<std::string> Emitter::struct_parameters(const FunctionWriter& f) const {
  using Role = ir::BufferRole;
  std::vector<std::string> list;
  const auto take = [&](Role role, std::string_view type, std::string_view name) {
    if (f.uses(role)) list.push_back(fmt::format("{}{}& {}", f.writes(role) ? "" : "const ", type, name));
  };
  take(Role::weight, "Weights", "w");
  take(Role::optimizer, "OptimizerState", "o");
  if (f.uses(Role::state)) list.push_back("State& s");
  take(Role::metric, "StepResult", "r");
  take(Role::prepared, "Prepared", "p");
  return list;
}

std::vector<Emitter::Parameter> Emitter::entry_parameters(const FunctionWriter& f) const {
  const std::string& name = f.function().name;
  const bool steps = name == "train_step" || name == "evaluate_step";
  std::vector<Parameter> list;
  if (name != "metric_results") list.push_back({f.writes(ir::BufferRole::weight) || name == "train_step" ? "Weights&" : "const Weights&", "w"});
  if (name == "train_step") list.push_back({"OptimizerState&", "o"});
  if (name == "finish_training") list.push_back({"const OptimizerState&", "o"});
  if (f.uses(ir::BufferRole::state)) list.push_back({"State&", "s"});
  if (steps || name == "backward") list.push_back({"const Inputs&", "in"});
  if (steps) list.insert(list.end(), {{"const Targets&", "targets"}, {"StepResult&", "r"}});
  if (name == "metric_results") list.insert(list.end(), {{"const StepResult&", "r"}, {"Metrics&", "metrics"}});
  if (name == "backward") list.insert(list.end(), {{"const Cotangents&", "cotangents"}, {"const Gradients&", "gradients"}});
  if (name == "prepare") list.push_back({"Prepared&", "p"});
  if (!text_of(f).allocates) list.push_back({"Workspace&", "space"});
  return list;
}

std::string Emitter::entry_signature(const FunctionWriter& f, bool named) const {
  std::vector<std::string> list;
  for (const Parameter& parameter : entry_parameters(f)) list.push_back(parameter.type + (named ? " " + parameter.name : ""));
  return fmt::format("kr::Status {}({}) noexcept", f.function().name, joined(list, ", "));
}

std::string Emitter::training_declarations() const {
  std::string text;
  for (const FunctionWriter& f : writers_)
    if (&f != &writers_[0]) text += fmt::format("\n/// {}\n{};\n", text_of(f).comment, entry_signature(f, false));
  return text;
}

/// Weights that predict takes as they are.
std::string Emitter::prepare_copies() const {
  std::string text;
  for (const PreparedField& field : fields_)
    for (const PreparedField& weight : weights_)
      if (weight.variable == field.variable) text += fmt::format("  __builtin_memcpy(p.{}, w.{}, sizeof p.{});\n", field.name, weight.name, field.name);
  return text;
}

std::string Emitter::entry_function(const FunctionWriter& writer) const {
  const ir::PlannedFunction& f = writer.function();
  const std::vector<End> ends = entry_ends(writer);
  const bool allocates = text_of(writer).allocates, scratch = f.workspace_bytes != ir::Dim(0);
  std::vector<std::string> arguments = {"batch"};
  for (const std::string& parameter : struct_parameters(writer)) arguments.push_back(parameter.substr(parameter.rfind(' ') + 1));
  for (const End& end : ends) arguments.push_back(end.view ? end.text + ".data()" : end.text);
  std::string text = entry_signature(writer, true) + " {\n", body;
  if (allocates) {
    body += "  const kr::Size batch = 1;\n";
    if (scratch) body += fmt::format("  kr::Arena space({}, 1, nullptr);\n  if (!space.holds(1)) return kr::Arena::too_small();\n", f.workspace_bytes.at(1));
    arguments.push_back(scratch ? "space.memory()" : "nullptr");
    arguments.push_back("nullptr");
    if (f.name == "prepare") body += prepare_copies();
  } else {
    body += operand_checks(f, ends) + "  if (!space.holds(batch)) return kr::Arena::too_small();\n";
    arguments.push_back("space.memory()");
    arguments.push_back("space.pool()");
  }
  body += fmt::format("  return training::{}_block({});\n", f.name, joined(arguments, ", "));
  for (std::string_view name : {"w", "o", "s", "r", "p"})
    if (mentions(text, name) && !mentions(body, name)) text += fmt::format("  (void){};\n", name);
  return text + body + "}\n";
}

std::string Emitter::tables() const {
  std::string text;
  for (const Field& field : tables_) {
    const ir::Variable& variable = program().variable(field.variable);
    std::string values;
    for (int64_t i = 0; i < field.count; ++i) values += (i % 8 != 0 ? ", " : i > 0 ? ",\n    " : field.count > 8 ? "\n    " : "") + literal(variable.type.dtype, variable.initial->element(i));
    text += fmt::format("constexpr {} {}[] = {{{}}};  // {}\n\n", cpp_type(variable.type.dtype), field.name, values, to_string(variable.type.shape));
  }
  return text;
}

std::string Emitter::training_source() const {
  std::vector<const FunctionWriter*> functions;
  for (const FunctionWriter& f : writers_)
    if (&f != &writers_[0]) functions.push_back(&f);
  std::string text = fmt::format("// Training of {0}.h. Source: {1}. Made by {2}; this output is yours, without conditions.\n#include \"{0}.h\"\n\n{3}\nnamespace {4} {{\nnamespace training {{\nnamespace {{\n\n{5}{6}", options_.name, options_.source,
                                 options_.compiler, headers_of(functions), space(), tables(), functors(functions));
  for (const FunctionWriter* f : functions) text += f->block(std::string(text_of(*f).comment), struct_parameters(*f)) + "\n";
  text += "}  // namespace\n}  // namespace training\n";
  std::string entries;
  for (const FunctionWriter* f : functions) entries.append("\n").append(entry_function(*f));
  if (dispatches()) entries = "\n#ifdef KERATIN_TARGET   // one of those that " + options_.name + "_dispatch.cpp chooses from\nnamespace KERATIN_TARGET {\n#endif\n" + entries + "\n#ifdef KERATIN_TARGET\n}\n#endif\n";
  text += entries;
  return text + fmt::format("\n}}  // namespace {}\n", space());
}

}  // namespace keratin
