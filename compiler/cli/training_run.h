// What fit and evaluate share: data by name, a training program of the model, and an engine that runs it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/cli/options.h"
#include "compiler/engine/csv_data.h"
#include "compiler/engine/trainer.h"
#include "compiler/engine/training_data.h"
#include "compiler/load.h"
#include "compiler/problems.h"

namespace keratin {

/// Reads training data: what training_data_of says, or a .csv with columns of targets. `classes` are those of text targets, which a first file fills.
TrainingFile read_training_file(const Model& model, const std::string& file, const Options& options, TargetClasses& classes, Problems& problems);

struct TrainingRun {
  std::optional<ReadModel> read;
  TrainingSetup setup;
  std::unique_ptr<ir::Program> reference_program;  // of the reference engine
  std::unique_ptr<Trainer> trainer;
};

/// Expands the model with its weights, adds the training step for such data, and starts the engine of the options; the optimizer goes on where
/// the model's file has its state. Null trainer: problems say why. Throws BuildFailure.
void start_training(TrainingRun& run, const Options& options, const TrainingFile& file, const std::optional<FitData>& validation, Problems& problems);

/// The same for loss and metrics of data alone: no training step, no optimizer.
void start_evaluation(TrainingRun& run, const Options& options, const TrainingFile& file, Problems& problems);

}  // namespace keratin
