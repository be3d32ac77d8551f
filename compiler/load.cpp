#include "compiler/load.h"

#include <fmt/format.h>

#include "compiler/export/configs.h"
#include "compiler/import/bind_weights.h"
#include "compiler/import/graph_reader.h"
#include "compiler/initializers/initializer.h"

namespace keratin {

std::optional<ReadModel> read_graph_of(const std::string& path, const std::optional<std::string>& weights, Problems& problems) {
  Result<ModelFile> file = read_model_file(path, weights);
  if (!file) {
    problems.add(file.error());
    return std::nullopt;
  }
  ReadModel read{std::move(*file), nullptr};
  const KerasVersion version = KerasVersion::parse(read.file.keras_version);
  if (version.keras1()) {
    problems.add(fmt::format("{}: was written by Keras 1, which is not supported", path));
    return std::nullopt;
  }
  ReadContext context{path, version, problems, {}};
  read.model = read_model(read.file.config, context);
  if (!read.model) return std::nullopt;
  const bool legacy = read.file.container == Container::hdf5 && read.model->version.keras3();  // Keras 2 says it in words of its own
  read.model->compile_config = legacy ? compile_config_of(read.file.training_config) : read.file.compile_config;
  return read;
}

ExpandedModel expand_with_weights(ReadModel& read, const ExpandOptions& options, std::optional<uint64_t> seed, Problems& problems) {
  if (!seed) return expand_and_bind(read, options, problems);
  ExpandedModel expanded = expand(*read.model, read.file.path, options, problems);
  if (problems.empty()) initialize_weights(expanded.program, expanded.layers, *seed, read.file.path, problems);
  return expanded;
}

ExpandedModel expand_and_bind(ReadModel& read, const ExpandOptions& options, Problems& problems) {
  ExpandedModel expanded = expand(*read.model, read.file.path, options, problems);
  if (read.file.weights)
    bind_weights(expanded.program, *read.model, *read.file.weights, read.file.path, problems);
  else if (!expanded.layers.empty())
    problems.add(missing_weights_error(read.file).message);
  return expanded;
}

}  // namespace keratin
