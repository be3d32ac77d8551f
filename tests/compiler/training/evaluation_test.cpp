// Evaluation by both engines: alone, and beside a training that takes other columns.
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>

#include "compiler/data/npz.h"
#include "compiler/engine/compiled_trainer.h"
#include "compiler/engine/engine_trainable.h"
#include "compiler/engine/reference_trainer.h"
#include "compiler/engine/training_data.h"
#include "compiler/load.h"
#include "keratin/training/training.h"

namespace keratin {

namespace {

/// The loss of a recorded model's data, whose evaluation takes sample weights of 2. `trains`: there is a training step, too, which takes none.
double loss_of(bool trains, bool compiled) {
  Problems problems;
  const std::string name = "optimizer_adam", front = KERATIN_TEST_DATA "/cases/" + name;
  std::optional<ReadModel> read = read_graph_of(front + ".keras", {}, problems);
  const Result<NamedArrays> arrays = read_arrays(front + ".npz");
  REQUIRE((read && arrays));
  const FitData data = training_data_of(*read->model, *arrays, name, problems).data;
  FitData weighted = data;
  weighted.weights = {Array::of({data.examples()}, std::vector<float>(static_cast<size_t>(data.examples()), 2.0f))};
  ExpandedModel expanded = expand_and_bind(*read, {}, problems);
  const BatchTypes types = batch_types(expanded.program, data), with_weights = batch_types(expanded.program, weighted);
  TrainStep step = trains ? add_train_step(*read->model, expanded, read_training(*read->model, name, problems), types, with_weights, name, problems)
                          : add_evaluation(*read->model, expanded, read_evaluation(*read->model, name, problems), with_weights, name, problems);
  for (const std::string& message : problems.messages()) FAIL(message);
  CHECK(step.function.has_value() == trains);
  std::unique_ptr<Trainer> trainer;
  if (compiled) {
    EmitOptions emitted;
    emitted.name = "model";
    emitted.name_space = "keratin_model";
    Result<std::unique_ptr<CompiledTrainer>> made = CompiledTrainer::make(std::move(expanded), std::move(step), emitted, {}, name, {"-O0", "-march=native", "-Wall", "-Wextra", "-Werror"});
    REQUIRE(made);
    trainer = std::move(*made);
  } else {
    trainer = std::make_unique<ReferenceTrainer>(expanded.program, std::move(step));
  }
  EngineTrainable model(*trainer, input_names(*read->model), read->model->output_names, trains ? data : weighted, &weighted, problems);
  CHECK(model.iterations() == 0);
  kr::EvaluateOptions options;
  options.batch_size = 8;
  kr::Logs logs;
  REQUIRE(kr::evaluate(model, model.columns_of(weighted), options, logs).ok());
  return logs.find("loss")->values[0];
}

}  // namespace

TEST_CASE("evaluation stands alone, and takes weights that the training does not take") {
  const double loss = loss_of(false, false);
  CHECK(std::isfinite(loss));
  CHECK(loss_of(true, false) == loss);
  CHECK(loss_of(false, true) == Approx(loss));
  CHECK(loss_of(true, true) == Approx(loss));
}

}  // namespace keratin
