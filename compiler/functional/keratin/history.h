// What a training tells of itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace keratin::functional {

/// Values by metric; of a metric that is a vector the mean.
using Logs = std::map<std::string, double>;

/// keras.callbacks.History.
struct History {
  std::vector<int64_t> epoch;                         // counted from 0
  std::map<std::string, std::vector<double>> history;  // a value for each epoch that had it
  std::vector<double> batch_losses;
  bool interrupted = false;

  const std::vector<double>& operator[](const std::string& key) const { return history.at(key); }
};

}  // namespace keratin::functional
