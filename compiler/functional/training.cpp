// compile, fit, evaluate, predict.
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "compiler/engine/engine_trainable.h"
#include "compiler/engine/fit_arguments.h"
#include "compiler/export/write_model.h"
#include "compiler/functional/model_run.h"
#include "compiler/functional/serialized.h"
#include "compiler/view/open_sizes.h"
#include "keratin/training/training.h"

namespace keratin::functional {

struct CallbackAccess {
  static bool stop(const Callback& callback) { return callback.stop_; }
  static void begin(Callback& callback) { callback.stop_ = false; }
};

Data::Data(const std::map<std::string, NDArray>& by_name) {
  for (const auto& [name, array] : by_name) {
    names_.push_back(name);
    arrays_.push_back(array);
  }
}

// ---- compile

Json encode(const LearningRate& value) { return value.json(); }

Json Optimizer::named(const char* class_name, Json config) {
  if (const Json* name = config.find("name"); name && name->is_string() && name->as_string().empty()) {
    std::string lower = class_name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    config.set("name", lower == "sgd" ? "SGD" : lower);
  }
  return config;
}

Json encode(const Optimizer& value) {
  const Json& given = value.json();
  if (!given.is_string()) return given;
  std::string name = given.as_string();
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
#define KERATIN_BY_NAME(text, Name) \
  if (name == text) return Optimizer(optimizers::Name{}).json();
  KERATIN_BY_NAME("adadelta", Adadelta)
  KERATIN_BY_NAME("adafactor", Adafactor)
  KERATIN_BY_NAME("adagrad", Adagrad)
  KERATIN_BY_NAME("adam", Adam)
  KERATIN_BY_NAME("adamax", Adamax)
  KERATIN_BY_NAME("adamw", AdamW)
  KERATIN_BY_NAME("ftrl", Ftrl)
  KERATIN_BY_NAME("lamb", Lamb)
  KERATIN_BY_NAME("lion", Lion)
  KERATIN_BY_NAME("muon", Muon)
  KERATIN_BY_NAME("nadam", Nadam)
  KERATIN_BY_NAME("rmsprop", RMSprop)
  KERATIN_BY_NAME("schedulefreeadamw", ScheduleFreeAdamW)
  KERATIN_BY_NAME("sgd", SGD)
#undef KERATIN_BY_NAME
  throw ValueError(fmt::format("Could not interpret optimizer identifier: {}", given.as_string()));
}

Json Named::named(const char* class_name, Json config) {
  if (config.find("name")->as_string().empty()) config.set("name", automatic_name(class_name));
  return config;
}

namespace {

Json list_json(const std::vector<Named>& list) {
  if (list.empty()) return {};
  Json::Array items;
  for (const Named& item : list) items.push_back(item.json());
  return items;
}

Json loss_json(const CompileOptions& options) {
  if (const auto* one = std::get_if<Named>(&options.loss)) return one->json();
  if (const auto* list = std::get_if<std::vector<Named>>(&options.loss)) return list_json(*list);
  if (const auto* map = std::get_if<std::map<std::string, Named>>(&options.loss)) {
    Json::Object members;
    for (const auto& [name, loss] : *map) members.emplace_back(name, loss.json());
    return members;
  }
  return {};
}

}  // namespace

void Model::compile(const CompileOptions& options) const {
  LayerState& state = model_of(state_);
  Json config = Json::Object{{"optimizer", encode(options.optimizer)},
                             {"loss", loss_json(options)},
                             {"loss_weights", options.loss_weights.empty() ? Json() : Json(Json::Array(options.loss_weights.begin(), options.loss_weights.end()))},
                             {"metrics", list_json(options.metrics)},
                             {"weighted_metrics", list_json(options.weighted_metrics)},
                             {"run_eagerly", false},
                             {"steps_per_execution", 1},
                             {"jit_compile", false}};
  const Json before = std::exchange(state.model->compile_config, std::move(config));
  state.model->read_changes = -1;
  state.model->engines.reset();  // the optimizer begins anew
  if (state.model->deferred()) return;  // checked when it is built
  try {
    refresh(state);
    declare_weights(state);
    Problems problems;
    read_training(*state.model->source.model, state.name, problems);
    if (!problems.empty()) raise(problems, state.name);
  } catch (const Exception&) {
    state.model->compile_config = before;
    state.model->read_changes = -1;
    throw;
  }
}

bool Model::compiled() const { return !model_of(state_).model->compile_config.is_null(); }

Json Model::get_compile_config() const { return model_of(state_).model->compile_config; }

// ---- fit

namespace {

Logs logs_of(const kr::Logs& logs) {
  Logs map;
  for (const kr::LogEntry& entry : logs.entries()) map[entry.key] = entry.number();
  return map;
}

/// A callback of the program's own as the loop calls it.
class Adapted : public kr::Callback {
 public:
  explicit Adapted(functional::Callback& callback) : callback_(callback) {}
  kr::Outcome on_train_begin(kr::Training&) override { return CallbackAccess::begin(callback_), callback_.on_train_begin(), kr::Outcome(); }
  kr::Outcome on_train_end(kr::Training&, const kr::Logs&) override { return callback_.on_train_end(), kr::Outcome(); }
  kr::Outcome on_epoch_begin(kr::Training& training) override { return callback_.on_epoch_begin(training.epoch), kr::Outcome(); }
  kr::Outcome on_epoch_end(kr::Training& training, kr::Logs& logs) override { return callback_.on_epoch_end(training.epoch, logs_of(logs)), stop(training); }
  kr::Outcome on_train_batch_end(kr::Training& training) override { return callback_.on_train_batch_end(training.batch, training.batch_loss), stop(training); }

