// keratin weights: every weight by its path, with the optimizer's state as the file has it, and the way back into a model file.
#include <fmt/format.h>
#include <set>

#include "compiler/cli/commands.h"
#include "compiler/view/open_sizes.h"
#include "compiler/cli/weight_arrays.h"
#include "compiler/data/tensors.h"
#include "compiler/export/write_model.h"
#include "compiler/import/bind_weights.h"
#include "compiler/initializers/initializer.h"
#include "compiler/load.h"
#include "ir/support/check.h"

namespace keratin {

std::optional<NamedArrays> weight_arrays(ReadModel& read, std::optional<uint64_t> seed, Problems& problems) {
  if (!seed && !read.file.weights) {
    problems.add(missing_weights_error(read.file).message);
    return std::nullopt;
  }
  std::optional<TwoExpansions> expanded = expand_at_two_sizes(*read.model, read.file.path, problems);
  if (!expanded) return std::nullopt;
  ir::Program& program = expanded->second.program;
  if (seed) initialize_weights(program, expanded->second.layers, *seed, read.file.path, problems);
  else bind_weights(program, *read.model, *read.file.weights, read.file.path, problems);
  if (!problems.empty()) return std::nullopt;
  NamedArrays arrays;
  std::set<const Weight*> known;
  std::set<std::string> paths;
  for (const Weight* weight : all_weights(*read.model)) {
    if (!known.insert(weight).second) continue;
    if (!paths.insert(weight->path).second) problems.add(fmt::format("{}: {}: two weights have this path", read.file.path, weight->path));
    const auto& value = program.variable(weight->variable).initial;
    IR_CHECK(value != nullptr, "a weight has no value after binding without a problem");
    arrays.emplace_back(weight->path, to_array(*value));
  }
  Result<NamedArrays> optimizer = seed ? Result<NamedArrays>(NamedArrays{}) : read_optimizer_state(*read.file.weights);
  if (!optimizer) problems.add(optimizer.error());
  if (!problems.empty()) return std::nullopt;
  for (NamedArray& variable : *optimizer) arrays.push_back(std::move(variable));
  return arrays;
}

namespace {

/// `present` is what weight_arrays gave.
void write_file_of(const ReadModel& read, NamedArrays present, const Options& options, Problems& problems) {
  NamedArrays optimizer;
  for (const NamedArray& array : present)
    if (array.first.starts_with("optimizer/")) optimizer.push_back(array);
  SavedState state;
  if (options.set_file.empty()) {
    std::erase_if(present, [](const NamedArray& array) { return array.first.starts_with("optimizer/"); });
    check_state(*read.model, std::move(present), optimizer, read.file.path, state, problems);
  } else {
    Result<NamedArrays> given = read_arrays(options.set_file);
    if (!given) return problems.add(given.error());
    if (options.initialize)  // first values where the file names none
      for (NamedArray& first : present)
        if (!find_array(*given, first.first)) given->push_back(std::move(first));
    check_state(*read.model, std::move(*given), optimizer, options.set_file, state, problems);
  }
  if (!problems.empty()) return;
  if (options.initialize && !state.optimizer) state.optimizer.emplace();  // nothing is left of an earlier training
  if (Result<Done> written = write_model(read, state, options.output_file); !written) problems.add(written.error());
}

}  // namespace

int run_weights(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read || !problems.empty()) return report(problems);
  if (!options.initialize && !read->file.weights && !options.set_file.empty()) {  // an architecture
    Result<SharedWeights> given = open_weight_file(options.set_file);
    if (given) read->file.weights = std::move(*given);
    else problems.add(given.error());
  }
  std::optional<NamedArrays> arrays = problems.empty() ? weight_arrays(*read, options.initialize, problems) : std::nullopt;
  if (!arrays) return report(problems);
  if (!options.outputs.empty())
    if (Result<Done> written = write_npz(options.outputs, *arrays); !written) problems.add(written.error());
  if (problems.empty() && !options.output_file.empty()) write_file_of(*read, std::move(*arrays), options, problems);
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
