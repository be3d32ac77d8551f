// Data of a training by name: what fit, evaluate and recorded trainings read, and what follows from it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/engine/trainer.h"
#include "compiler/graph/model.h"
#include "compiler/problems.h"

namespace keratin {

/// The arrays of a file for training: `x/<input>`, `y/<output>`, `sample_weight/<output>`, or plain `x`, `y`, `sample_weight` for one input and
/// one output; the same under `validation/`.
struct TrainingFile {
  FitData data;
  std::optional<FitData> validation;
  std::map<std::string, std::vector<int64_t>> shapes;  // open dimensions of inputs
};

/// Problems name the file and the array: one that is missing, has another number of examples than the inputs, or does not fit the model.
TrainingFile training_data_of(const Model& model, const NamedArrays& arrays, const std::string& file, Problems& problems);

/// Class weights become sample weights; an empty list leaves the data alone. Problems: several outputs, sample weights beside, targets of a higher rank.
void apply_class_weights(FitData& data, const std::vector<std::pair<int64_t, double>>& weights, const std::string& file, Problems& problems);

/// What an evaluation between epochs takes, at least as arrays of the same types: the validation's own data, or those that a part is split off;
/// none: there is no evaluation. Weights of classes stay with the training.
std::optional<FitData> evaluated_data(const TrainingFile& file, double validation_split, bool weights_of_classes);

/// Types of a batch: the arrays' own, but float64 is computed in float32.
BatchTypes batch_types(const ir::Program& program, const FitData& data);

/// In the model's order.
std::vector<std::string> input_names(const Model& model);

}  // namespace keratin