 private:
  kr::Outcome stop(kr::Training& training) {
    if (CallbackAccess::stop(callback_)) training.stop_training = true;
    return {};
  }
  functional::Callback& callback_;
};

using Save = std::function<kr::Outcome(const std::string& path)>;

/// The loop's callback for each kind.
struct MakeCallback {
  const Save& save;

  std::unique_ptr<kr::Callback> operator()(const callbacks::EarlyStopping& given) const {
    return std::make_unique<kr::EarlyStopping>(kr::EarlyStoppingOptions{given.monitor, given.min_delta, given.patience, 0, given.mode, given.baseline, given.restore_best_weights, given.start_from_epoch});
  }
  std::unique_ptr<kr::Callback> operator()(const callbacks::ModelCheckpoint& given) const {
    kr::ModelCheckpointOptions options;
    options.filepath = given.filepath;
    options.monitor = given.monitor;
    options.save_best_only = given.save_best_only;
    options.mode = given.mode;
    options.save = [this_save = save](kr::Trainable&, const std::string& path) { return this_save(path); };
    return std::make_unique<kr::ModelCheckpoint>(options);
  }
  std::unique_ptr<kr::Callback> operator()(const callbacks::ReduceLROnPlateau& given) const {
    return std::make_unique<kr::ReduceLROnPlateau>(kr::ReduceLROnPlateauOptions{given.monitor, given.factor, given.patience, 0, given.mode, given.min_delta, given.cooldown, given.min_lr});
  }
  std::unique_ptr<kr::Callback> operator()(const callbacks::LearningRateScheduler& given) const { return std::make_unique<kr::LearningRateScheduler>(given.schedule); }
  std::unique_ptr<kr::Callback> operator()(const callbacks::CSVLogger& given) const { return std::make_unique<kr::CSVLogger>(given.filename, given.separator, given.append); }
  std::unique_ptr<kr::Callback> operator()(const callbacks::TensorBoard& given) const {
    kr::TensorBoardOptions options;
    options.log_dir = given.log_dir;
    return std::make_unique<kr::TensorBoard>(options);
  }
  std::unique_ptr<kr::Callback> operator()(const callbacks::TerminateOnNaN&) const { return std::make_unique<kr::TerminateOnNaN>(); }
  std::unique_ptr<kr::Callback> operator()(const callbacks::LambdaCallback& given) const {
    auto made = std::make_unique<kr::LambdaCallback>();
    if (given.on_epoch_begin) made->epoch_begin = [f = given.on_epoch_begin](kr::Training& training) { f(training.epoch); };
    if (given.on_epoch_end) made->epoch_end = [f = given.on_epoch_end](kr::Training& training, const kr::Logs& logs) { f(training.epoch, logs_of(logs)); };
    if (given.on_train_begin) made->train_begin = [f = given.on_train_begin](kr::Training&) { f(); };
    if (given.on_train_end) made->train_end = [f = given.on_train_end](kr::Training&, const kr::Logs&) { f(); };
    if (given.on_train_batch_end) made->train_batch_end = [f = given.on_train_batch_end](kr::Training& training) { f(training.batch, training.batch_loss); };
    return made;
  }
  std::unique_ptr<kr::Callback> operator()(const std::shared_ptr<Callback>& given) const { return std::make_unique<Adapted>(*given); }
};

History history_of(const kr::FitResult& result) {
  History history;
  history.epoch.assign(result.history.epochs.begin(), result.history.epochs.end());
  for (const auto& series : result.history.series) history.history[series.key] = result.history.numbers(series.key);
  history.batch_losses = result.history.batch_losses;
  history.interrupted = result.interrupted;
  return history;
}

kr::FitOptions loop_options(const FitOptions& options) {
  kr::FitOptions fit;
  fit.batch_size = options.batch_size;
  fit.epochs = options.epochs;
  fit.initial_epoch = options.initial_epoch;
  fit.validation_split = options.validation_split;
  fit.validation_batch_size = options.validation_batch_size;
  fit.validation_freq = options.validation_freq;
  fit.shuffle = options.shuffle;
  fit.seed = next_seed();
  return fit;
}

kr::ProgressBarOptions bar_options(int verbose) {
  kr::ProgressBarOptions bar;
  bar.verbose = verbose == 1 && !isatty(1) ? 2 : verbose;
  bar.colours = isatty(1) && !std::getenv("NO_COLOR");
  return bar;
}

/// Class weights as sample weights.
void apply_classes(FitData& data, const std::map<int64_t, double>& classes) {
  Problems problems;
  apply_class_weights(data, {classes.begin(), classes.end()}, "fit", problems);
  if (!problems.empty()) raise(problems, "fit");
}

}  // namespace

History Model::fit(const Data& x, const Data& y, const FitOptions& options) const {
  LayerState& state = model_of(state_);
  build_if_deferred(state, x);
  TrainingFile file = training_file(state, x, y, options.sample_weight);
  if (options.validation_data) file.validation = training_file(state, options.validation_data->x, options.validation_data->y, options.validation_data->sample_weight).data;
  apply_classes(file.data, options.class_weight);
  const std::optional<FitData> evaluated = evaluated_data(file, options.validation_split, !options.class_weight.empty());
  Trainer& trainer = start_training(state, file, evaluated);

  Problems problems;
  const keratin::Model& model = *state.model->source.model;
  EngineTrainable trainable(trainer, keratin::input_names(model), model.output_names, file.data, evaluated ? &*evaluated : nullptr, problems);
  if (!problems.empty()) raise(problems, state.name);
  kr::TrainingData data = trainable.columns_of(file.data);
  data.weights_of_classes = !options.class_weight.empty();
  std::optional<kr::TrainingData> validation;
  if (file.validation) validation = trainable.columns_of(*file.validation);
  kr::FitOptions fit = loop_options(options);
  fit.validation_data = validation ? &*validation : nullptr;

  const Save save = [&](const std::string& path) {
    take_back(state, trainer);
    const Result<Done> written = write_model(state.model->source, saved_state(state), path);
    return written ? kr::Outcome() : kr::io_error(written.error());
  };
  std::vector<std::unique_ptr<kr::Callback>> made;
  kr::ProgressBar progress(bar_options(options.verbose));
  if (options.verbose > 0) fit.callbacks.push_back(&progress);
  for (const AnyCallback& callback : options.callbacks) {
    made.push_back(std::visit(MakeCallback{save}, callback));
    fit.callbacks.push_back(made.back().get());
  }
  kr::FitResult result;
  const kr::Outcome done = kr::fit(trainable, data, fit, result);
  take_back(state, trainer);
  if (!done) throw ValueError(trainable.error().empty() ? done.message : trainable.error());
  return history_of(result);
}

Logs Model::evaluate(const Data& x, const Data& y, const EvaluateOptions& options) const {
  LayerState& state = model_of(state_);
  build_if_deferred(state, x);
  const TrainingFile file = training_file(state, x, y, options.sample_weight);
  Trainer& trainer = start_evaluation(state, file);
  Problems problems;
  const keratin::Model& model = *state.model->source.model;
  EngineTrainable trainable(trainer, keratin::input_names(model), model.output_names, file.data, &file.data, problems);
  if (!problems.empty()) raise(problems, state.name);
  kr::EvaluateOptions evaluation;
  evaluation.batch_size = options.batch_size;
  kr::ProgressBar progress(bar_options(options.verbose));
  if (options.verbose > 0) evaluation.callbacks.push_back(&progress);
  kr::Logs logs;
  const kr::Outcome done = kr::evaluate(trainable, trainable.columns_of(file.data), evaluation, logs);
  if (!done) throw ValueError(trainable.error().empty() ? done.message : trainable.error());
  return logs_of(logs);
}

namespace {

Logs results_of(Trainer& trainer) {
  const Result<std::vector<Array>> results = trainer.results();
  if (!results) throw ValueError(results.error());
  Logs logs;
  for (size_t i = 0; i < results->size(); ++i) {
    const std::vector<double> values = (*results)[i].as<double>();
    double sum = 0;
    for (double value : values) sum += value;
    logs[trainer.functions().result_names[i]] = values.empty() ? 0 : sum / static_cast<double>(values.size());
  }
  return logs;
}

}  // namespace

Logs Model::train_on_batch(const Data& x, const Data& y, const Data& sample_weight) const {
  LayerState& state = model_of(state_);
  build_if_deferred(state, x);
  const TrainingFile file = training_file(state, x, y, sample_weight);
  Trainer& trainer = start_training(state, file, std::nullopt);
  trainer.reset_metrics();
  if (const Result<double> loss = trainer.train(file.data); !loss) throw ValueError(loss.error());
  take_back(state, trainer);
  return results_of(trainer);
}

Logs Model::test_on_batch(const Data& x, const Data& y, const Data& sample_weight) const {
  LayerState& state = model_of(state_);
  build_if_deferred(state, x);
  const TrainingFile file = training_file(state, x, y, sample_weight);
  Trainer& trainer = start_evaluation(state, file);
  trainer.reset_metrics();
  if (const Result<double> loss = trainer.evaluate(file.data); !loss) throw ValueError(loss.error());
  return results_of(trainer);
}

std::vector<NDArray> Model::predict_all(const Data& x, const PredictOptions& options) const {
  LayerState& state = model_of(state_);
  build_if_deferred(state, x);
  std::vector<NDArray> outputs;
  for (Array& array : predicted(state, matched_inputs(state, x, false), options.batch_size)) outputs.push_back(from_engine(std::move(array)));
  return outputs;
}

NDArray Model::predict(const Data& x, const PredictOptions& options) const {
  std::vector<NDArray> outputs = predict_all(x, options);
  if (outputs.size() != 1) throw ValueError(fmt::format("Model '{}' has {} outputs; predict_all() gives them all.", name(), outputs.size()));
  return outputs[0];
}

int64_t Model::optimizer_iterations() const {
  const LayerState& state = model_of(state_);
  const Array* iterations = state.model->engines ? find_array(state.model->engines->optimizer, "optimizer/iteration") : nullptr;
  return iterations ? iterations->as<int64_t>()[0] : 0;
}

}  // namespace keratin::functional
