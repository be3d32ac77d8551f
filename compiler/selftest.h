// Recorded values for NAME_selftest.cpp: seeded inputs through the reference evaluator.
#pragma once

#include <optional>

#include "codegen/bundle.h"
#include "ir/program.h"

namespace keratin {

/// Multiplications of one example in `predict`: what recording costs, and too many of them take the evaluator minutes.
double multiplications(const ir::Program& program);

/// Runs the expanded `predict` (before any pass) on two examples, or as many as the model fixes, in double precision; and `backward`, where it is
/// valid, with cotangents by rule. None where every choice of inputs fails, ids beyond every table for instance.
std::optional<Selftest> record_selftest(const ir::Program& program, ir::FunctionId backward = {});

}  // namespace keratin
