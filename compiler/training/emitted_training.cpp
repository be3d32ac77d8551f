#include "compiler/training/emitted_training.h"

#include "compiler/training/overrides.h"
#include "compiler/training/train_step.h"

namespace keratin {

EmittedTraining add_emitted_training(Model& model, ExpandedModel& expanded, const std::string& file, Problems& problems) {
  EmittedTraining made;
  const TrainingSetup setup = read_training(model, file, problems);
  if (!problems.empty()) return made;
  const BatchTypes types = target_types(setup, expanded.program, file, problems);
  if (!problems.empty()) return made;
  const TrainStep step = add_train_step(model, expanded, setup, types, types, file, problems);
  if (!problems.empty()) return made;
  made.functions = functions_of(step);
  for (Better better : step.result_better) made.result_directions.push_back(better == Better::larger ? 1 : better == Better::smaller ? -1 : 0);
  return made;
}

}  // namespace keratin
