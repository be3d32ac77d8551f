// The training step as IR: forward in training mode, loss, metrics, backward, optimizer, all as one function with updates of variables; and
// the functions around it: evaluation, results of metrics, the end of training.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/training/setup.h"

namespace keratin {

/// Types of what comes with the inputs, batch included.
struct BatchTypes {
  std::vector<ir::Type> targets;                 // one per output
  std::vector<std::optional<ir::Type>> weights;  // sample weights, likewise; none: all count alike
};

struct TrainStep {
  std::optional<ir::FunctionId> function;     // `train_step`: parameters are the inputs, `y/<output>` of every output, `sample_weight/<output>` where given; the output is `loss`; none: evaluation alone
  std::optional<ir::FunctionId> evaluate;     // `evaluate_step`, the same in inference mode, where asked for
  ir::FunctionId results;                     // `metric_results`: an output per key of the history; invalid: nothing is measured
  std::optional<ir::FunctionId> finish;       // `finish_training`: averages replace weights
  std::vector<std::string> result_names;      // keys of the history: `loss`, `<output>_loss`, metrics
  std::vector<Better> result_better;          // of each
  std::function<double(int64_t)> scheduled_rate;  // the learning rate by the steps before, where a schedule decides; empty: none does, or there are several
  int64_t accumulation = 1;                   // steps that make one update of the weights
  OptimizerState optimizer;
};

/// Adds train_step and its companions to the program of an expanded model with bound weights. Slots are variables of role slot,
/// `optimizer/<weight>_<slot>`; metrics of role metric, to be reset to their initial values (zeros) before each epoch.
TrainStep add_train_step(Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const BatchTypes& types, const std::optional<BatchTypes>& evaluation,
                         const std::string& file, Problems& problems);

/// Adds evaluate_step and metric_results alone, of a setup of losses and metrics (read_evaluation): nothing is trained, no optimizer is asked for.
TrainStep add_evaluation(Model& model, ExpandedModel& expanded, const TrainingSetup& setup, const BatchTypes& types, const std::string& file, Problems& problems);

/// The functions of a training program that emitted code has besides predict.
std::vector<ir::FunctionId> functions_of(const TrainStep& step);

}  // namespace keratin
