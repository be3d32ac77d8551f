// keratin weights: every weight by its path, with the optimizer's state as the file has it.
#include <fmt/format.h>
#include <set>

#include "compiler/cli/commands.h"
#include "compiler/cli/open_sizes.h"
#include "compiler/cli/weight_arrays.h"
#include "compiler/data/tensors.h"
#include "compiler/import/bind_weights.h"
#include "compiler/load.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

/// Arrays of the file below the optimizer: `optimizer/vars/1`, `optimizer/Adam/iter:0`.
void add_optimizer(const WeightStore& store, NamedArrays& arrays, Problems& problems) {
  const auto add = [&](const StoredArray& stored, const std::string& name) {
    Result<Array> array = store.read(stored);
    if (array) arrays.emplace_back(name, std::move(*array));
    else problems.add(array.error());
  };
  if (store.layout() == WeightLayout::layer_lists) {
    constexpr std::string_view group = "optimizer_weights/";
    for (size_t index : store.optimizer()) {
      const StoredArray& stored = store.arrays()[index];
      add(stored, "optimizer/" + (stored.path.starts_with(group) ? stored.path.substr(group.size()) : stored.path));
    }
    return;
  }
  for (const StoredArray& stored : store.arrays())
    if (stored.path.starts_with("optimizer/")) add(stored, stored.path);
}

}  // namespace

std::optional<NamedArrays> weight_arrays(ReadModel& read, Problems& problems) {
  if (!read.file.weights) {
    problems.add(missing_weights_error(read.file).message);
    return std::nullopt;
  }
  std::optional<TwoExpansions> expanded = expand_at_two_sizes(*read.model, read.file.path, problems);
  if (!expanded) return std::nullopt;
  ir::Program& program = expanded->second.program;
  bind_weights(program, *read.model, *read.file.weights, read.file.path, problems);
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
  add_optimizer(*read.file.weights, arrays, problems);
  if (!problems.empty()) return std::nullopt;
  return arrays;
}

int run_weights(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read || !problems.empty()) return report(problems);
  const std::optional<NamedArrays> arrays = weight_arrays(*read, problems);
  if (!arrays) return report(problems);
  if (Result<Done> written = write_npz(options.outputs, *arrays); !written) {
    problems.add(written.error());
    return report(problems);
  }
  return 0;
}

}  // namespace keratin
