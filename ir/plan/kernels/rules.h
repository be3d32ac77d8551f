// The list of kernel rules; each family is one file that defines its rules.
#pragma once

#include "ir/plan/planner.h"

namespace keratin::ir {

KernelRule arg_reduce_rule();
KernelRule attention_grad_rule();
KernelRule attention_rule();
KernelRule average_pool_rule();
KernelRule concatenate_rule();
KernelRule conv_rule();
KernelRule conv_input_grad_rule();
KernelRule conv_kernel_grad_rule();
KernelRule cumulative_rule();
KernelRule dense_rule();
KernelRule gather_rule();
KernelRule gru_rule();
KernelRule layer_norm_grad_rule();
KernelRule layer_norm_rule();
KernelRule lstm_rule();
KernelRule pack_rule();
KernelRule pad_rule();
KernelRule random_rule();
KernelRule reduce_rule();
KernelRule scan_rule();
KernelRule scatter_add_rule();
KernelRule simple_rnn_rule();
KernelRule size_rule();
KernelRule softmax_rule();
KernelRule sort_rule();
KernelRule window_grad_rule();
KernelRule window_rule();

}  // namespace keratin::ir
