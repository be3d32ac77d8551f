// Liveness and memory: where in the workspace each scratch buffer lies. Greedy by size, as the larger buffers are the harder to place
// (XNNPACK's planner does the same); buffers whose lives overlap never overlap in memory.
#pragma once

#include "ir/plan/plan.h"

namespace keratin::ir {

/// Fills first and last of every scratch buffer from the steps' operands; a buffer that lives into a loop lives to its end.
void find_lives(PlannedFunction& function);

/// Decides whether the batch is cut into blocks, and fills offsets and workspace_bytes. `reuse`: buffers may share memory.
void assign_memory(PlannedFunction& function, bool reuse, std::optional<int64_t> block);

/// Calls f(operand, writes) for each operand of a step.
template <class F>
void for_each_operand(const Step& step, F&& f) {
  for (const Arg& arg : step.args) {
    if (const auto* pointer = std::get_if<PointerArg>(&arg)) f(pointer->operand, pointer->writes);
    else if (const auto* leaf = std::get_if<StridedLeaf>(&arg)) f(leaf->operand, leaf->output);
    else if (const auto* rows = std::get_if<RowsArg>(&arg); rows && rows->operand.buffer.valid()) f(rows->operand, rows->writes);
    else if (const auto* epilogue = std::get_if<Epilogue>(&arg)) {
      for (const Epilogue::Leaf& l : epilogue->leaves) f(l.operand, false);
    } else if (const auto* scratch = std::get_if<ScratchArg>(&arg)) {
      Operand operand;
      operand.buffer = scratch->buffer;
      f(operand, true);
    }
  }
}

}  // namespace keratin::ir
