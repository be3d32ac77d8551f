// Names of prepared weights: the weight's path and what was done to it, `conv1/kernel_prepared_packed`.
#pragma once

#include <string>
#include <string_view>

namespace keratin::ir {

/// The name of a weight in another form. IR_CHECKs that the form is a known one, so that split_prepared_name finds it again.
std::string prepared_name(std::string_view weight, std::string_view form);

/// `conv1/kernel_prepared_packed` is the weight conv1/kernel, done: `prepared, packed`.
struct PreparedName {
  std::string weight, done;
};
PreparedName split_prepared_name(std::string_view name);

}  // namespace keratin::ir
