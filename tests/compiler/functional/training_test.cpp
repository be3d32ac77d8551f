// compile() and fit() beyond the main way: callbacks, weights of samples and classes, validation, several outputs, files in the middle of a training.
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <keratin/layers.h>
#include <keratin/model.h>
#include <sstream>

#include "compiler/training/losses/loss.h"
#include "compiler/training/metrics/metric.h"
#include "compiler/training/optimizers/optimizer.h"

namespace {

using namespace keratin::functional;
namespace layers = keratin::layers;
namespace callbacks = keratin::callbacks;
namespace optimizers = keratin::optimizers;
namespace losses = keratin::losses;
namespace metrics = keratin::metrics;
using Catch::Matchers::Contains;
using keratin::Json;

NDArray ramp(std::vector<int64_t> shape, int64_t phase = 0) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  std::vector<float> list;
  for (int64_t i = 0; i < count; ++i) list.push_back(0.25f * static_cast<float>((7 * i + phase) % 11) - 1.0f);
  return NDArray(std::move(shape), std::move(list));
}

/// A Dense layer of known weights, so that runs can be compared.
Model small_model(double learning_rate = 0.1) {
  set_engine(Engine::reference);
  clear_session();
  const Tensor x = Input({4});
  Model model(x, layers::Dense(2)(x));
  model.set_weights({ramp({4, 2}), ramp({2})});
  model.compile({.optimizer = optimizers::Adam{.learning_rate = learning_rate}, .loss = "mse"});
  return model;
}

void check_equal(const Model& a, const Model& b) {
  const std::vector<NDArray> first = a.get_weights(), second = b.get_weights();
  REQUIRE(first.size() == second.size());
  for (size_t i = 0; i < first.size(); ++i)
    for (int64_t at = 0; at < first[i].size(); ++at) CHECK(first[i].number(at) == second[i].number(at));
}

/// A directory of a test's own.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const char* name) : path(std::filesystem::temp_directory_path() / (std::string("keratin_") + name)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* file) const { return (path / file).string(); }
};

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class StopsAfterTwo : public Callback {
 public:
  int epochs = 0, batches = 0, begun = 0, ended = 0;
  void on_train_begin() override { ++begun; }
  void on_train_end() override { ++ended; }
  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    ++epochs;
    CHECK(logs.count("loss") == 1);
    if (epoch == 1) stop_training();
  }
  void on_train_batch_end(int64_t, double loss) override {
    ++batches;
    CHECK(loss >= 0);
  }
};

}  // namespace

TEST_CASE("callbacks of a class and of functions") {
  const Model model = small_model();
  const auto own = std::make_shared<StopsAfterTwo>();
  std::vector<int64_t> begun;
  const callbacks::LambdaCallback functions{.on_epoch_begin = [&](int64_t epoch) { begun.push_back(epoch); }};
  const History history = model.fit(ramp({12, 4}), ramp({12, 2}, 3), {.batch_size = 4, .epochs = 9, .verbose = 0, .callbacks = {own, functions}});
  CHECK(history.epoch.size() == 2);
  CHECK(begun == std::vector<int64_t>{0, 1});
  CHECK(own->epochs == 2);
  CHECK(own->batches == 6);
  CHECK(own->begun == 1);
  CHECK(own->ended == 1);
  CHECK(model.optimizer_iterations() == 6);
}

TEST_CASE("EarlyStopping gives the best weights back") {
  const Model model = small_model(2.0);  // too fast: it gets worse
  const FitOptions::Validation validation{ramp({6, 4}, 5), ramp({6, 2}, 1)};
  const History history = model.fit(ramp({12, 4}), ramp({12, 2}, 3),
                                    {.epochs = 50, .verbose = 0, .callbacks = {callbacks::EarlyStopping{.patience = 2, .restore_best_weights = true}}, .validation_data = validation});
  REQUIRE(history.epoch.size() < 50);
  const std::vector<double>& losses = history["val_loss"];
  const double best = *std::min_element(losses.begin(), losses.end());
  CHECK(losses.size() == static_cast<size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin()) + 3);
  CHECK(model.evaluate(validation.x, validation.y).at("loss") == Approx(best).epsilon(1e-6));
}

