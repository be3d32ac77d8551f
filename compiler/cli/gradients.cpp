#include "compiler/cli/commands.h"
#include "compiler/engine/reference.h"
#include "compiler/engine/run_compiled.h"
#include "compiler/engine/run_data.h"
#include "compiler/load.h"

namespace keratin {

int run_gradients(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  Result<NamedArrays> data = read_arrays(options.inputs);
  if (!data) problems.add(data.error());
  if (!read || !data || !problems.empty()) return report(problems);
  NamedArrays values;
  for (const NamedArray& array : *data)
    if (!array.first.starts_with("cotangent/")) values.push_back(array);
  const std::vector<InputSpec> specs = input_specs(*read->model);
  const InputData inputs = match_inputs(values, specs, options.inputs, problems);
  if (!problems.empty()) return report(problems);
  ExpandOptions expansion;
  expansion.shapes = options.shapes;
  expansion.batch = other_batch(specs, inputs);
  expansion.losses = true;
  for (const auto& [name, shape] : inputs.shapes) expansion.shapes[name] = shape;
  ExpandedModel expanded = expand_and_bind(*read, expansion, problems);
  check_kept_state(expanded.program, specs, inputs, options.inputs, problems);
  if (!problems.empty()) return report(problems);
  const Backward backward = add_backward(expanded.program);
  const std::optional<NamedArrays> results =
      options.engine == "reference" ? reference_gradients(expanded.program, backward, inputs, *data, options.inputs, problems)
                                    : build_and_differentiate(*read, std::move(expanded), backward, inputs, *data, options.model, options.inputs, pipeline_options(options), problems);
  if (!results) return report(problems);
  Result<Done> written = write_npz(options.outputs, *results);
  if (!written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
