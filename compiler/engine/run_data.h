// Data files against a model's inputs and outputs: names, shapes, dtypes, batches.
#pragma once

#include <string>
#include <vector>

#include "compiler/data/npz.h"
#include "compiler/expand.h"
#include "compiler/problems.h"

namespace keratin {

/// The arrays of a data file in the order of the model's inputs. For one input any single array is accepted. With `open` dimensions the
/// shapes found are returned for expansion.
struct InputData {
  std::vector<Array> arrays;
  int64_t examples = 0;
  std::map<std::string, std::vector<int64_t>> shapes;
};
InputData match_inputs(const NamedArrays& data, const std::vector<InputSpec>& specs, const std::string& data_file, Problems& problems);

/// The number of examples to expand for where the one that the file fixes does not divide those of the data; else nullopt. Keras binds
/// only layers that keep state to it, so afterwards check_kept_state has to be asked.
std::optional<int64_t> other_batch(const std::vector<InputSpec>& specs, const InputData& data);
/// A problem where a program that was expanded for another batch than the file's keeps states, whose shape has that batch.
void check_kept_state(const ir::Program& program, const std::vector<InputSpec>& specs, const InputData& data, const std::string& data_file, Problems& problems);

/// Rows begin..begin+count of an array's first axis, and the reverse: appending along it.
Array rows_of(const Array& array, int64_t begin, int64_t count);
void append_rows(Array& to, const Array& rows);

}  // namespace keratin
