// keratin check: recorded cases through the emitted code (or the evaluator), many models in one build.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "compiler/cli/commands.h"
#include "compiler/engine/check_training.h"
#include "compiler/engine/compiled_batch.h"
#include "compiler/engine/judge.h"
#include "compiler/engine/reference.h"
#include "compiler/engine/run_compiled.h"
#include "compiler/load.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

constexpr size_t kModelsPerBuild = 24;
constexpr int64_t kManyParameters = 1'000'000;  // in one build: running takes longer than building

struct Case {
  std::string name, kind, model, data;
  std::optional<std::string> weights;
  std::vector<std::string> words;
  double limit = kForwardLimit;
  TrainingCaseFiles training;  // of training cases
};

/// A case on its way: read, expanded, with its arrays; or failed with a reason.
struct Prepared {
  const Case* recorded = nullptr;
  std::string failure;
  std::optional<ReadModel> read;
  ExpandedModel expanded;
  NamedArrays data;
  InputData inputs;
  int64_t batch = 0;
  std::vector<std::string> output_names;
  std::optional<Backward> backward;  // of a case of gradients
};

std::string text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value && value->is_string() ? value->as_string() : "";
}

Result<Json> read_json(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{fmt::format("{}: cannot be read", path)};
  std::stringstream text;
  text << file.rdbuf();
  Result<Json> parsed = Json::parse(text.str());
  if (!parsed) return Error{fmt::format("{}: {}", path, parsed.error())};
  return parsed;
}

TrainingCaseFiles training_files(const Json& entry, const Case& recorded) {
  TrainingCaseFiles files{recorded.model, recorded.data, recorded.weights, {}, text_of(entry, "reading"), {}};
  if (const Json* tolerance = entry.find("tolerance")) files.tolerance = *tolerance;
  if (const Json* skip = entry.find("skip"); skip && skip->is_array())
    for (const Json& name : skip->as_array()) files.skip.push_back(name.as_string());
  return files;
}

std::vector<Case> select_cases(const Json& list, const Options& options, const std::set<std::string>& inside) {
  std::vector<Case> cases;
  const std::regex filter(options.filter.empty() ? "." : options.filter);
  const auto path = [&](const std::string& name) { return (fs::path(options.cases) / name).string(); };
  for (const Json& entry : list.as_array()) {
    Case recorded;
    recorded.name = text_of(entry, "case");
    if (!std::regex_search(recorded.name, filter)) continue;
    const std::string architecture = text_of(entry, "architecture"), weights = text_of(entry, "weights");
    recorded.model = path(architecture.empty() ? text_of(entry, "model") : architecture);
    if (!architecture.empty()) recorded.weights = path(text_of(entry, "model"));
    if (!weights.empty()) recorded.weights = path(weights);
    recorded.data = path(text_of(entry, "data"));
    if (const Json* words = entry.find("words"); words && words->is_array())
      for (const Json& word : words->as_array()) recorded.words.push_back(word.as_string());
    bool all_inside = true;
    if (const Json* layers = entry.find("layers"); !inside.empty() && layers && layers->is_array())
      for (const Json& layer : layers->as_array()) all_inside = all_inside && inside.contains(layer.as_string());
    const Json* kinds = entry.find("kind");
    if (!kinds || !kinds->is_array()) continue;
    for (const Json& kind : kinds->as_array()) {
      recorded.kind = kind.as_string();
      if (recorded.kind != "reject" && !all_inside) continue;
      if (("," + options.kind + ",").find("," + recorded.kind + ",") == std::string::npos) continue;
      recorded.limit = recorded.kind == "gradient" ? kGradientLimit : kForwardLimit;
      if (recorded.kind == "training") recorded.training = training_files(entry, recorded);
      else if (const Json* tolerance = entry.find("tolerance"))
        if (const Json* own = tolerance->find(recorded.kind); own && own->is_number()) recorded.limit = own->as_double();
      cases.push_back(recorded);
    }
  }
  return cases;
}

std::string joined(const Problems& problems) {
  std::string text;
  for (const std::string& message : problems.messages()) text += (text.empty() ? "" : "; ") + message;
  return text;
}

