// keratin fit: trains through emitted code and writes a file that Keras opens.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "compiler/cli/commands.h"
#include "compiler/cli/training_run.h"
#include "compiler/engine/engine_trainable.h"
#include "compiler/engine/fit_arguments.h"
#include "compiler/export/optimizer_order.h"
#include "compiler/export/write_model.h"
#include "compiler/training/overrides.h"
#include "compiler/write_files.h"
#include "keratin/training/training.h"

namespace keratin {

namespace {

std::atomic<bool> stop_requested{false};

/// `key=value,key=value` as options; problems name the option.
std::map<std::string, std::string> assignments(const std::string& text, const char* option, Problems& problems) {
  std::map<std::string, std::string> list;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size()), equals = text.find('=', begin);
    if (equals >= end) problems.add(fmt::format("{}: '{}' is no KEY=VALUE", option, text.substr(begin, end - begin)));
    else list[text.substr(begin, equals - begin)] = text.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
  return list;
}

double number_of(const std::string& text, const std::string& option, Problems& problems) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') problems.add(fmt::format("{}: '{}' is no number", option, text));
  return value;
}

kr::EarlyStoppingOptions early_stopping(const std::string& text, Problems& problems) {
  kr::EarlyStoppingOptions made;
  for (const auto& [key, value] : assignments(text, "--early-stopping", problems)) {
    const std::string option = "--early-stopping: " + key;
    if (key == "monitor") made.monitor = value;
    else if (key == "mode") made.mode = value;
    else if (key == "patience") made.patience = static_cast<kr::Size>(number_of(value, option, problems));
    else if (key == "min_delta") made.min_delta = number_of(value, option, problems);
    else if (key == "start_from_epoch") made.start_from_epoch = static_cast<kr::Size>(number_of(value, option, problems));
    else if (key == "restore_best_weights") made.restore_best_weights = value == "true";
    else problems.add(fmt::format("{}: is none of monitor, mode, patience, min_delta, start_from_epoch, restore_best_weights", option));
  }
  return made;
}

std::vector<std::pair<int64_t, double>> class_weights(const std::string& text, Problems& problems) {
  std::vector<std::pair<int64_t, double>> list;
  for (const auto& [key, value] : assignments(text, "--class-weight", problems))
    list.emplace_back(static_cast<int64_t>(number_of(key, "--class-weight", problems)), number_of(value, "--class-weight", problems));
  return list;
}

/// The weights and the optimizer as they are now.
SavedState state_of(TrainingRun& run) {
  SavedState state;
  NamedArrays variables;
  const ir::Program& program = run.trainer->program();
  for (uint32_t i = 0; i < program.variables.size(); ++i) {
    const ir::Variable& variable = program.variables[i];
    if (variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic) state.weights.emplace_back(variable.name, run.trainer->variable(ir::VariableId{i}));
    else if (variable.name.starts_with("optimizer/")) variables.emplace_back(variable.name, run.trainer->variable(ir::VariableId{i}));
  }
  state.optimizer = keras_optimizer(run.setup.optimizer, *run.read->model, variables);
  state.compile_config = run.read->model->compile_config;
  return state;
}

