// The list of kernel rules; each family is one file that defines its rules.
#pragma once

#include "ir/plan/planner.h"

namespace keratin::ir {

KernelRule average_pool_rule();
KernelRule conv_rule();
KernelRule dense_rule();
KernelRule reduce_rule();
KernelRule softmax_rule();
KernelRule window_rule();

}  // namespace keratin::ir
