#include "ir/program.h"

#include <array>

namespace keratin::ir {

std::string_view name_of(Role role) {
  static constexpr std::array<std::string_view, 8> kNames = {"weight", "moving_statistic", "recurrent_state", "prepared",
                                                             "slot",   "counter",          "metric",          "hyperparameter"};
  return kNames[static_cast<size_t>(role)];
}

FunctionId Program::find(std::string_view name) const {
  for (size_t i = 0; i < functions.size(); ++i)
    if (functions[i].name == name) return {static_cast<uint32_t>(i)};
  return {};
}

}  // namespace keratin::ir