TEST_CASE("files of callbacks") {
  const Folder folder("callback_files");
  const Model model = small_model();
  model.fit(ramp({12, 4}), ramp({12, 2}, 3),
            {.epochs = 3,
             .verbose = 0,
             .callbacks = {callbacks::ModelCheckpoint{.filepath = folder / "best.keras", .monitor = "loss"}, callbacks::TensorBoard{.log_dir = folder / "board"}, callbacks::ReduceLROnPlateau{.monitor = "loss", .factor = 0.5, .patience = 0, .min_delta = 1e9},
                           callbacks::LearningRateScheduler{[](int64_t epoch, double) { return 0.1 / static_cast<double>(epoch + 1); }}, callbacks::TerminateOnNaN{},
                           callbacks::CSVLogger{.filename = folder / "log.csv"}}});
  check_equal(load_model(folder / "best.keras"), model);
  const std::string log = text_of(folder / "log.csv");
  CHECK(std::count(log.begin(), log.end(), '\n') == 4);
  CHECK_THAT(log, Contains("epoch") && Contains("loss") && Contains("learning_rate"));
  CHECK_FALSE(std::filesystem::is_empty(folder / "board"));
}

TEST_CASE("weights of samples and of classes") {
  const NDArray x = ramp({8, 4}), y(std::vector<int64_t>{8}, std::vector<int64_t>{0, 1, 1, 0, 1, 0, 0, 1});
  const auto trained = [&](const FitOptions& options) {
    set_engine(Engine::reference);
    clear_session();
    const Tensor input = Input({4});
    const Model model(input, layers::Dense(2, {.activation = "softmax"})(input));
    model.set_weights({ramp({4, 2}), ramp({2})});
    model.compile({.optimizer = optimizers::SGD{.learning_rate = 0.1}, .loss = "sparse_categorical_crossentropy"});
    model.fit(x, y, options);
    return model;
  };
  std::vector<float> by_class;
  for (int64_t i = 0; i < 8; ++i) by_class.push_back(y.number(i) == 1 ? 3.0f : 0.5f);
  const Model classes = trained({.epochs = 2, .verbose = 0, .shuffle = false, .class_weight = {{0, 0.5}, {1, 3.0}}});
  const Model samples = trained({.epochs = 2, .verbose = 0, .shuffle = false, .sample_weight = NDArray({8}, by_class)});
  check_equal(classes, samples);
  const Model plain = trained({.epochs = 2, .verbose = 0, .shuffle = false});
  CHECK(plain.get_weights()[0].number(0) != classes.get_weights()[0].number(0));
  CHECK_THROWS_WITH(plain.fit(x, y, {.verbose = 0, .sample_weight = NDArray({3}, std::vector<float>(3, 1.0f))}), Contains("sample_weight"));
}

TEST_CASE("several outputs, by order and by name") {
  set_engine(Engine::reference);
  clear_session();
  const Tensor x = Input({4}, {.name = "x"});
  const Tensor a = layers::Dense({.units = 1, .name = "a"})(x), b = layers::Dense({.units = 2, .name = "b"})(x);
  const Model model(x, {a, b});
  model.compile({.optimizer = "sgd", .loss = std::vector<Named>{"mse", losses::Huber{.delta = 0.5}}, .loss_weights = {1.0, 0.5}});
  const NDArray first = ramp({8, 1}, 2), second = ramp({8, 2}, 5);
  const Logs ordered = model.evaluate(ramp({8, 4}), {first, second});
  const Logs named = model.evaluate(Data({{"x", ramp({8, 4})}}), Data({{"b", second}, {"a", first}}));
  CHECK(ordered.at("loss") == named.at("loss"));
  CHECK(ordered.at("loss") == Approx(ordered.at("a_loss") + 0.5 * ordered.at("b_loss")));
  CHECK(model.fit(ramp({8, 4}), {first, second}, {.verbose = 0})["loss"].size() == 1);
  CHECK(model.predict_all(ramp({3, 4})).size() == 2);
  CHECK_THROWS_WITH(model.predict(ramp({3, 4})), Contains("predict_all"));
  CHECK_THROWS_WITH(model.fit(ramp({8, 4}), first), Contains("2 output(s)"));
  CHECK_THROWS_WITH(model.fit(ramp({8, 4}), {first, ramp({7, 2})}), Contains("cardinality"));
}

