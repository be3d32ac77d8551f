// Model -> ir::Program by calling each layer's expansion. From here on every value has a static type.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/problems.h"
#include "ir/program.h"

namespace keratin {

struct ExpandOptions {
  std::optional<int64_t> batch;                           // number of examples of every call; unset: the one the model fixes, else free
  std::map<std::string, std::vector<int64_t>> shapes;     // open dimensions by input name, batch excluded
  bool losses = false;                                    // adds the output `losses`: the sum of the regularization terms
};

struct ExpandedModel {
  ir::Program program;         // function `predict`: parameters are the inputs, outputs the outputs
  std::vector<Layer*> layers;  // with weights, in the order of their first call
};

/// Inputs of the model as declared; open dimensions are -1 in `shape`.
std::vector<InputSpec> input_specs(const Model& model);

/// Problems name file, layer path and reason. The program is whole only where there are none.
ExpandedModel expand(Model& model, const std::string& file, const ExpandOptions& options, Problems& problems);

/// The model in training mode, under construction: parameters are the inputs; the caller adds what it wants to compute from the outputs.
struct TrainingGraph {
  std::unique_ptr<ir::Builder> builder;
  KTensors outputs;
  Vals losses;  // regularization terms, scalars
  ir::Dim examples;
};

/// Adds the function `forward` to an expanded model's program: the same weights, layers in training mode, updates of moving statistics.
TrainingGraph expand_training(Model& model, ExpandedModel& expanded, const std::string& file, Problems& problems);
/// Adds `evaluate_step` likewise, layers in inference mode.
TrainingGraph expand_evaluation(Model& model, ExpandedModel& expanded, const std::string& file, Problems& problems);

}  // namespace keratin
