// NAME_trainer.h: the bundle in the training loop of keratin/training, and its weights in files.
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"
#include "ir/plan/planner.h"

namespace keratin {

namespace {

std::string extents_text(const ir::Shape& shape) {
  std::string text;
  for (ir::Dim extent : shape.dims) text += fmt::format("{}{}", text.empty() ? "" : ", ", extent.size);
  return "{" + text + "}";
}

/// Bytes of one example.
int64_t row_bytes(const ir::Buffer& buffer) {
  int64_t bytes = static_cast<int64_t>(size_of(ir::storage(buffer.dtype)));
  for (size_t axis = 1; axis < buffer.shape.dims.size(); ++axis) bytes *= buffer.shape.dims[axis].size;
  return bytes;
}

constexpr const char* kFiles = R"(/// Every array of both structs under its name in files: weights by their paths, `optimizer/...`.
inline std::vector<kr::SavedArray> saved_arrays(Weights& w, OptimizerState& o) {{
  (void)w;
  (void)o;
  return {{
{0}  }};
}}

/// Writes an .npz file, complete or not at all.
inline kr::Status save(const char* path, const Weights& w, const OptimizerState& o) {{
  return kr::plain_status(kr::save_arrays(path, saved_arrays(const_cast<Weights&>(w), const_cast<OptimizerState&>(o))));
}}

/// Reads what `save` wrote. Nothing is changed unless all of it fits.
inline kr::Status load(const char* path, Weights& w, OptimizerState& o) {{ return kr::plain_status(kr::load_arrays(path, saved_arrays(w, o))); }}

)";

constexpr const char* kClass = R"(/// The model as kr::fit and kr::evaluate take it. Holds weights, the optimizer's state and the workspace.
class Trainer final : public kr::Trainable {{
 public:
  /// Begins with `weights`. `max_batch`: the largest batch of fit and evaluate.
  explicit Trainer(kr::Size max_batch, const Weights& weights = initial_weights(), kr::Pool* pool = nullptr)
      : weights_(std::make_unique<Weights>(weights)), state_(std::make_unique<OptimizerState>(weights)), space_(max_batch, pool) {{}}

  Weights& weights() {{ return *weights_; }}
  OptimizerState& state() {{ return *state_; }}
  kr::Status load(const char* path) {{ return {0}::load(path, *weights_, *state_); }}
{14}
  kr::Size columns() const override {{ return {1}; }}
  const char* column_name(kr::Size i) const override {{
    static constexpr const char* kNames[] = {{{2}}};
    return kNames[i];
  }}
  kr::Size row_bytes(kr::Size i) const override {{
    static constexpr kr::Size kBytes[] = {{{3}}};
    return kBytes[i];
  }}
  kr::Size fixed_batch() const override {{ return {4}; }}
  kr::Status train(const void* const* columns, kr::Size n, double& loss) noexcept override {{
    (void)n;
    const kr::Status status = train_step(*weights_, *state_, {5}result_, space_);
    loss = static_cast<double>(result_.loss);
    return status;
  }}
  kr::Status evaluate(const void* const* columns, kr::Size n, double& loss) noexcept override {{
    (void)n;
    const kr::Status status = evaluate_step(*weights_, {5}result_, space_);
    loss = static_cast<double>(result_.loss);
    return status;
  }}
  void reset_metrics() noexcept override {{ result_.reset(); }}
  kr::Size results() const override {{ return {6}; }}
  const char* result_name(kr::Size i) const override {{
    static constexpr const char* kNames[] = {{{7}}};
    return kNames[i];
  }}
  kr::Size result_count(kr::Size i) const override {{
    static constexpr kr::Size kCounts[] = {{{8}}};
    return kCounts[i];
  }}
  kr::Direction result_direction(kr::Size i) const override {{
    static constexpr kr::Direction kDirections[] = {{{13}}};
    return kDirections[i];
  }}
  void result(kr::Size i, double* values) const override {{
    Metrics metrics;
    if (!metric_results(result_, metrics)) {{  // no memory
      for (kr::Size k = 0; k < result_count(i); ++k) values[k] = std::nan("");
      return;
    }}
    switch (i) {{
{9}    }}
  }}
{10}
  kr::Size weight_bytes() const override {{ return sizeof(Weights); }}
  void copy_weights(void* to) const override {{ std::memcpy(to, weights_.get(), sizeof(Weights)); }}
  void set_weights(const void* from) override {{ std::memcpy(weights_.get(), from, sizeof(Weights)); }}
  kr::Status finish() override {{ return {11}; }}
  kr::Status save(const char* path) const override {{ return {0}::save(path, *weights_, *state_); }}

 private:
  std::unique_ptr<Weights> weights_;
  std::unique_ptr<OptimizerState> state_;
  StepResult result_;{12}
  Workspace space_;
}};

}}  // namespace {0}
)";

std::string data_function(const char* inputs, const char* targets, const std::string& columns) {
  const bool compared = columns.find("targets.") != std::string::npos;
  return fmt::format("  /// Examples and what the outputs should be, as kr::fit and kr::evaluate take them; nothing is copied.\n"
                     "  static kr::TrainingData data(const {}& in, const {}&{}) {{ return kr::training_data({{{}}}); }}\n",
                     inputs, targets, compared ? " targets" : "", columns);
}

}  // namespace

