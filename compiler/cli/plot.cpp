// keratin plot: the model, its IR or the memory of its code as a drawing.
#include <filesystem>
#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/view/draw.h"
#include "compiler/view/plot_text.h"
#include "compiler/pipeline.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

/// Zeros where weights would be: the plan is the same for all values, but wants some.
void fill_with_zeros(ir::Program& program) {
  for (ir::Variable& variable : program.variables)
    if (!variable.initial) variable.initial = std::make_shared<const ir::Tensor>(variable.type.dtype, variable.type.shape.at(0));
}

std::optional<std::string> compiler_dot(ReadModel& read, const Options& options, Problems& problems) {
  ExpandOptions expansion;
  expansion.shapes = options.shapes;
  ExpandedModel expanded = expand(*read.model, options.model, expansion, problems);
  if (!problems.empty()) return std::nullopt;
  if (options.ir) {
    optimize(expanded.program);
    return ir_dot(expanded.program);
  }
  fill_with_zeros(expanded.program);
  Result<PlannedModel> planned = plan_model(std::move(expanded), options.model, {});
  if (!planned) return problems.add(planned.error()), std::nullopt;
  return memory_dot(planned->plan);
}

}  // namespace

int run_plot(const Options& options) {
  Problems problems;
  const std::string format = fs::path(options.output_file).extension().string();
  if (format != ".svg" && format != ".png" && format != ".dot") problems.add(fmt::format("-o: '{}' is no .svg, .png or .dot file", options.output_file));
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read || !problems.empty()) return report(problems);
  std::optional<std::string> text;
  if (options.ir || options.plan) {
    text = compiler_dot(*read, options, problems);
  } else if (read->model->unbuilt) {
    problems.add(fmt::format("{}: was saved before it knew its input's shape: nothing connects its layers yet", options.model));
  } else if (const std::optional<Outline> outline = outline_of(*read, problems)) {
    text = model_dot(*outline, options.expand_nested);
  }
  if (!text) return report(problems);
  if (const Result<Done> written = write_drawing(*text, options.output_file); !written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