/// Found before training: a place that nothing can be written to.
void check_writable(const std::string& path, Problems& problems) {
  if (path.empty()) return;
  const std::string beside = fmt::format("{}.{}.tmp", path, getpid());
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  if (!file) return problems.add(fmt::format("{}: cannot be written", path));
  std::fclose(file);
  std::remove(beside.c_str());
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
    stopping_ = early_stopping(options_.early_stopping, problems_);
    classes_ = class_weights(options_.class_weight, problems_);
    for (const std::string* path : {&options_.save, &options_.history, &options_.csv_log}) check_writable(*path, problems_);
    run_.read = read_graph_of(options_.model, options_.weights, problems_);
    if (!run_.read || !problems_.empty()) return;
    override_training(*run_.read->model, options_.training, problems_);
    file_ = read_training_file(*run_.read->model, options_.data, problems_);
    if (!options_.validation.empty()) file_.validation = read_training_file(*run_.read->model, options_.validation, problems_).data;
    if (problems_.empty() && !classes_.empty()) add_class_weights();
    if (!problems_.empty()) return;
    // A part that is split off has the arrays of the whole.
    evaluated_ = file_.validation ? file_.validation : options_.validation_split > 0 ? std::optional(file_.data) : std::nullopt;
    start_training(run_, options_, file_, evaluated_, problems_);
  }

  void add_class_weights() {
    if (file_.data.targets.size() != 1) return problems_.add("--class-weight takes a model with one output");
    if (file_.data.weights[0]) return problems_.add("--class-weight and sample weights exclude each other");
    Result<Array> weights = class_weights_of(file_.data.targets[0], classes_);
    if (weights) file_.data.weights[0] = std::move(*weights);
    else problems_.add(fmt::format("{}: {}", options_.data, weights.error()));
  }

  kr::Outcome save(const std::string& path) {
    const Result<Done> written = write_model(*run_.read, state_of(run_), path);
    return written ? kr::Outcome() : kr::io_error(written.error());
  }

  void train() {
    std::vector<std::string> inputs;
    for (const InputSpec& spec : input_specs(*run_.read->model)) inputs.push_back(spec.name);
    EngineTrainable model(*run_.trainer, inputs, run_.read->model->output_names, file_.data, evaluated_ ? &*evaluated_ : nullptr, problems_);
    if (!problems_.empty()) return;
    const kr::TrainingData data = model.columns_of(file_.data);
    std::optional<kr::TrainingData> validation;
    if (file_.validation) validation = model.columns_of(*file_.validation);

    kr::FitOptions fit;
    fit.batch_size = options_.batch_size;
    fit.epochs = options_.epochs;
    fit.initial_epoch = options_.initial_epoch;
    fit.validation_split = options_.validation_split;
    fit.validation_batch_size = options_.validation_batch_size;
    fit.validation_freq = options_.validation_freq;
    fit.validation_data = validation ? &*validation : nullptr;
    fit.shuffle = options_.shuffle;
    fit.seed = options_.seed;
    fit.stop = &stop_requested;

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
    std::signal(SIGINT, SIG_DFL);
    if (!done) return problems_.add(model.error().empty() ? done.message : model.error());
    if (result.interrupted && !options_.quiet) fmt::print(stderr, "note: interrupted; what was trained so far is saved\n");
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

/// keratin evaluate: loss and metrics of data.
void evaluate(const Options& options, Problems& problems) {
  TrainingRun run;
  run.read = read_graph_of(options.model, options.weights, problems);
  if (!run.read || !problems.empty()) return;
  override_training(*run.read->model, options.training, problems);
  const TrainingFile file = read_training_file(*run.read->model, options.data, problems);
  if (problems.empty()) start_training(run, options, file, file.data, problems);
  if (!problems.empty()) return;
  std::vector<std::string> inputs;
  for (const InputSpec& spec : input_specs(*run.read->model)) inputs.push_back(spec.name);
  EngineTrainable model(*run.trainer, inputs, run.read->model->output_names, file.data, &file.data, problems);
  if (!problems.empty()) return;
  kr::EvaluateOptions how;
  how.batch_size = options.batch_size;
  kr::Logs logs;
  if (const kr::Outcome done = kr::evaluate(model, model.columns_of(file.data), how, logs); !done) return problems.add(model.error().empty() ? done.message : model.error());
  std::string text;
  for (const kr::LogEntry& entry : logs.entries()) {
    std::string values;
    for (double value : entry.values) values += fmt::format("{}{}", values.empty() ? "" : ", ", value);
    if (entry.values.size() != 1) values = "[" + values + "]";
    text += options.json ? fmt::format("{}\"{}\": {}", text.empty() ? "{" : ", ", entry.key, values) : fmt::format("{}: {}\n", entry.key, values);
  }
  fmt::print("{}{}", text, options.json ? "}\n" : "");
}

}  // namespace

int run_fit(const Options& options) { return FitCommand(options).run(); }

int run_evaluate(const Options& options) {
  Problems problems;
  evaluate(options, problems);
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