Prepared prepare(const Case& recorded) {
  Prepared made;
  made.recorded = &recorded;
  Problems problems;
  made.read = read_graph_of(recorded.model, recorded.weights, problems);
  if (recorded.kind != "reject") {
    Result<NamedArrays> data = read_arrays(recorded.data);
    if (!data) problems.add(data.error());
    else made.data = std::move(*data);
  }
  if (made.read && recorded.kind == "reject") {
    made.expanded = expand_and_bind(*made.read, {}, problems);
  } else if (made.read && problems.empty()) {
    ExpandOptions options;
    options.losses = recorded.kind == "gradient";
    const std::vector<InputSpec> specs = input_specs(*made.read->model);
    made.inputs = match_inputs(below(made.data, "input/"), specs, recorded.data, problems);
    options.shapes = made.inputs.shapes;
    options.batch = other_batch(specs, made.inputs);
    if (problems.empty()) made.expanded = expand_and_bind(*made.read, options, problems);
    check_kept_state(made.expanded.program, specs, made.inputs, recorded.data, problems);
  }
  if (problems.empty() && recorded.kind == "gradient") made.backward = add_backward(made.expanded.program);
  made.failure = joined(problems);
  return made;
}

struct Outcome {
  bool passed = false;
  std::string text;
};

Outcome judge(const std::vector<ArrayError>& errors) {
  const ArrayError* worst = worst_of(errors);
  if (!worst) return {false, "the case records nothing"};
  return {worst->passed(), fmt::format("{:.2e} {}{}{}", worst->error, worst->name, worst->reason.empty() ? "" : ": ", worst->reason)};
}

Outcome judge_reject(const Prepared& made) {
  if (made.failure.empty()) return {false, "was accepted"};
  std::string lower = made.failure;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (made.failure.find(fs::path(made.recorded->model).filename().string()) == std::string::npos) return {false, "the message does not name the file: " + made.failure};
  for (std::string word : made.recorded->words) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower.find(word) == std::string::npos) return {false, fmt::format("the message does not say '{}': {}", word, made.failure)};
  }
  return {true, made.failure};
}

/// What the emitted code of a case follows from: the files and the types of the inputs. One that keeps states stands for itself.
std::string model_key(const Prepared& made) {
  const ir::Program& program = made.expanded.program;
  std::string key = made.recorded->kind + '\n' + made.recorded->model + '\n' + made.recorded->weights.value_or("");
  for (const ir::Variable& variable : program.variables)
    if (variable.role == ir::Role::recurrent_state) key += '\n' + made.recorded->name;
  const ir::Function& predict = program.function(program.find("predict"));
  for (ir::ValueId id : predict.parameters) key += '\n' + ir::to_string(predict.type(id));
  return key;
}

/// Compares what an engine gave; none: the problems say why.
Outcome judge_results(const Prepared& made, const std::optional<NamedArrays>& results, const Problems& problems) {
  if (!results) return {false, joined(problems)};
  return judge(made.backward ? gradient_errors(*results, made.data, made.recorded->limit) : forward_errors(*results, made.data, made.recorded->limit));
}

Outcome run_reference(const Prepared& made) {
  Problems problems;
  const ir::Program& program = made.expanded.program;
  return judge_results(made, made.backward ? reference_gradients(program, *made.backward, made.inputs, made.data, made.recorded->data, problems)
                                           : reference_predict(program, made.inputs, batch_of(program, made.inputs), problems, made.recorded->data), problems);
}

/// Runs the selected cases in order and counts.
class CheckRun {
 public:
  explicit CheckRun(const Options& options) : options_(options) {}

