// A table with a column of targets as the arrays of a training.
#pragma once

#include <string>
#include <vector>

#include "compiler/data/csv.h"
#include "compiler/data/npz.h"
#include "compiler/graph/model.h"
#include "compiler/problems.h"

namespace keratin {

/// `x/<input>` and `y/<output>` of a model with one output. The columns but `target` are the features of one input, in the file's order and filled
/// into its shape row by row; several inputs take the column of their name, and every column must be one's. Targets that are numbers are float32 [rows, 1]; those that are texts
/// are int32 [rows, 1], their place in `classes`, which is filled with the sorted texts where it is empty. Problems name file, line and column.
NamedArrays arrays_of_table(const Model& model, const CsvTable& table, const std::string& target, std::vector<std::string>& classes, const std::string& file, Problems& problems);

}  // namespace keratin
