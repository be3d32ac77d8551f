// Arguments of compile() as the command line gives them: plain data.
#pragma once

#include <optional>
#include <string>

namespace keratin {

/// Arguments of compile(); empty: as the file has them.
struct TrainingOverrides {
  std::string optimizer;             // a name of Keras, or its serialized form as JSON
  std::optional<double> learning_rate;
  std::string loss;                  // a name for all outputs, or `output=NAME,...`
  std::string metrics;               // names, separated by commas, for every output that has a loss
  bool given() const { return !optimizer.empty() || learning_rate || !loss.empty() || !metrics.empty(); }
};

}  // namespace keratin
