#include "compiler/engine/engine_trainable.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <memory>

#include "compiler/data/npz.h"
#include "compiler/engine/fit_arguments.h"
#include "compiler/engine/reference_trainer.h"
#include "compiler/load.h"
#include "keratin/training/training.h"

namespace keratin {

namespace {

/// A recorded model of one input `x` and one output `out` with the given optimizer and metrics, ready to train; evaluation takes weights.
struct Case {
  Problems problems;
  std::optional<ReadModel> read;
  ExpandedModel expanded;
  FitData data;
  std::unique_ptr<ReferenceTrainer> trainer;
  std::unique_ptr<EngineTrainable> model;

  explicit Case(const char* optimizer, const char* metrics = "[]") {
    const std::string name = "optimizer_adam", front = KERATIN_TEST_DATA "/cases/" + name;
    read = read_graph_of(front + ".keras", {}, problems);
    const Result<NamedArrays> arrays = read_arrays(front + ".npz");
    REQUIRE((read && arrays));
    data.inputs = {*find_array(*arrays, "x/x")};
    data.targets = {*find_array(*arrays, "y/out")};
    data.weights = {std::nullopt};
    expanded = expand_and_bind(*read, {}, problems);
    const ir::Function& predict = expanded.program.function(expanded.program.find("predict"));
    const Dim batch = predict.type(predict.parameters[0]).shape[0];
    BatchTypes types;
    types.targets = {ir::Type{DType::float32, {batch, Dim(data.targets[0].shape[1])}}};
    types.weights = {std::nullopt};
    BatchTypes weighted = types;
    weighted.weights = {ir::Type{DType::float32, {batch}}};
    const std::string compiled = std::string("{\"loss\": \"mse\", \"optimizer\": ") + optimizer + ", \"metrics\": " + metrics + "}";
    read->model->compile_config = *Json::parse(compiled);
    const TrainingSetup setup = read_training(*read->model, name, problems);
    TrainStep step = add_train_step(*read->model, expanded, setup, types, weighted, name, problems);
    trainer = std::make_unique<ReferenceTrainer>(expanded.program, std::move(step));
    FitData evaluated = data;
    evaluated.weights = {Array::of({data.examples()}, std::vector<float>(static_cast<size_t>(data.examples()), 2.0f))};
    model = std::make_unique<EngineTrainable>(*trainer, std::vector<std::string>{"x"}, std::vector<std::string>{"out"}, data, &evaluated, problems);
    for (const std::string& message : problems.messages()) FAIL(message);
  }
  kr::Outcome fit(kr::FitOptions options, kr::FitResult& result) {
    options.batch_size = 8;
    return kr::fit(*model, model->columns_of(data), options, result);
  }
};

constexpr const char* kAdam = R"({"class_name": "Adam", "config": {"learning_rate": 0.02}})";
constexpr const char* kAccumulating = R"({"class_name": "Adam", "config": {"gradient_accumulation_steps": 3}})";
constexpr const char* kScheduled = R"({"class_name": "SGD", "config": {"learning_rate": {"class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.2, "decay_steps": 3, "decay_rate": 0.6, "staircase": false}}}})";
constexpr const char* kSeveral = R"({"class_name": "MultiOptimizer", "config": {"optimizer_map": {"class_name": "OptimizerMap", "config": {
    "default_optimizer": {"class_name": "SGD", "config": {}}, "optimizer_map": {"hidden/.*": {"class_name": "Adam", "config": {}}}}}}})";

}  // namespace

TEST_CASE("the reference engine trains through the runtime's loop, with its callbacks") {
  Case made(kAdam);
  CHECK(made.model->columns() == 3);
  CHECK(made.model->column_name(2) == std::string("sample_weight/out"));
  CHECK(made.model->row_bytes(0) == 5 * 4);
  CHECK(made.model->fixed_batch() == 0);
  kr::LearningRateScheduler scheduler([](kr::Size epoch, double rate) { return epoch < 2 ? rate : 5.0; });
  kr::EarlyStoppingOptions stopping;
  stopping.monitor = "loss";
  stopping.patience = 1;
  stopping.restore_best_weights = true;
  kr::EarlyStopping early(stopping);
  std::vector<std::byte> best(static_cast<size_t>(made.model->weight_bytes())), last = best;
  CHECK(best.size() == (5 * 7 + 7 + 7 * 3 + 3) * 4);
  kr::LambdaCallback keep;
  keep.epoch_end = [&](kr::Training& training, const kr::Logs&) { training.model.copy_weights(training.epoch == early.best_epoch() ? best.data() : last.data()); };
  kr::FitOptions options;
  options.epochs = 9;
  options.callbacks = {&scheduler, &early, &keep};
  kr::FitResult result;
  REQUIRE(made.fit(options, result).ok());
  CHECK(result.history.epochs.size() < 9);  // a rate of 5 makes it worse
  CHECK(result.history.numbers("learning_rate")[0] == static_cast<double>(0.02f));
  CHECK(made.model->iterations() == static_cast<kr::Size>(3 * result.history.epochs.size()));
  std::vector<std::byte> restored(best.size());
  made.model->copy_weights(restored.data());
  CHECK(restored == best);
  CHECK(restored != last);
}

