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
/// The same with first values from a seed in place of those of the file (or of none), where a seed is given.
ExpandedModel expand_with_weights(ReadModel& read, const ExpandOptions& options, std::optional<uint64_t> seed, Problems& problems);

}  // namespace keratin
