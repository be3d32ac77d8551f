#include "compiler/training/setup.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

namespace {

bool is_object_of_names(const Json& json) { return json.is_object() && !json.find("class_name"); }

/// Reads one argument of compile per output: one for all, a list of as many as outputs, or by name.
class PerOutput {
 public:
  PerOutput(const Json& given, std::string argument, const std::vector<std::string>& outputs)
      : given_(given), argument_(std::move(argument)), outputs_(outputs) {}

  /// Why the argument does not fit the outputs; empty: it does.
  std::string problem() const {
    if (given_.is_array() && given_.as_array().size() != outputs_.size())
      return fmt::format("{}: {} entries for {} outputs", argument_, given_.as_array().size(), outputs_.size());
    if (is_object_of_names(given_))
      for (const auto& [name, value] : given_.as_object())
        if (std::find(outputs_.begin(), outputs_.end(), name) == outputs_.end())
          return fmt::format("{}: the model has no output {}", argument_, name);
    return {};
  }
  Json at(size_t output) const {
    if (given_.is_array()) return given_.as_array()[output];
    if (!is_object_of_names(given_)) return given_;
    const Json* own = given_.find(outputs_[output]);
    return own ? *own : Json();
  }

 private:
  const Json& given_;
  std::string argument_;
  const std::vector<std::string>& outputs_;
};

/// The entries of `metrics` that belong to an output: with one output all of them, however nested.
void flatten(const Json& json, std::vector<Json>& entries) {
  if (json.is_array())
    for (const Json& element : json.as_array()) flatten(element, entries);
  else if (is_object_of_names(json))
    for (const auto& [name, value] : json.as_object()) flatten(value, entries);
  else if (!json.is_null())
    entries.push_back(json);
}

void read_metrics(const Json& given, const char* argument, const Model& model, TrainingSetup& setup, const std::string& file,
                  Problems& problems) {
  const bool single = model.output_names.size() == 1;
  const PerOutput per_output(given, argument, model.output_names);
  const std::string problem = single || given.is_null() ? "" : per_output.problem();
  if (!problem.empty()) return problems.add(fmt::format("{}: {}", file, problem));
  for (size_t i = 0; i < model.output_names.size(); ++i) {
    std::vector<Json> entries;
    flatten(single ? given : per_output.at(i), entries);
    for (const Json& entry : entries) {
      Result<std::unique_ptr<Metric>> metric = read_metric(entry);
      if (!metric) {
        problems.add(fmt::format("{}: {}: {}", file, model.output_names[i], metric.error()));
        continue;
      }
      auto& list = std::string_view(argument) == "metrics" ? setup.outputs[i].metrics : setup.outputs[i].weighted_metrics;
      list.push_back(std::move(*metric));
    }
  }
}

void read_losses(const Json& losses, const Json& weights, const Model& model, TrainingSetup& setup, const std::string& file,
                 Problems& problems) {
  const PerOutput loss_of(losses, "loss", model.output_names), weight_of(weights, "loss_weights", model.output_names);
  for (const std::string& problem : {loss_of.problem(), weight_of.problem()})
    if (!problem.empty()) return problems.add(fmt::format("{}: {}", file, problem));
  bool any = false;
  for (size_t i = 0; i < model.output_names.size(); ++i) {
    const Json spec = loss_of.at(i), weight = weight_of.at(i);
    if (weight.is_number()) setup.outputs[i].loss_weight = weight.as_double();
    else if (!weight.is_null()) problems.add(fmt::format("{}: {}: loss_weights {} is no number", file, model.output_names[i], weight.dump()));
    if (spec.is_null()) continue;
    any = true;
    Result<Loss> loss = read_loss(spec);
    if (loss) setup.outputs[i].loss = std::move(*loss);
    else problems.add(fmt::format("{}: {}: {}", file, model.output_names[i], loss.error()));
  }
  if (!any) problems.add(fmt::format("{}: the compile configuration holds no loss", file));
}

Json field(const Json& compiled, const char* key) { return compiled.find(key) ? *compiled.find(key) : Json(); }

bool holds_configuration(const Model& model, const std::string& file, Problems& problems) {
  if (model.compile_config.is_object()) return true;
  problems.add(fmt::format("{}: holds no compile configuration{}", file, model.version.keras3() ? "" : " of Keras 3; --optimizer, --loss and --metrics give one"));
  return false;
}

void read_optimizer_of(const Model& model, TrainingSetup& setup, const std::string& file, Problems& problems) {
  Result<OptimizerSetup> optimizer = read_optimizer(field(model.compile_config, "optimizer"));
  if (optimizer) setup.optimizer = std::move(*optimizer);
  else problems.add(fmt::format("{}: {}", file, optimizer.error()));
  // Keras wraps the optimizer when it compiles a model of this policy (auto_scale_loss).
  if (model.dtype.compute == DType::float16 && model.dtype.variable == DType::float32 && !setup.optimizer.dynamic_scale) {
    setup.optimizer.dynamic_scale = DynamicLossScale{};
    setup.optimizer.loss_scale.reset();
    for (OptimizerSetup::Part& part : setup.optimizer.parts) part.optimizer->loss_scale.reset();
  }
}

void read_losses_and_metrics(const Model& model, TrainingSetup& setup, const std::string& file, Problems& problems) {
  const Json& compiled = model.compile_config;
  read_losses(field(compiled, "loss"), field(compiled, "loss_weights"), model, setup, file, problems);
  for (const char* argument : {"metrics", "weighted_metrics"}) read_metrics(field(compiled, argument), argument, model, setup, file, problems);
}

}  // namespace

TrainingSetup read_evaluation(const Model& model, const std::string& file, Problems& problems) {
  TrainingSetup setup;
  setup.outputs.resize(model.output_names.size());
  if (holds_configuration(model, file, problems)) read_losses_and_metrics(model, setup, file, problems);
  return setup;
}

TrainingSetup read_training(const Model& model, const std::string& file, Problems& problems) {
  TrainingSetup setup;
  setup.outputs.resize(model.output_names.size());
  if (!holds_configuration(model, file, problems)) return setup;
  read_optimizer_of(model, setup, file, problems);
  read_losses_and_metrics(model, setup, file, problems);
  return setup;
}

}  // namespace keratin
