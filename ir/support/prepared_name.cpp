#include "ir/support/prepared_name.h"

#include <algorithm>
#include <array>

#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// `prepared`: computed from weights alone before any batch. The others: layouts of kernels.
constexpr std::array<std::string_view, 10> kForms = {"candidate", "depthwise", "gates", "grouped", "packed", "prepared", "recurrent", "turned", "winograd", "winograd4"};

}  // namespace

std::string prepared_name(std::string_view weight, std::string_view form) {
  IR_CHECK(std::find(kForms.begin(), kForms.end(), form) != kForms.end(), "an unknown form of a prepared weight");
  return std::string(weight) + "_" + std::string(form);
}

PreparedName split_prepared_name(std::string_view name) {
  PreparedName split{std::string(name), ""};
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view form : kForms) {
      const std::string suffix = "_" + std::string(form);
      if (!split.weight.ends_with(suffix)) continue;
      split.weight.resize(split.weight.size() - suffix.size());
      split.done = std::string(form) + (split.done.empty() ? "" : ", ") + split.done;
      found = true;
    }
  }
  return split;
}

}  // namespace keratin::ir
