#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/engine/compiled_model.h"
#include "compiler/engine/csv_data.h"
#include "compiler/engine/reference.h"
#include "compiler/engine/run_data.h"
#include "compiler/engine/seeded_inputs.h"
#include "compiler/load.h"

namespace keratin {

namespace {

/// Builds the emitted code and runs it, `batch` examples at a time.
std::optional<NamedArrays> predict_compiled(const ReadModel& read, ExpandedModel expanded, const InputData& data, int64_t batch, const Options& options, Problems& problems) {
  const ir::Function& function = expanded.program.function(expanded.program.find("predict"));
  NamedArrays results;
  for (const std::string& name : function.output_names) results.emplace_back(name, Array{});
  const PipelineOptions pipeline = pipeline_options(options);
  Result<PlannedModel> planned = plan_model(std::move(expanded), options.model, pipeline);
  if (!planned) {
    problems.add(planned.error());
    return std::nullopt;
  }
  EmitOptions emitted = emit_options(read, *planned->program, "model", "keratin_model");
  CompiledModel model(std::move(*planned), emitted);
  for (int64_t begin = 0; begin < data.examples; begin += batch) {
    const int64_t count = std::min(batch, data.examples - begin);
    std::vector<Array> inputs;
    for (const Array& array : data.arrays) inputs.push_back(rows_of(array, begin, count));
    Result<std::vector<Array>> outputs = model.run(inputs, count);
    if (!outputs) {
      problems.add(fmt::format("{}: {}", options.inputs, outputs.error()));
      return std::nullopt;
    }
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i].second, (*outputs)[i]);
  }
  return results;
}

/// Arrays by input name, or a table of numbers: its columns but those of targets. A table says nothing without a model.
Result<NamedArrays> read_inputs(const Model* model, const Options& options, Problems& problems) {
  if (!options.inputs.ends_with(".csv")) {
    if (!options.target_column.empty()) return Error{fmt::format("{}: --target is for .csv files", options.inputs)};
    return read_arrays(options.inputs);
  }
  const Result<CsvTable> table = read_csv(options.inputs);
  if (!table) return Error{table.error()};
  if (!model) return NamedArrays();
  std::vector<TargetColumn> targets;
  if (!options.target_column.empty()) targets = target_columns(*model, *table, options.target_column, options.inputs, problems);
  return problems.empty() ? inputs_of_table(*model, *table, targets, "", options.inputs, problems) : NamedArrays();
}

}  // namespace

int run_predict(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  Result<NamedArrays> data = read_inputs(read ? read->model.get() : nullptr, options, problems);
  if (!data) problems.add(data.error());
  if (!read || !data || !problems.empty()) return report(problems);
  const std::vector<InputSpec> specs = input_specs(*read->model);
  InputData inputs = match_inputs(*data, specs, options.inputs, problems);
  if (!problems.empty()) return report(problems);
  ExpandOptions expansion;
  expansion.shapes = options.shapes;
  expansion.batch = other_batch(specs, inputs);
  for (const auto& [name, shape] : inputs.shapes) expansion.shapes[name] = shape;
  ExpandedModel expanded = expand_with_weights(*read, expansion, options.initialize, problems);
  check_kept_state(expanded.program, specs, inputs, options.inputs, problems);
  if (!problems.empty()) return report(problems);
  const ir::Function& predict = expanded.program.function(expanded.program.find("predict"));
  const std::optional<int64_t> fixed = fixed_batch(predict);
  if (fixed && inputs.examples % *fixed != 0) {
    problems.add(fmt::format("{}: holds {} examples, the model takes {} at a time", options.inputs, inputs.examples, *fixed));
    return report(problems);
  }
  const int64_t batch = fixed.value_or(std::max<int64_t>(1, std::min(options.batch_size != 0 ? options.batch_size : 32, inputs.examples)));
  std::optional<NamedArrays> results = options.engine == "reference" ? reference_predict(expanded.program, inputs, batch, problems, options.inputs)
                                                                     : predict_compiled(*read, std::move(expanded), inputs, batch, options, problems);
  if (!results) return report(problems);
  Result<Done> written = write_npz(options.outputs, *results);
  if (!written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