TEST_CASE("single batches") {
  const Model model = small_model();
  const NDArray x = ramp({8, 4}), y = ramp({8, 2}, 3);
  const double before = model.test_on_batch(x, y).at("loss");
  CHECK(model.train_on_batch(x, y).at("loss") == Approx(before));  // the loss before the step
  CHECK(model.optimizer_iterations() == 1);
  CHECK(model.test_on_batch(x, y).at("loss") < before);
  CHECK(model.evaluate(x, y).at("loss") == Approx(model.test_on_batch(x, y).at("loss")));
  CHECK(model.predict_on_batch(x).shape() == std::vector<int64_t>{8, 2});
}

TEST_CASE("a training that goes on from its file is the same to the bit") {
  const Folder folder("continued");
  const NDArray x = ramp({12, 4}), y = ramp({12, 2}, 3);
  const FitOptions two{.batch_size = 4, .epochs = 2, .verbose = 0, .shuffle = false};
  const Model whole = small_model();
  whole.fit(x, y, two);
  const Model half = small_model();
  half.fit(x, y, two);
  half.save(folder / "half.keras");
  whole.fit(x, y, two);
  const Model loaded = load_model(folder / "half.keras");
  CHECK(loaded.compiled());
  loaded.fit(x, y, two);
  check_equal(loaded, whole);
  CHECK(loaded.optimizer_iterations() == whole.optimizer_iterations());

  const Model other = small_model();
  whole.save_weights(folder / "w.weights.h5");
  other.load_weights(folder / "w.weights.h5");
  check_equal(other, whole);
  CHECK_THROWS_AS(other.load_weights(folder / "missing.weights.h5"), OSError);
  CHECK_THROWS_WITH(other.save_weights(folder / "w.h5"), Contains(".weights.h5"));
}

TEST_CASE("emitted code with weights of its caller computes what the evaluator does") {
  clear_session();
  const Tensor x = Input({5, 4});
  const Tensor sequence = layers::GRU(3, {.return_sequences = true})(x), last = layers::GRU(2, {.reset_after = false})(sequence);
  const Tensor h = layers::Bidirectional(layers::LSTM(3))(sequence);
  const Model model(x, layers::Dense(2)(layers::Concatenate()({last, h, layers::SimpleRNN(2)(x)})));
  set_engine(Engine::reference);
  const NDArray expected = model.predict(ramp({3, 5, 4}));
  set_engine(Engine::compiled);
  const NDArray received = model.predict(ramp({3, 5, 4}));
  set_engine(Engine::reference);
  for (int64_t i = 0; i < expected.size(); ++i) CHECK(received.number(i) == Approx(expected.number(i)).margin(1e-6));
}

TEST_CASE("bundles and drawings of a model") {
  const Folder folder("bundle");
  const Model model = small_model();
  model.emit(folder / "code", {.name = "small", .train = true});
  CHECK_THAT(text_of((folder.path / "code" / "small.h").string()), Contains("train"));
  CHECK_THROWS_WITH(model.emit(folder / "code", {.name = "2 words"}), Contains("no C++ identifier"));
  model.plot_model(folder / "model.dot");
  CHECK_THAT(text_of(folder / "model.dot"), Contains("digraph") && Contains("dense"));
}

namespace {

/// What a struct of arguments becomes can be read.
template <class... T>
void check_losses() {
  (
      [] {
        const keratin::Result<keratin::Loss> read = keratin::read_loss(Named(T{}).json());
        INFO(T::kClass);
        CHECK((read ? "" : read.error()) == std::string());
      }(),
      ...);
  CHECK(sizeof...(T) == keratin::loss_definitions().size());
}
template <class... T>
void check_metrics(const T&... given) {
  const auto check = [](const auto& metric) {
    const auto read = keratin::read_metric(Named(metric).json());
    INFO(std::decay_t<decltype(metric)>::kClass);
    REQUIRE((read ? "" : read.error()) == std::string());
    CHECK_FALSE((*read)->name.empty());
  };
  (check(given), ...);
  CHECK(sizeof...(T) == keratin::metric_definitions().size());
}
template <class... T>
void check_optimizers() {
  (
      [] {
        const keratin::Result<keratin::OptimizerSetup> read = keratin::read_optimizer(Optimizer(T{}).json());
        INFO(T::kOptimizer);
        CHECK((read ? "" : read.error()) == std::string());
      }(),
      ...);
}

}  // namespace