TEST_CASE("weights that are not given count as ones in the evaluation that takes them") {
  Case made(kAdam);
  kr::TrainingData data = made.model->columns_of(made.data);
  REQUIRE(data.columns[2] == nullptr);
  kr::Logs plain, doubled;
  REQUIRE(kr::evaluate(*made.model, data, {}, plain).ok());
  const std::vector<float> twos(static_cast<size_t>(data.examples), 2.0f);
  data.columns[2] = twos.data();
  REQUIRE(kr::evaluate(*made.model, data, {}, doubled).ok());
  CHECK(doubled.find("loss")->values[0] == Approx(2 * plain.find("loss")->values[0]));
}

TEST_CASE("a saved state of the reference engine holds weights and the optimizer's variables") {
  Case made(kAccumulating);
  kr::FitResult result;
  REQUIRE(made.fit({}, result).ok());
  CHECK(made.model->iterations() == 1);  // 3 steps make one update
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "keratin_engine_trainable.npz";
  REQUIRE(made.model->save(path.string().c_str()).ok());
  const Result<NamedArrays> saved = read_arrays(path.string());
  std::filesystem::remove(path);
  REQUIRE(saved);
  REQUIRE(find_array(*saved, "hidden/kernel"));
  CHECK(find_array(*saved, "hidden/kernel")->shape == std::vector<int64_t>{5, 7});
  REQUIRE(find_array(*saved, "optimizer/iteration"));
  CHECK(find_array(*saved, "optimizer/iteration")->as<int64_t>()[0] == 3);
  CHECK(std::count_if(saved->begin(), saved->end(), [](const NamedArray& array) { return array.first.starts_with("metric/"); }) == 0);
  CHECK_FALSE(made.model->save("/nowhere/at/all.npz").ok());
  CHECK(made.model->error().find("/nowhere/at/all.npz") != std::string::npos);
}

TEST_CASE("schedules say the rate of the next step, and refuse another") {
  Case made(kScheduled);
  CHECK(made.model->learning_rate() == Approx(0.2));
  kr::FitResult result;
  REQUIRE(made.fit({}, result).ok());
  CHECK(made.model->learning_rate() == Approx(0.12));  // 0.2 * 0.6 ^ (3 / 3)
  CHECK_FALSE(made.model->set_learning_rate(0.1).ok());
  Case several(kSeveral);
  CHECK(std::isnan(several.model->learning_rate()));
  CHECK_FALSE(several.model->set_learning_rate(0.1).ok());
  kr::LearningRateScheduler scheduler([](kr::Size, double rate) { return rate; });
  kr::FitOptions options;
  options.callbacks = {&scheduler};
  CHECK(made.fit(options, result).message.find("LearningRateScheduler: the optimizer has a schedule") == 0);
}

TEST_CASE("metrics have Keras's directions") {
  Case made(kAdam, R"(["TruePositives", "mae", "CosineSimilarity"])");
  const kr::Trainable& model = *made.model;
  REQUIRE(model.results() == 4);
  CHECK(model.result_direction(0) == kr::Direction::down);
  CHECK(model.result_direction(1) == kr::Direction::none);
  CHECK(model.result_direction(2) == kr::Direction::down);
  CHECK(model.result_direction(3) == kr::Direction::up);
  for (const auto& [name, better] : {std::pair{"mse", Better::smaller}, {"AUC", Better::larger}, {"acc", Better::larger}, {"huber", Better::smaller},
                                     {"RootMeanSquaredError", Better::smaller}, {"TruePositives", Better::neither}, {"R2Score", Better::larger}}) {
    const Result<std::unique_ptr<Metric>> metric = read_metric(Json(std::string(name)));
    REQUIRE(metric);
    CHECK((*metric)->better == better);
  }
}

TEST_CASE("the arguments of fit as JSON") {
  const auto read = [](const char* text) { return read_fit(*Json::parse(text)); };
  const Result<FitArguments> given = read(R"({"epochs": 3, "shuffle": false, "batch_size": 8, "validation_freq": [1, 3], "class_weight": {"0": 0.5, "2": 3}})");
  REQUIRE(given);
  CHECK(given->options.epochs == 3);
  CHECK_FALSE(given->options.shuffle);
  CHECK(given->options.validation_batch_size == 8);
  CHECK(given->options.validation_epochs == std::vector<kr::Size>{1, 3});
  CHECK(given->class_weights == std::vector<std::pair<int64_t, double>>{{0, 0.5}, {2, 3}});
  const Result<FitArguments> defaults = read("{}");
  REQUIRE(defaults);
  CHECK(defaults->options.shuffle);
  CHECK(defaults->options.batch_size == 32);
  CHECK(read(R"({"class_weight": {"cat": 1}})").error() == "class_weight 'cat' is no class with a weight");
  CHECK(read(R"({"steps_per_epoch": 3})").error().find("steps_per_epoch") == 0);
}

}  // namespace keratin
