#include "ir/plan/kernels/rules.h"

namespace keratin::ir {

const std::vector<KernelRule>& kernel_rules() {
  static const std::vector<KernelRule> rules = {
      arg_reduce_rule(),
      attention_grad_rule(),
      attention_rule(),
      average_pool_rule(),
      concatenate_rule(),
      conv_rule(),
      conv_input_grad_rule(),
      conv_kernel_grad_rule(),
      cumulative_rule(),
      dense_rule(),
      gather_rule(),
      gru_rule(),
      layer_norm_grad_rule(),
      layer_norm_rule(),
      lstm_rule(),
      pack_rule(),
      pad_rule(),
      random_rule(),
      reduce_rule(),
      scan_rule(),
      scatter_add_rule(),
      simple_rnn_rule(),
      size_rule(),
      softmax_rule(),
      sort_rule(),
      window_grad_rule(),
      window_rule(),
  };
  return rules;
}

}  // namespace keratin::ir
