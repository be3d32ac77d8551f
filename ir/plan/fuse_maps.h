// Neighbouring passes over the same elements become one: Adam's two moments and its weight, the gates of a recurrent step.
#pragma once

#include "ir/plan/plan.h"

namespace keratin::ir {

/// Joins steps that map_step made and that walk one index space where a later one reads, element by element, what an earlier one computes, or
/// an operand of it. Results that nothing else reads are not stored. Every element is read before it is written in the same pass, so updates in
/// place stay so. Before memory is assigned.
void fuse_maps(const Program& program, Plan& plan, PlannedFunction& function);

}  // namespace keratin::ir
