// A table as the arrays of a model: its inputs, and for a training the columns of targets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/data/csv.h"
#include "compiler/data/npz.h"
#include "compiler/graph/model.h"
#include "compiler/problems.h"

namespace keratin {

/// The column of the targets of an output.
struct TargetColumn {
  std::string output, column;
};

/// What --target says: the column of a model with one output; of several OUTPUT=COLUMN,..., or only the name where they have one, every output once.
std::vector<TargetColumn> target_columns(const Model& model, const CsvTable& table, const std::string& text, const std::string& file, Problems& problems);

/// `<prefix><input>` of a table without its targets: one input takes all columns as its features, in the file's order and filled into its shape row by
/// row; several inputs take the column of their name, and every column must be one's. Problems name file, line and column.
NamedArrays inputs_of_table(const Model& model, const CsvTable& table, const std::vector<TargetColumn>& targets, const std::string& prefix, const std::string& file, Problems& problems);

/// The sorted texts of targets that are texts, by output.
using TargetClasses = std::map<std::string, std::vector<std::string>>;

/// `x/<input>` as inputs_of_table and `y/<output>`. Targets that are numbers are float32 [rows, 1]; those that are texts are int32 [rows, 1], their
/// place in `classes`, which gets those of an output that it does not hold yet.
NamedArrays arrays_of_table(const Model& model, const CsvTable& table, const std::vector<TargetColumn>& targets, TargetClasses& classes, const std::string& file, Problems& problems);

}  // namespace keratin
