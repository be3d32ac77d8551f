#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "codegen/names.h"
#include "compiler/backward.h"
#include "compiler/build/verify.h"
#include "compiler/cli/commands.h"
#include "compiler/engine/compiled_trainer.h"
#include "compiler/graph/extra_outputs.h"
#include "compiler/pipeline.h"
#include "compiler/runtime_files.h"
#include "compiler/training/emitted_training.h"
#include "compiler/training/overrides.h"
#include "compiler/selftest.h"
#include "compiler/write_files.h"

namespace keratin {

namespace {

constexpr double kQuickMultiplications = 3e7;  // of one example: recorded without being asked

bool is_namespace(const std::string& text) {
  for (size_t begin = 0;;) {
    const size_t colons = text.find("::", begin);
    if (!is_identifier(std::string_view(text).substr(begin, colons - begin))) return false;
    if (colons == std::string::npos) return true;
    begin = colons + 2;
  }
}

/// What can be said of the options without the model.
void check_options(const Options& options, Problems& problems) {
  if (!options.name.empty() && !is_identifier(options.name)) problems.add(fmt::format("--name: '{}' is no C++ identifier; '{}' is", options.name, identifier(options.name)));
  if (!options.name_space.empty() && !is_namespace(options.name_space)) problems.add(fmt::format("--namespace: '{}' is no C++ namespace", options.name_space));
  if ((options.gradients || options.train) && options.weights_as == "file") problems.add("--weights-as file: weights that are trained are embedded, as where training begins; embed or array");
  if (options.training.given() && !options.train) problems.add("--optimizer, --learning-rate, --loss and --metrics belong to --train");
  const bool native = std::find(options.targets.begin(), options.targets.end(), "native") != options.targets.end();
  if (native && options.targets.size() > 1) problems.add("--target: native stands alone, as what it means is known only where the code is built");
}

std::optional<Selftest> selftest_of(const Options& options, const ir::Program& program, ir::FunctionId backward, Problems& problems) {
  if (options.no_selftest || !options.stop_after.empty()) return std::nullopt;
  const double work = multiplications(program);
  if (!options.selftest && work > kQuickMultiplications) {
    if (!options.quiet) fmt::print(stderr, "note: no self-test: one example is {:.2g} multiplications, which the reference evaluator would be slow to record; --selftest does it\n", work);
    return std::nullopt;
  }
  std::optional<Selftest> recorded = record_selftest(program, backward);
  if (!recorded && options.selftest) problems.add(fmt::format("{}: --selftest: the reference evaluator takes no inputs that can be made up", options.model));
  return recorded;
}

/// Functions on weights that a bundle is to have, and what its text says of them.
struct Additions {
  std::vector<ir::FunctionId> functions;
  ir::FunctionId backward;
  std::vector<int> result_directions;
};

/// Everything up to the files; none where there are problems.
std::optional<Bundle> compile(const Options& options, ReadModel& read, ExpandedModel expanded, const Additions& additions, Problems& problems) {
  std::optional<Selftest> selftest = selftest_of(options, expanded.program, additions.backward, problems);
  const PipelineOptions pipeline = pipeline_options(options);
  Result<PlannedModel> planned = plan_model(std::move(expanded), options.model, pipeline, additions.functions);
  if (!planned) problems.add(planned.error());
  if (!problems.empty()) return std::nullopt;
  if (options.verbose || options.stop_after == "plan") std::fputs(print(planned->plan).c_str(), options.stop_after == "plan" ? stdout : stderr);
  EmitOptions emitted = emit_options(read, *planned->program, options.name, options.name_space);
  emitted.weights_as = options.weights_as == "file" ? WeightsAs::file : options.weights_as == "array" ? WeightsAs::array : WeightsAs::embed;
  emitted.targets = options.targets;
  emitted.selftest = std::move(selftest);
  emitted.result_directions = additions.result_directions;
  Bundle bundle = emit(planned->plan, emitted);
  if (options.self_contained)
    if (Result<Done> added = add_runtime_headers(bundle); !added) problems.add(added.error());
  return bundle;
}

/// The function `backward`, of all gradients or those that were asked for.
void add_gradients(const Options& options, ExpandedModel& expanded, Additions& additions, Problems& problems) {
  const bool inputs = options.gradients_of == "inputs", weights = options.gradients_of == "weights";
  const Backward backward = add_backward(expanded.program, inputs ? GradientsOf::inputs : weights ? GradientsOf::weights : GradientsOf::all);
  if (inputs && backward.results.empty()) problems.add(fmt::format("{}: --gradients-of inputs: the model has no inputs of floating point", options.model));
  if (weights && backward.results.empty()) problems.add(fmt::format("{}: --gradients-of weights: the model has no weights to train", options.model));
  additions.functions.push_back(additions.backward = backward.function);
}

/// The training step and what belongs to it.
void add_training(const Options& options, Model& model, ExpandedModel& expanded, Additions& additions, Problems& problems) {
  override_training(model, options.training, problems);
  if (!problems.empty()) return;
  EmittedTraining training = add_emitted_training(model, expanded, options.model, problems);
  additions.functions.insert(additions.functions.end(), training.functions.begin(), training.functions.end());
  additions.result_directions = std::move(training.result_directions);
}

/// Whether the code keeps its promises; where it does not, that is our bug, and nothing is written.
bool verified(const Options& options, const Bundle& bundle, Problems& problems) {
  const Result<std::vector<std::string>> findings = verify(bundle, options.targets);
  if (!findings) {
    problems.add(fmt::format("{}: --verify: {}", options.model, findings.error()));
    return true;
  }
  for (const std::string& line : *findings) fmt::print(stderr, "error: {}: this is a bug of keratin: {}\n", options.model, line);
  return findings->empty();
}

}  // namespace

int run_compile(const Options& options) {
  Problems problems;
  check_options(options, problems);
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read) return report(problems);
  add_outputs(*read->model, options.extra_outputs, options.model, problems);
  if (!problems.empty()) return report(problems);
  ExpandOptions expansion;
  expansion.batch = options.batch;
  expansion.shapes = options.shapes;
  expansion.losses = options.gradients || options.train;
  ExpandedModel expanded = expand_with_weights(*read, expansion, options.initialize, problems);
  if (!problems.empty()) return report(problems);
  Additions additions;
  if (options.gradients || options.train) add_gradients(options, expanded, additions, problems);
  if (options.train) add_training(options, *read->model, expanded, additions, problems);
  if (!problems.empty()) return report(problems);
  if (options.stop_after == "expand") return std::fputs(ir::print(expanded.program).c_str(), stdout), 0;
  if (options.stop_after == "optimize") {
    optimize(expanded.program);
    for (ir::FunctionId function : additions.functions) optimize_on_weights(expanded.program, function, pipeline_options(options));
    return std::fputs(ir::print(expanded.program).c_str(), stdout), 0;
  }
  const std::optional<Bundle> bundle = compile(options, *read, std::move(expanded), additions, problems);
  if (bundle && problems.empty() && options.verify && !verified(options, *bundle, problems)) return 3;
  if (bundle && problems.empty() && options.stop_after.empty())
    if (Result<Done> written = write_bundle(*bundle, options.directory); !written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