/// Inputs and Targets of a fixed batch hold one; these hold any number of examples.
std::string Emitter::many_batches(const ir::PlannedFunction& f, const std::vector<End>& ends) const {
  std::map<std::string, std::string> members;
  for (size_t i = 0; i < f.parameters.size(); ++i) {
    ir::Buffer buffer = f.buffers[f.parameters[i].index];
    buffer.shape[0] = ir::kBatch;
    const size_t dot = ends[i].text.find('.');
    members[ends[i].text.substr(0, dot)] += fmt::format("    {} {};\n", view_type(buffer, true), ends[i].text.substr(dot + 1));
  }
  const std::string text = "  /// Examples of many batches.\n  struct DataInputs {\n" + members["in"] + "  };\n";
  return text + "  /// What the outputs should be, and the weights of examples where the loss takes them.\n  struct DataTargets {\n" + members["targets"] + "  };\n";
}

std::string Emitter::trainer_header() const {
  const FunctionWriter &step = *writer("train_step"), &results = *writer("metric_results");
  const ir::PlannedFunction &f = step.function(), &r = results.function();
  std::string arrays, names, bytes, keys, counts, cases, columns;
  const auto add_array = [&](ir::VariableId id, const std::string& text) {
    const ir::Variable& variable = program().variable(id);
    arrays += fmt::format("      kr::saved_array(\"{}\", {}, {}),\n", variable.name, extents_text(variable.type.shape), text);
  };
  for (const auto& [id, text] : held_fields())
    if (program().variable(id).role != ir::Role::metric) add_array(id, text);
  const auto comma = [](std::string& list, const std::string& entry) { list += (list.empty() ? "" : ", ") + entry; };
  std::map<std::string, std::string> views;
  const std::vector<End> ends = entry_ends(step);
  for (size_t i = 0; i < f.parameters.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[f.parameters[i].index];
    comma(names, fmt::format("\"{}{}\"", i < input_names_.size() ? "x/" : "", f.parameter_names[i]));
    comma(bytes, fmt::format("{}", row_bytes(buffer)));
    comma(columns, fmt::format("{{{0}.data(), {0}.rows()}}", ends[i].text));
    comma(views[ends[i].text.substr(0, ends[i].text.find('.'))], view_text(buffer, fmt::format("columns[{}]", i), true));
  }
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    const ir::Buffer& buffer = r.buffers[r.outputs[i].index];
    const std::string field = entry_ends(results)[r.parameters.size() + i].text, member = field.substr(field.find('.') + 1);
    const int64_t count = buffer.shape.static_count();
    comma(keys, fmt::format("\"{}\"", r.output_names[i]));
    comma(counts, fmt::format("{}", count));
    cases += buffer.shape.rank() == 0 ? fmt::format("      case {}: values[0] = static_cast<double>(metrics.{}); break;\n", i, member)
                                      : fmt::format("      case {0}:\n        for (int k = 0; k < {1}; ++k) values[k] = static_cast<double>(metrics.{2}[k]);\n        break;\n", i, count, member);
  }
  std::string directions;
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    const int better = i < options_.result_directions.size() ? options_.result_directions[i] : 0;
    comma(directions, better > 0 ? "kr::Direction::up" : better < 0 ? "kr::Direction::down" : "kr::Direction::none");
  }
  const ir::Dim batch = f.buffers[f.parameters[0].index].shape[0];
  const std::string typed = batch.is_static() ? many_batches(f, ends) + data_function("DataInputs", "DataTargets", columns) : data_function("Inputs", "Targets", columns);
  const bool stateful = step.uses(ir::BufferRole::state);
  const std::string calls = fmt::format("{}Inputs{{{}}}, Targets{{{}}}, ", stateful ? "state_of_layers_, " : "", views["in"], views["targets"]);
  std::string rate = "  kr::Size iterations() const override { return state_->iteration; }\n";
  bool settable = false;
  for (const Field& field : slots_) settable = settable || program().variable(field.variable).name == "optimizer/learning_rate";
  if (settable)
    rate += "  double learning_rate() const override { return static_cast<double>(state_->learning_rate); }\n"
            "  kr::Status set_learning_rate(double rate) noexcept override {\n    state_->learning_rate = static_cast<float>(rate);\n    return {};\n  }";
  else
    rate += "  double learning_rate() const override { return std::nan(\"\"); }\n"
            "  kr::Status set_learning_rate(double) noexcept override { return {kr::StatusCode::bad_argument, \"a schedule in the optimizer decides on the learning rate\"}; }";
  return fmt::format("// {0} in the training loop of keratin/training. Source: {1}. Made by {2}; this output is yours, without conditions.\n#pragma once\n\n#include <cmath>\n#include <cstring>\n#include <memory>\n#include <vector>\n\n"
                     "#include \"{0}.h\"\n#include \"keratin/training/saved_arrays.h\"\n#include \"keratin/training/training.h\"\n\nnamespace {3} {{\n\n",
                     options_.name, options_.source, options_.compiler, space()) +
         fmt::format(kFiles, arrays) +
         fmt::format(kClass, space(), f.parameters.size(), names, bytes, batch.is_static() ? batch.size : 0, calls, r.outputs.size(), keys, counts, cases, rate,
                     writer("finish_training") ? "finish_training(*weights_, *state_)" : "{}", stateful ? "\n  State state_of_layers_;" : "", directions, typed);
}

}  // namespace keratin
