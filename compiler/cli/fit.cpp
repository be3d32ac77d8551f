// keratin fit: trains through emitted code and writes a file that Keras opens.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "compiler/cli/commands.h"
#include "compiler/cli/fit_options.h"
#include "compiler/cli/training_run.h"
#include "compiler/engine/engine_trainable.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/export/write_model.h"
#include "compiler/training/overrides.h"
#include "compiler/write_files.h"
#include "keratin/training/training.h"

namespace keratin {

namespace {

std::atomic<bool> stop_requested{false};

/// The weights and the optimizer as they are now.
SavedState state_of(TrainingRun& run) {
  SavedState state;
  const ir::Program& program = run.trainer->program();
  for (uint32_t i = 0; i < program.variables.size(); ++i) {
    const ir::Variable& variable = program.variables[i];
    if (variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic) state.weights.emplace_back(variable.name, run.trainer->variable(ir::VariableId{i}));
  }
  state.optimizer = keras_optimizer(run.setup.optimizer, *run.read->model, optimizer_variables(*run.trainer));
  state.compile_config = run.read->model->compile_config;
  return state;
}

std::string history_json(const kr::History& history) {
  Json::Object object;
  for (const auto& [key, epochs] : history.series) {
    Json::Array list;
    for (const std::vector<double>& values : epochs) {
      Json::Array numbers;
      for (double value : values) numbers.push_back(Json(value));
      list.push_back(values.size() == 1 ? numbers[0] : Json(std::move(numbers)));
    }
    object.emplace_back(key, Json(std::move(list)));
  }
  Json::Array losses;
  for (double loss : history.batch_losses) losses.push_back(Json(loss));
  object.emplace_back("batch_loss", Json(std::move(losses)));
  return Json(std::move(object)).dump() + "\n";
}

/// One command from options to files.
class FitCommand {
 public:
  explicit FitCommand(const Options& options) : options_(options) {}

  int run() {
    prepare();
    if (problems_.empty()) train();
    return problems_.empty() ? 0 : report(problems_);
  }

 private:
  void prepare() {
    stopping_ = early_stopping_options(options_.early_stopping, problems_);
    classes_ = class_weight_option(options_.class_weight, problems_);
    for (const std::string* path : {&options_.save, &options_.history, &options_.csv_log}) check_file_place(*path, problems_);
    check_made_place(options_.checkpoint, true, problems_);
    check_made_place(options_.tensorboard, false, problems_);
    run_.read = read_graph_of(options_.model, options_.weights, problems_);
    if (!run_.read || !problems_.empty()) return;
    override_training(*run_.read->model, options_.training, problems_);
    check_containers();
    if (problems_.empty()) read_data();
    if (!problems_.empty()) return;
    evaluated_ = evaluated_data(file_, options_.validation_split, !classes_.empty());
    start_training(run_, options_, file_, evaluated_, problems_);
  }

  void read_data() {
    const Model& model = *run_.read->model;
    TargetClasses classes;
    file_ = read_training_file(model, options_.data, options_, classes, problems_);
    if (!options_.validation.empty() && problems_.empty()) file_.validation = read_training_file(model, options_.validation, options_, classes, problems_).data;
    if (problems_.empty()) apply_class_weights(file_.data, classes_, options_.data, problems_);
  }

  /// What the model's dialect cannot be written as is found before training.
  void check_containers() {
    for (const std::string* path : {&options_.save, &options_.checkpoint})
      if (!path->empty())
        if (const Result<Done> possible = check_written_kind(*run_.read, run_.read->model->compile_config, *path); !possible) problems_.add(possible.error());
  }

  kr::Outcome save(const std::string& path) {
    const Result<Done> written = write_model(*run_.read, state_of(run_), path);
    return written ? kr::Outcome() : kr::io_error(written.error());
  }

  kr::FitOptions fit_options() const {
    kr::FitOptions fit;
    fit.batch_size = options_.batch_size;
    fit.epochs = options_.epochs;
    fit.initial_epoch = options_.initial_epoch;
    fit.validation_split = options_.validation_split;
    fit.validation_batch_size = options_.validation_batch_size;
    fit.validation_freq = options_.validation_freq;
    fit.shuffle = options_.shuffle;
    fit.seed = options_.seed;
    fit.stop = &stop_requested;
    return fit;
  }

  void train() {
    EngineTrainable model(*run_.trainer, input_names(*run_.read->model), run_.read->model->output_names, file_.data, evaluated_ ? &*evaluated_ : nullptr, problems_);
    if (!problems_.empty()) return;
    kr::TrainingData data = model.columns_of(file_.data);
    data.weights_of_classes = !classes_.empty();
    std::optional<kr::TrainingData> validation;
    if (file_.validation) validation = model.columns_of(*file_.validation);

    kr::FitOptions fit = fit_options();
    fit.validation_data = validation ? &*validation : nullptr;

    kr::ProgressBarOptions bar;
    bar.verbose = options_.quiet ? 0 : options_.fit_verbose.value_or(isatty(1) ? 1 : 2);
    bar.colours = isatty(1) && !std::getenv("NO_COLOR");
    kr::ProgressBar progress(bar);
    kr::EarlyStopping stopping(stopping_);
    kr::ModelCheckpointOptions at;
    at.filepath = options_.checkpoint;
    at.save = [&](kr::Trainable&, const std::string& path) { return save(path); };
    kr::ModelCheckpoint checkpoint(at);
    kr::CSVLogger log(options_.csv_log);
    kr::TensorBoardOptions board_options;
    board_options.log_dir = options_.tensorboard;
    kr::TensorBoard board(board_options);
    fit.callbacks = {&progress};
    if (!options_.checkpoint.empty()) fit.callbacks.push_back(&checkpoint);
    if (!options_.csv_log.empty()) fit.callbacks.push_back(&log);
    if (!options_.tensorboard.empty()) fit.callbacks.push_back(&board);
    if (!options_.early_stopping.empty()) fit.callbacks.push_back(&stopping);

    std::signal(SIGINT, [](int) { stop_requested = true; });
    kr::FitResult result;
    const kr::Outcome done = kr::fit(model, data, fit, result);
    if (done) write_results(result);
    else problems_.add(model.error().empty() ? done.message : model.error());
    std::signal(SIGINT, SIG_DFL);  // not before: a second one must not take what the first one saves
  }

  void write_results(const kr::FitResult& result) {
    if (result.interrupted && !options_.quiet) fmt::print(stderr, "note: interrupted{}\n", options_.save.empty() ? "" : "; what was trained so far is saved");
    if (!options_.save.empty())
      if (const kr::Outcome saved = save(options_.save); !saved) problems_.add(saved.message);
    if (!options_.history.empty())
      if (const Result<Done> written = write_file(options_.history, history_json(result.history)); !written) problems_.add(written.error());
  }

  const Options& options_;
  Problems problems_;
  TrainingRun run_;
  TrainingFile file_;
  std::optional<FitData> evaluated_;
  kr::EarlyStoppingOptions stopping_;
  std::vector<std::pair<int64_t, double>> classes_;
};

}  // namespace

int run_fit(const Options& options) { return FitCommand(options).run(); }

}  // namespace keratin
