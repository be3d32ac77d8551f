#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

const std::vector<KernelRule>& kernel_rules() {
  static const std::vector<KernelRule> rules = {average_pool_rule(), conv_rule(), dense_rule(), reduce_rule(), softmax_rule(), window_rule()};
  return rules;
}

}  // namespace keratin::ir
