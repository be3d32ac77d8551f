#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

const std::vector<KernelRule>& kernel_rules() {
  static const std::vector<KernelRule> rules = {conv_rule(), dense_rule()};
  return rules;
}

}  // namespace keratin::ir
