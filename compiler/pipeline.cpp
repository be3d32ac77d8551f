#include "compiler/pipeline.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "codegen/names.h"
#include "compiler/version.h"
#include "ir/passes/choose_saved.h"
#include "ir/passes/eliminate_common.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/fold_constants.h"
#include "ir/passes/fold_padding.h"
#include "ir/passes/fold_scale_into_weights.h"
#include "ir/passes/rewrite.h"
#include "ir/passes/simplify.h"
#include "ir/passes/split_prepare.h"

namespace keratin {

namespace {

using ir::FunctionId;
using ir::Program;

struct Stage {
  const char* name;
  void (*run)(Program&, FunctionId);
};

void take_composites(Program& program, FunctionId function) {
  // A kernel that takes the group whole is faster than its parts; without one the parts are ordinary nodes again.
  const ir::Function before = program.function(function);
  ir::inline_composites(program, function, [&](const ir::Composite::Attrs& attrs) {
    for (const ir::Node& node : before.nodes)
      if (const auto* composite = node.op.as<ir::Composite>(); composite && *composite == attrs) return !ir::has_kernel(program, before, node);
    return true;
  });
}

constexpr Stage kStages[] = {
    {"inference_only", [](Program& p, FunctionId f) { ir::simplify(p, f, true); }},  // stop_gradient means nothing any more
    {"take_composites", take_composites},                                           // before folding, which sees through plain nodes only
    {"fold_constants", ir::fold_constants},
    {"simplify", [](Program& p, FunctionId f) { ir::simplify(p, f, true); }},
    {"eliminate_common", ir::eliminate_common},
    {"fold_padding", ir::fold_padding},
    {"fold_scale_into_weights", ir::fold_scale_into_weights},  // batch normalisation, while scales still stand beside their producers
    {"split_prepare", [](Program& p, FunctionId f) { ir::split_prepare(p, f); }},  // from here on predict computes nothing from weights alone
    {"eliminate_common", ir::eliminate_common},
    {"eliminate_dead", ir::eliminate_dead},
};

constexpr Stage kStagesOnWeights[] = {
    {"after_differentiation", [](Program& p, FunctionId f) { ir::simplify(p, f, true); }},  // stop_gradient means nothing any more
    {"take_composites", take_composites},
    {"fold_constants", ir::fold_constants},
    {"simplify", [](Program& p, FunctionId f) { ir::simplify(p, f, true); }},
    {"eliminate_common", ir::eliminate_common},
    {"fold_padding", ir::fold_padding},
    {"choose_saved", ir::choose_saved},  // the last that adds nodes: from here on equal ones stay apart
    {"eliminate_dead", ir::eliminate_dead},
};

}  // namespace

void optimize_on_weights(Program& program, FunctionId function, const PipelineOptions& options) {
  for (const Stage& stage : kStagesOnWeights) {
    if (stage.run == ir::choose_saved && !options.recompute) continue;
    stage.run(program, function);
    ir::verify(program);
  }
}

std::vector<ir::Decision> optimize(Program& program) {
  const FunctionId predict = program.find("predict");
  std::vector<ir::Decision> decisions;
  for (const ir::Node& node : program.function(predict).nodes) {
    if (!node.op.as<ir::Composite>()) continue;
    ir::Decision decision{node.origin, ir::why_no_kernel(program, program.function(predict), node)};
    if (!decision.text.empty() && std::find(decisions.begin(), decisions.end(), decision) == decisions.end()) decisions.push_back(std::move(decision));
  }
  for (const Stage& stage : kStages) {
    stage.run(program, predict);
    ir::verify(program);
  }
  return decisions;
}

Result<PlannedModel> plan_model(ExpandedModel expanded, const std::string& file, const PipelineOptions& options, const std::vector<FunctionId>& on_weights) {
  PlannedModel planned{std::make_unique<Program>(std::move(expanded.program)), {}};
  std::vector<ir::Decision> decisions = optimize(*planned.program);
  for (FunctionId function : on_weights) optimize_on_weights(*planned.program, function, options);
  Result<ir::Plan> plan = ir::make_plan(*planned.program, options.plan, on_weights);
  if (!plan) return Error{fmt::format("{}: {}", file, plan.error())};
  planned.plan = std::move(*plan);
  planned.plan.decisions = std::move(decisions);
  return planned;
}

EmitOptions emit_options(const ReadModel& read, const Program& program, const std::string& name, const std::string& name_space) {
  EmitOptions options;
  const std::filesystem::path path = read.file.path;
  options.name = name.empty() ? identifier(path.stem().string()) : name;
  options.name_space = name_space;
  options.source = fmt::format("{} (Keras {})", path.filename().string(), read.file.keras_version);
  options.compiler = fmt::format("Keratin {}", kVersion);
  for (const ir::Variable& variable : program.variables)
    if (variable.role == ir::Role::weight || variable.role == ir::Role::moving_statistic) options.parameters += variable.type.shape.static_count();
  return options;
}

}  // namespace keratin
