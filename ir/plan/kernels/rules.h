// The list of kernel rules; each family is one file that defines its rules.
#pragma once

#include "ir/plan/planner.h"

namespace keratin::ir {

KernelRule dense_rule();
KernelRule conv_rule();
KernelRule window_rule();
KernelRule softmax_rule();
KernelRule reduce_rule();

}  // namespace keratin::ir