TEST_CASE("every loss, metric and optimizer has a struct of its arguments") {
  using namespace keratin::losses;
  check_losses<BinaryCrossentropy, BinaryFocalCrossentropy, CTC, CategoricalCrossentropy, CategoricalFocalCrossentropy, CategoricalGeneralizedCrossEntropy, CategoricalHinge, Circle,
               CosineSimilarity, Dice, Hinge, Huber, KLDivergence, LogCosh, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
               SparseCategoricalCrossentropy, SquaredHinge, Tversky>();
  namespace m = keratin::metrics;
  check_metrics(m::AUC{}, m::Accuracy{}, m::BinaryAccuracy{}, m::BinaryCrossentropy{}, m::BinaryIoU{}, m::CategoricalAccuracy{}, m::CategoricalCrossentropy{}, m::CategoricalHinge{},
                m::ConcordanceCorrelation{}, m::CosineSimilarity{}, m::F1Score{}, m::FBetaScore{}, m::FalseNegatives{}, m::FalsePositives{}, m::Hinge{},
                m::IoU{.num_classes = 3, .target_class_ids = {0, 2}}, m::KLDivergence{}, m::LogCoshError{}, m::MeanAbsoluteError{}, m::MeanAbsolutePercentageError{},
                m::MeanIoU{.num_classes = 3}, m::MeanSquaredError{}, m::MeanSquaredLogarithmicError{}, m::OneHotIoU{.num_classes = 3, .target_class_ids = {1}},
                m::OneHotMeanIoU{.num_classes = 2}, m::PearsonCorrelation{}, m::Poisson{}, m::Precision{}, m::PrecisionAtRecall{.recall = 0.5}, m::R2Score{}, m::Recall{},
                m::RecallAtPrecision{.precision = 0.5}, m::RootMeanSquaredError{}, m::SensitivityAtSpecificity{.specificity = 0.5}, m::SparseCategoricalAccuracy{},
                m::SparseCategoricalCrossentropy{}, m::SparseTopKCategoricalAccuracy{}, m::SpecificityAtSensitivity{.sensitivity = 0.5}, m::SquaredHinge{},
                m::TopKCategoricalAccuracy{}, m::TrueNegatives{}, m::TruePositives{});
  using namespace keratin::optimizers;
  check_optimizers<Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Muon, Nadam, RMSprop, ScheduleFreeAdamW, SGD>();
}

TEST_CASE("arguments of losses, metrics and optimizers reach the training") {
  clear_session();
  const Tensor x = Input({4});
  const Model model(x, layers::Dense(1)(x));
  model.compile({.optimizer = optimizers::LossScaleOptimizer{.inner_optimizer = "muon", .initial_scale = 8},
                 .loss = losses::BinaryCrossentropy{.from_logits = true},
                 .metrics = {metrics::AUC{.from_logits = true}, metrics::AUC{.curve = "PR", .from_logits = true}, metrics::BinaryAccuracy{.threshold = 0}}});
  const Json config = model.get_compile_config();
  CHECK(config.find("optimizer")->find("config")->find("inner_optimizer")->find("class_name")->as_string() == "Muon");
  CHECK(config.find("loss")->find("config")->find("from_logits")->as_bool());
  const Logs logs = model.evaluate(ramp({8, 4}), NDArray({8}, std::vector<float>{0, 1, 1, 0, 1, 0, 0, 1}));
  CHECK(logs.count("auc") == 1);
  CHECK(logs.count("auc_1") == 1);
  CHECK(logs.count("binary_accuracy") == 1);
  CHECK_THROWS_WITH(model.compile({.loss = losses::BinaryCrossentropy{.label_smoothing = 2}}), Contains("label_smoothing"));
  CHECK(model.get_compile_config().find("loss")->find("config")->find("from_logits")->as_bool());  // what failed changed nothing
  CHECK_THROWS_WITH(model.compile({.optimizer = "adamm"}), Contains("Could not interpret optimizer identifier: adamm"));
}
