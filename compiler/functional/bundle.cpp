// gradients and emit.
#include <fmt/format.h>

#include "compiler/engine/compiled_trainer.h"
#include "compiler/engine/reference.h"
#include "compiler/engine/run_compiled.h"
#include "compiler/functional/model_run.h"
#include "compiler/pipeline.h"
#include "compiler/training/emitted_training.h"
#include "compiler/write_files.h"
#include "codegen/names.h"

namespace keratin::functional {

std::map<std::string, NDArray> Model::gradients(const Data& x, const Data& cotangents) const {
  LayerState& state = model_of(state_);
  build_if_deferred(state, x);
  refresh(state);
  MatchedInputs matched = matched_inputs(state, x, false);
  ExpandOptions options;
  options.shapes = matched.shapes;
  options.losses = true;
  const keratin::Model& model = *state.model->source.model;
  options.batch = other_batch(input_specs(model), {matched.arrays, matched.examples, {}});
  ExpandedModel expanded = expanded_with_weights(state, options);
  const Backward backward = add_backward(expanded.program);
  const InputData inputs{std::move(matched.arrays), matched.examples, {}};
  if (cotangents.arrays().size() != model.output_names.size()) throw ValueError(fmt::format("The model has {} output(s), {} cotangent(s) are given.", model.output_names.size(), cotangents.arrays().size()));
  NamedArrays data;
  for (size_t i = 0; i < model.output_names.size(); ++i) data.emplace_back("cotangent/" + model.output_names[i], to_engine(cotangents.arrays()[i]));
  Problems problems;
  std::optional<NamedArrays> results;
  try {
    results = chosen_engine() == Engine::reference ? reference_gradients(expanded.program, backward, inputs, data, state.name, problems)
                                                   : build_and_differentiate(state.model->source, std::move(expanded), backward, inputs, data, state.name, state.name, {}, problems);
  } catch (const BuildFailure& failure) {
    throw Exception(failure.message);
  }
  if (!results) raise(problems, state.name);
  std::map<std::string, NDArray> gradients;
  for (auto& [name, array] : *results)
    if (name.starts_with("gradient/")) gradients[name.substr(9)] = from_engine(std::move(array));
  return gradients;
}

void Model::emit(const std::string& directory, const EmitModelOptions& options) const {
  LayerState& state = built_model(state_);
  refresh(state);
  Problems problems;
  const std::string name = options.name.empty() ? identifier(state.name) : options.name;
  if (!is_identifier(name)) throw ValueError(fmt::format("name: '{}' is no C++ identifier; '{}' is", name, identifier(name)));
  ExpandOptions expansion;
  expansion.losses = options.gradients || options.train;
  ExpandedModel expanded = expanded_with_weights(state, expansion);
  std::vector<ir::FunctionId> functions;
  if (options.gradients || options.train) functions.push_back(add_backward(expanded.program).function);
  std::vector<int> directions;
  if (options.train) {
    EmittedTraining training = add_emitted_training(*state.model->source.model, expanded, state.name, problems);
    if (!problems.empty()) raise(problems, state.name);
    functions.insert(functions.end(), training.functions.begin(), training.functions.end());
    directions = std::move(training.result_directions);
  }
  Result<PlannedModel> planned = plan_model(std::move(expanded), state.name, {}, functions);
  if (!planned) throw ValueError(planned.error());
  EmitOptions emitted = emit_options(state.model->source, *planned->program, name, name);
  emitted.result_directions = std::move(directions);
  if (const Result<Done> written = write_bundle(keratin::emit(planned->plan, emitted), directory); !written) throw OSError(written.error());
}

}  // namespace keratin::functional
