// What fit and evaluate share: data by name, a training program of the model, and an engine that runs it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/cli/options.h"
#include "compiler/engine/trainer.h"
#include "compiler/load.h"
#include "compiler/problems.h"

namespace keratin {

/// The arrays of a file for training: `x/<input>`, `y/<output>`, `sample_weight/<output>`, or plain `x`, `y`, `sample_weight` for one input and
/// one output; the same under `validation/`.
struct TrainingFile {
  FitData data;
  std::optional<FitData> validation;
  std::map<std::string, std::vector<int64_t>> shapes;  // open dimensions of inputs
};
TrainingFile read_training_file(const Model& model, const std::string& file, Problems& problems);

struct TrainingRun {
  std::optional<ReadModel> read;
  TrainingSetup setup;
  std::unique_ptr<ir::Program> reference_program;  // of the reference engine
  std::unique_ptr<Trainer> trainer;
};

/// Expands the model with its weights, adds the training step for such data, and starts the engine of the options; the optimizer goes on where
/// the model's file has its state. Null trainer: problems say why. Throws BuildFailure.
void start_training(TrainingRun& run, const Options& options, const TrainingFile& file, const std::optional<FitData>& validation, Problems& problems);

}  // namespace keratin
