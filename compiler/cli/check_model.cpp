// keratin check MODEL [CASE.npz]: one model against recorded values, or the emitted code against the reference engine on inputs of ours.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/view/open_sizes.h"
#include "compiler/engine/judge.h"
#include "compiler/engine/reference.h"
#include "compiler/engine/seeded_inputs.h"
#include "compiler/engine/run_compiled.h"
#include "compiler/load.h"

namespace keratin {

namespace {

constexpr int64_t kSeededExamples = 5;

bool records_gradients(const NamedArrays& recorded) {
  return std::any_of(recorded.begin(), recorded.end(), [](const NamedArray& entry) { return entry.first.starts_with("cotangent/"); });
}

/// The model, expanded once for each run: engines change what they are given.
class ModelCheck {
 public:
  ModelCheck(const Options& options, ReadModel& read) : options_(options), read_(read) {}

  Problems problems;

  std::vector<ArrayError> against(const NamedArrays& recorded) {
    const InputData inputs = match_inputs(below(recorded, "input/"), input_specs(*read_.model), options_.case_file, problems);
    if (!problems.empty()) return {};
    const std::optional<NamedArrays> results = options_.engine == "reference" ? reference(inputs) : compiled(inputs);
    if (!results) return {};
    std::vector<ArrayError> errors = forward_errors(*results, recorded, kForwardLimit);
    if (!records_gradients(recorded)) return errors;
    ExpandedModel expanded = expand(inputs, true);
    const std::optional<NamedArrays> gradients = problems.empty() ? gradients_of(std::move(expanded), inputs, recorded) : std::nullopt;
    if (!gradients) return {};
    for (ArrayError& error : gradient_errors(*gradients, recorded, kGradientLimit)) errors.push_back(std::move(error));
    return errors;
  }

  std::vector<ArrayError> engines_against_each_other() {
    ExpandOptions expansion;
    expansion.shapes = options_.shapes;
    const ExpandedModel expanded = expand_and_bind(read_, expansion, problems);
    if (!problems.empty()) return {};
    const ir::Function& predict = expanded.program.function(expanded.program.find("predict"));
    const InputData inputs{seeded_inputs(expanded.program, kSeededExamples, 1), fixed_batch(predict).value_or(kSeededExamples), {}};
    const std::optional<NamedArrays> expected = reference(inputs);
    const std::optional<NamedArrays> results = expected ? compiled(inputs) : std::nullopt;
    if (!results) return {};
    NamedArrays recorded;
    for (const auto& [name, array] : *expected) recorded.emplace_back("output/" + name, array);
    return forward_errors(*results, recorded, kForwardLimit);
  }

 private:
  std::optional<NamedArrays> gradients_of(ExpandedModel expanded, const InputData& inputs, const NamedArrays& recorded) {
    const Backward backward = add_backward(expanded.program);
    if (options_.engine == "reference") return reference_gradients(expanded.program, backward, inputs, recorded, options_.case_file, problems);
    return build_and_differentiate(read_, std::move(expanded), backward, inputs, recorded, options_.model, options_.case_file, pipeline_options(options_), problems);
  }

  ExpandedModel expand(const InputData& inputs, bool losses) {
    forget_weights(*read_.model);
    ExpandOptions expansion;
    expansion.losses = losses;
    expansion.shapes = options_.shapes;
    for (const auto& [name, shape] : inputs.shapes) expansion.shapes[name] = shape;
    return expand_and_bind(read_, expansion, problems);
  }

  std::optional<NamedArrays> reference(const InputData& inputs) {
    const ExpandedModel expanded = expand(inputs, false);
    if (!problems.empty()) return std::nullopt;
    return reference_predict(expanded.program, inputs, batch_of(expanded.program, inputs), problems, options_.model);
  }

  std::optional<NamedArrays> compiled(const InputData& inputs) {
    ExpandedModel expanded = expand(inputs, false);
    if (!problems.empty()) return std::nullopt;
    const int64_t batch = batch_of(expanded.program, inputs);
    const std::vector<std::string> names = expanded.program.function(expanded.program.find("predict")).output_names;
    const PipelineOptions pipeline = pipeline_options(options_);
    Result<PlannedModel> planned = plan_model(std::move(expanded), options_.model, pipeline);
    if (!planned) return problems.add(planned.error()), std::nullopt;
    const EmitOptions emitted = emit_options(read_, *planned->program, "model", "keratin_model");
    CompiledModel model(std::move(*planned), emitted);
    Result<NamedArrays> results = run_compiled(model, inputs, batch, names);
    if (!results) return problems.add(fmt::format("{}: {}", options_.model, results.error())), std::nullopt;
    return std::move(*results);
  }

  const Options& options_;
  ReadModel& read_;
};

/// One line for each array; 0 where all of them are within their limits.
int tell(const std::vector<ArrayError>& errors, bool quiet) {
  int failed = 0;
  for (const ArrayError& error : errors) {
    failed += !error.passed();
    if (error.passed() && quiet) continue;
    std::printf("%s %-50s %.2e of %.0e%s%s\n", error.passed() ? "ok  " : "FAIL", error.name.c_str(), error.error, error.limit, error.reason.empty() ? "" : ": ", error.reason.c_str());
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int run_check_model(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  Result<NamedArrays> recorded = options.case_file.empty() ? Result<NamedArrays>(NamedArrays{}) : read_arrays(options.case_file);
  if (!recorded) problems.add(recorded.error());
  if (!read || !problems.empty()) return report(problems);
  ModelCheck check(options, *read);
  const std::vector<ArrayError> errors = options.case_file.empty() ? check.engines_against_each_other() : check.against(*recorded);
  if (check.problems.empty() && errors.empty()) check.problems.add(fmt::format("{}: records no output/<name>", options.case_file));
  if (!check.problems.empty()) return report(check.problems);
  return tell(errors, options.quiet);
}

}  // namespace keratin
