// Models that run: their weights into programs and back, engines kept from call to call.
#pragma once

#include <memory>
#include <optional>

#include "compiler/engine/trainer.h"
#include "compiler/engine/training_data.h"
#include "compiler/export/saved_state.h"
#include "compiler/functional/model_state.h"
#include "compiler/training/setup.h"
#include "keratin/model.h"

namespace keratin::functional {

/// Built programs of one model. Each serves data of the shapes that it was made for.
struct Engines {
  struct Built {
    std::string key;  // shapes and kinds of the data
    std::unique_ptr<ir::Program> reference_program;  // what the evaluator runs
    std::unique_ptr<Trainer> trainer;
  };
  Built predictor, trainer, evaluator;
  TrainingSetup setup;           // of the trainer
  NamedArrays optimizer;         // its variables by name, after training
  NamedArrays stored_optimizer;  // of the file that the model was loaded from, by place

  void drop_built() {
    predictor = {};
    trainer = {};
    evaluator = {};
  }
};

/// The state of a handle that must be a model.
LayerState& model_of(const std::shared_ptr<LayerState>& layer);

/// The same, of a model that knows its inputs: ValueError for a deferred Sequential.
LayerState& built_model(const std::shared_ptr<LayerState>& layer);

/// A deferred Sequential takes the shape of its data.
void build_if_deferred(LayerState& model, const Data& x);

/// Expands the model with its present weights. `shapes`: open dimensions by input. Throws ValueError.
ExpandedModel expanded_with_weights(LayerState& model, const ExpandOptions& options);

/// Expands the model for what looks at it: weights are declared, no program is made to run.
void declare_weights(LayerState& model);

/// What save() writes: weights, optimizer, compile configuration. The model's weights must be declared.
SavedState saved_state(LayerState& model);

/// The arrays as the inputs of the model, with the shapes that they fix. Throws ValueError in Keras's words.
struct MatchedInputs {
  std::vector<Array> arrays;
  std::map<std::string, std::vector<int64_t>> shapes;
  int64_t examples = 0;
};
MatchedInputs matched_inputs(const LayerState& model, const Data& x, bool fitting);

/// Data of a training step, and the shapes of inputs that it fixes.
TrainingFile training_file(const LayerState& model, const Data& x, const Data& y, const Data& sample_weight);

/// The engine that trains with such data, its variables those of the model as it is now.
Trainer& start_training(LayerState& model, const TrainingFile& file, const std::optional<FitData>& validation);
Trainer& start_evaluation(LayerState& model, const TrainingFile& file);
/// The outputs of data, `batch_size` examples at a time (0: all).
std::vector<Array> predicted(LayerState& model, const MatchedInputs& inputs, int64_t batch_size);
Engine chosen_engine();
/// After training: weights and the optimizer's variables as the trainer has them.
void take_back(LayerState& model, Trainer& trainer);

}  // namespace keratin::functional
