// The text of one planned function: names of its buffers, its steps, what it needs of the bundle's structs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/plan/plan.h"

namespace keratin {

class Emitter;

class FunctionWriter {
 public:
  FunctionWriter(const Emitter& bundle, const ir::PlannedFunction& function);

  const ir::PlannedFunction& function() const { return f_; }
  /// Whether steps use a buffer of that role, and whether they write one.
  bool uses(ir::BufferRole role) const { return used_.contains(role); }
  bool writes(ir::BufferRole role) const { return written_.contains(role); }
  /// Whether weights are walked in turns.
  bool alternates() const;
  /// The name of a buffer in the text.
  const std::string& name(ir::BufferId id) const { return names_[id.index]; }
  /// Headers of the runtime whose functions the steps call.
  std::set<std::string> headers() const;
  /// The static function `NAME_block` over pointers; `what` is its comment. `structs`: parameters before the operands, `const Prepared& p`.
  std::string block(const std::string& what, const std::vector<std::string>& structs) const;

 private:
  struct Operands {
    ir::Operand from, to;
  };
  std::string pointer(const ir::Operand& operand) const;
  std::string argument(const ir::Arg& arg) const;
  std::string template_argument(const ir::Template& t, const ir::Step& step) const;
  std::string strided(const ir::StridedLeaf& leaf) const;
  std::string epilogue_value(const ir::Epilogue& epilogue) const;
  std::string paragraph_comment(size_t first) const;
  std::string step_text(const ir::Step& step, const std::string& indent) const;
  std::string steps() const;
  std::string shape_text(const ir::Operand& operand) const;
  std::string origin_text(const ir::Step& step) const;

  const Emitter& bundle_;
  const ir::PlannedFunction& f_;
  std::vector<std::string> names_;  // of buffers
  std::set<ir::BufferRole> used_, written_;
};

/// Whether the code, comments apart, uses the identifier.
bool mentions(const std::string& code, std::string_view name);
/// The parts with the separator between them.
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace keratin
