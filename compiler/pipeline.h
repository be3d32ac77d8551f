// The order of all stages between an expanded model and a bundle, with the reason for each. Dump, verification and stop-after live here.
#pragma once

#include <string>

#include "codegen/bundle.h"
#include "compiler/load.h"
#include "ir/plan/make_plan.h"

namespace keratin {

struct PipelineOptions {
  ir::PlanOptions plan;
  bool recompute = true;   // backward computes cheap values of forward anew rather than keep them
  std::string stop_after;  // expand | optimize | plan; empty: all
};

/// A plan and the program whose variables and origins it names.
struct PlannedModel {
  std::unique_ptr<ir::Program> program;
  ir::Plan plan;
};

/// Optimises `predict` in place: everything before kernels are chosen. What it decided that a user may want to know of.
std::vector<ir::Decision> optimize(ir::Program& program);

/// The same for a function that works on Keras's own weights, which change.
void optimize_on_weights(ir::Program& program, ir::FunctionId function, const PipelineOptions& options);

/// The whole way to a plan. `on_weights`: functions besides predict, such as backward. Errors name the file and the layer that cannot be compiled.
Result<PlannedModel> plan_model(ExpandedModel expanded, const std::string& file, const PipelineOptions& options, const std::vector<ir::FunctionId>& on_weights = {});

/// The text around the plan, from the model's file.
EmitOptions emit_options(const ReadModel& read, const ir::Program& program, const std::string& name, const std::string& name_space);

}  // namespace keratin