  int run() {
    Problems problems;
    Result<Json> list = read_json((fs::path(options_.cases) / "cases.json").string());
    if (!list) problems.add(list.error());
    std::set<std::string> inside;
    if (!options_.only_layers.empty()) {
      std::ifstream file(options_.only_layers);
      if (!file) problems.add(fmt::format("{}: cannot be read", options_.only_layers));
      for (std::string word; file >> word;) inside.insert(word);
    }
    if (!options_.known_failures.empty()) {
      std::ifstream file(options_.known_failures);
      if (!file) problems.add(fmt::format("{}: cannot be read", options_.known_failures));
      for (std::string line; std::getline(file, line);)
        if (!line.empty() && line[0] != '#') known_.insert(line.substr(0, line.find(':')));
    }
    if (!problems.empty()) return report(problems);
    const std::vector<Case> cases = select_cases(*list, options_, inside);
    for (size_t begin = 0; begin < cases.size(); begin += kModelsPerBuild) run_some(cases, begin, std::min(cases.size(), begin + kModelsPerBuild));
    for (const std::string& name : known_)
      if (!met_.contains(name) && options_.filter.empty()) std::printf("note: %s, a known failure, is no selected case\n", name.c_str());
    if (known_failed_ > 0) std::printf("%d known failures, listed in %s\n", known_failed_, options_.known_failures.c_str());
    std::printf("%d passed, %d failed\n", passed_, failed_);
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  void run_some(const std::vector<Case>& cases, size_t begin, size_t end) {
    std::vector<Prepared> prepared;
    for (size_t i = begin; i < end; ++i) {
      if (cases[i].kind != "training") {
        prepared.push_back(prepare(cases[i]));
        continue;
      }
      Prepared made;
      made.recorded = &cases[i];
      const TrainingVerdict verdict = check_training(cases[i].training, options_.engine);
      tell(made, {verdict.passed, verdict.text});
    }
    Batch batch;
    for (size_t i = 0; i < prepared.size(); ++i) {
      Prepared& made = prepared[i];
      if (made.recorded->kind == "reject") tell(made, judge_reject(made));
      else if (!made.failure.empty()) tell(made, {false, made.failure});
      else if (options_.engine == "reference") tell(made, run_reference(made));
      else plan(made, i, batch);
    }
    if (batch.planned.empty()) return;
    // Small models are built in a third of the time without optimisation, and run no longer for it.
    const auto models = build_batch(std::move(batch.planned), checking_flags(batch.parameters < kManyParameters ? "-O0" : "-O1"));
    for (const auto& [place, model] : batch.places) tell(prepared[place], run_one(prepared[place], *models[model]));
  }

  /// Models that are built together. Cases that differ in their data alone share one.
  struct Batch {
    std::vector<PlannedModel> planned;
    std::vector<std::pair<size_t, size_t>> places;  // case, model
    std::map<std::string, size_t> by_key;
    int64_t parameters = 0;
  };

  void plan(Prepared& made, size_t place, Batch& batch) {
    made.batch = batch_of(made.expanded.program, made.inputs);
    made.output_names = made.expanded.program.function(made.expanded.program.find("predict")).output_names;
    const std::string key = model_key(made);
    if (const auto found = batch.by_key.find(key); found != batch.by_key.end()) return batch.places.emplace_back(place, found->second), void();
    const PipelineOptions pipeline = pipeline_options(options_);
    std::vector<ir::FunctionId> on_weights;
    if (made.backward) on_weights.push_back(made.backward->function);
    Result<PlannedModel> model = plan_model(std::move(made.expanded), made.recorded->model, pipeline, on_weights);
    if (!model) return tell(made, {false, model.error()});
    for (const ir::Variable& variable : model->program->variables) batch.parameters += variable.type.shape.static_count();
    batch.places.emplace_back(place, batch.planned.size());
    batch.by_key.emplace(key, batch.planned.size());
    batch.planned.push_back(std::move(*model));
  }

  static Outcome run_one(Prepared& made, CompiledModel& model) {
    if (made.backward) {
      Problems problems;
      return judge_results(made, compiled_gradients(model, *made.backward, made.inputs, made.data, made.recorded->data, problems), problems);
    }
    const Result<NamedArrays> results = run_compiled(model, made.inputs, made.batch, made.output_names);
    if (!results) return {false, results.error()};
    return judge(forward_errors(*results, made.data, made.recorded->limit));
  }

  void tell(const Prepared& made, Outcome outcome) {
    // A failure that is listed is counted apart; one that is gone must leave the list.
    const std::string key = made.recorded->kind + " " + made.recorded->name;
    if (known_.contains(key)) {
      met_.insert(key);
      if (!outcome.passed) {
        ++known_failed_;
        if (!options_.quiet) std::printf("KNOWN FAILURE %s: %s\n", key.c_str(), outcome.text.c_str());
        return;
      }
      outcome = {false, "passes now: take it off the list of known failures"};
    }
    ++(outcome.passed ? passed_ : failed_);
    if (outcome.passed && options_.quiet) return;
    std::printf("%s %-9s %-50s %s\n", outcome.passed ? "ok  " : "FAIL", made.recorded->kind.c_str(), made.recorded->name.c_str(), outcome.text.c_str());
    std::fflush(stdout);
  }

  const Options& options_;
  int passed_ = 0, failed_ = 0, known_failed_ = 0;
  std::set<std::string> known_, met_;  // `<kind> <case>`
};

}  // namespace

int run_check(const Options& options) { return options.cases.empty() ? run_check_model(options) : CheckRun(options).run(); }

}  // namespace keratin
