// What model.compile() was given, read and checked against the model.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/expand.h"
#include "compiler/training/losses/loss.h"
#include "compiler/training/metrics/metric.h"
#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

/// An output's part of a compile configuration.
struct OutputTraining {
  std::optional<Loss> loss;  // none: the output is not trained
  double loss_weight = 1;
  std::vector<std::shared_ptr<const Metric>> metrics, weighted_metrics;  // the second kind takes sample weights
};

struct TrainingSetup {
  OptimizerSetup optimizer;
  std::vector<OutputTraining> outputs;
};

/// Reads the compile configuration of a Keras 3 file. Problems name the file and what is not supported: an optimizer, a loss, a metric, an
/// argument.
TrainingSetup read_training(const Model& model, const std::string& file, Problems& problems);

/// Losses and metrics alone: what evaluation needs. The optimizer is neither read nor asked for.
TrainingSetup read_evaluation(const Model& model, const std::string& file, Problems& problems);

}  // namespace keratin
