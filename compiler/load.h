// From a file to an expanded program with its weights: the front half of every command.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "compiler/expand.h"
#include "compiler/import/model_file.h"

namespace keratin {

/// A file read into a graph: what `summary` and `plot` need.
struct ReadModel {
  ModelFile file;
  std::shared_ptr<Model> model;
};
std::optional<ReadModel> read_graph_of(const std::string& path, const std::optional<std::string>& weights, Problems& problems);

/// Expands the graph and binds the weights. Problems are complete; the program is whole only without any.
ExpandedModel expand_and_bind(ReadModel& read, const ExpandOptions& options, Problems& problems);

}  // namespace keratin
