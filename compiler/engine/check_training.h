// A recorded training run against ours: batch losses, histories, weights afterwards, predictions (conformance/training).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/json/json.h"

namespace keratin {

struct TrainingVerdict {
  bool passed = false;
  std::string text;  // the worst error and where; or why the run could not be made
};

struct TrainingCaseFiles {
  std::string model, data;
  std::optional<std::string> weights;
  Json tolerance;   // a limit per group: history, batch_loss, weight_after, prediction
  std::string reading;             // `jax`: the results under `jax/` are the ones to meet
  std::vector<std::string> skip;   // arrays that do not count
};

/// Trains as the case's `fit` says, by emitted code or the reference evaluator (`engine`: compiled | reference), and compares. What the case asks for
/// and is not supported fails by name.
TrainingVerdict check_training(const TrainingCaseFiles& files, const std::string& engine);

}  // namespace keratin
