// keratin bench: the time of one call of the emitted code.
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <keratin/runtime/thread_pool.h>

#include "compiler/cli/commands.h"
#include "compiler/engine/compiled_model.h"
#include "compiler/engine/measure.h"
#include "compiler/engine/seeded_inputs.h"
#include "compiler/load.h"
#include "compiler/training/overrides.h"

namespace keratin {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void print_result(const Options& options, const CompiledModel& model, const Timing& time, int64_t batch, double compile_seconds) {
  const std::string file = options.model.substr(options.model.rfind('/') + 1);
  if (options.json) {
    fmt::print("{{\"model\": \"{}\", \"min_us\": {:.4f}, \"median_us\": {:.4f}, \"batch\": {}, \"threads\": {}, \"weights_bytes\": {}, \"workspace_bytes\": {}, \"compile_s\": {:.3f}, \"build_s\": {:.3f}}}\n",
               file, time.min_us, time.median_us, batch, options.threads, model.weights_bytes(), model.workspace_bytes(batch), compile_seconds, model.build_seconds());
    return;
  }
  fmt::print("{}: {:.2f} us per {} at best, {:.2f} us median (batch {}, {} thread{})\n", file, time.min_us, options.train ? "step" : "call", time.median_us, batch, options.threads, options.threads == 1 ? "" : "s");
  fmt::print("weights {} bytes, workspace {} bytes; compiled in {:.2f} s, built in {:.2f} s{}\n", model.weights_bytes(), model.workspace_bytes(batch), compile_seconds, model.build_seconds(),
             model.build_seconds() == 0 ? " (from the cache)" : "");
}

/// Adds the training step; its targets follow the inputs.
std::vector<ir::FunctionId> add_step(const Options& options, Model& model, ExpandedModel& expanded, std::vector<Array>& inputs, int64_t batch, Problems& problems) {
  override_training(model, options.training, problems);
  const TrainingSetup setup = read_training(model, options.model, problems);
  if (!problems.empty()) return {};
  const BatchTypes types = target_types(setup, expanded.program, options.model, problems);
  if (!problems.empty()) return {};
  for (Array& target : seeded_targets(expanded.program, types.targets, batch, 2)) inputs.push_back(std::move(target));
  const TrainStep step = add_train_step(model, expanded, setup, types, {}, options.model, problems);
  if (!problems.empty()) return {};
  return {*step.function};
}

}  // namespace

int run_bench(const Options& options) {
  const Clock::time_point begin = Clock::now();
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read) return report(problems);
  ExpandOptions expansion;
  expansion.batch = options.batch.value_or(1);
  expansion.shapes = options.shapes;
  ExpandedModel expanded = expand_with_weights(*read, expansion, options.initialize, problems);
  if (!problems.empty()) return report(problems);
  const int64_t batch = *expansion.batch;
  std::vector<Array> inputs = seeded_inputs(expanded.program, batch, 1);
  const PipelineOptions pipeline = pipeline_options(options);
  std::vector<ir::FunctionId> on_weights;
  if (options.train) on_weights = add_step(options, *read->model, expanded, inputs, batch, problems);
  if (!problems.empty()) return report(problems);
  Result<PlannedModel> planned = plan_model(std::move(expanded), options.model, pipeline, on_weights);
  if (!planned) {
    problems.add(planned.error());
    return report(problems);
  }
  if (options.verbose) std::fputs(print(planned->plan).c_str(), stderr);
  const EmitOptions emitted = emit_options(*read, *planned->program, "model", "keratin_model");
  CompiledModel model(std::move(*planned), emitted);
  const double compile_seconds = seconds_since(begin) - model.build_seconds();
  std::optional<kr::ThreadPool> pool;
  if (options.threads > 1) pool.emplace(options.threads);
  Result<Timing> time = model.measure(options.train ? "train_step" : "predict", inputs, batch, pool ? &*pool : nullptr, options.seconds);
  if (!time) {
    problems.add(fmt::format("{}: {}", options.model, time.error()));
    return report(problems);
  }
  print_result(options, model, *time, batch, compile_seconds);
  return 0;
}

}  // namespace keratin
