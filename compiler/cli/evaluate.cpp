// keratin evaluate: loss and metrics of data, by emitted code.
#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/cli/training_run.h"
#include "compiler/engine/engine_trainable.h"
#include "compiler/training/overrides.h"
#include "keratin/training/training.h"

namespace keratin {

namespace {

/// A line each, or one line of JSON.
void print(const kr::Logs& logs, bool json) {
  Json::Object object;
  for (const kr::LogEntry& entry : logs.entries()) {
    Json::Array numbers;
    for (double value : entry.values) numbers.push_back(Json(value));
    object.emplace_back(entry.key, numbers.size() == 1 ? numbers[0] : Json(std::move(numbers)));
  }
  if (json) return fmt::print("{}\n", Json(std::move(object)).dump());
  for (const auto& [key, value] : object) fmt::print("{}: {}\n", key, value.dump());
}

void evaluate(const Options& options, Problems& problems) {
  TrainingRun run;
  run.read = read_graph_of(options.model, options.weights, problems);
  if (!run.read || !problems.empty()) return;
  override_training(*run.read->model, options.training, problems);
  TargetClasses classes;
  const TrainingFile file = problems.empty() ? read_training_file(*run.read->model, options.data, options, classes, problems) : TrainingFile();
  if (problems.empty()) start_evaluation(run, options, file, problems);
  if (!problems.empty()) return;
  EngineTrainable model(*run.trainer, input_names(*run.read->model), run.read->model->output_names, file.data, &file.data, problems);
  if (!problems.empty()) return;
  kr::EvaluateOptions how;
  how.batch_size = options.batch_size;
  kr::Logs logs;
  if (const kr::Outcome done = kr::evaluate(model, model.columns_of(file.data), how, logs); !done) return problems.add(model.error().empty() ? done.message : model.error());
  print(logs, options.json);
}

}  // namespace

int run_evaluate(const Options& options) {
  Problems problems;
  evaluate(options, problems);
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
