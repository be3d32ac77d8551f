// What the files of one bundle share: names of buffers and functors, and how dimensions and operands are written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "codegen/bundle.h"
#include "codegen/names.h"

namespace keratin {

class Emitter {
 public:
  Emitter(const ir::Plan& plan, const EmitOptions& options);

  const ir::Plan& plan() const { return plan_; }
  const ir::PlannedFunction& predict() const { return plan_.functions[0]; }
  const EmitOptions& options() const { return options_; }
  const ir::Program& program() const { return *plan_.program; }

  std::string header() const;
  std::string predict_declarations() const;
  std::string weights_declarations() const;
  std::string source() const;
  std::string weights_source() const;
  std::string weights_blob() const;
  /// NAME_weights.bin: header, table, payload.
  std::string weights_file() const;
  std::string dispatch_source() const;
  std::string selftest_source() const;
  /// Whether the body is compiled for several x86-64 levels, of which one is chosen when it runs.
  bool dispatches() const;
  /// Whether something is kept from call to call: predict then takes a State.
  bool has_state() const { return !states_.empty(); }
  bool literals() const;

  /// The field of Inputs or Outputs.
  std::string input_name(size_t i) const { return input_names_[i]; }
  std::string output_name(size_t i) const { return output_names_[i]; }
  /// A dimension, the batch being called `batch`.
  static std::string dim(ir::Dim d, std::string_view batch = "n");
  std::string space() const { return options_.name_space.empty() ? options_.name : options_.name_space; }

 private:
  struct PreparedField {
    ir::VariableId variable;
    std::string name;
    int64_t count;
    size_t offset;  // bytes from the struct's start
  };
  struct Operands {
    ir::Operand from, to;
  };
  struct StateField {
    ir::VariableId variable;
    std::string name;
    int64_t count;
  };

  size_t prepared_bytes() const;
  static bool leads_with_batch(const ir::Shape& shape) { return shape.rank() > 0 && !shape[0].is_static(); }

  std::string prepared_field(const PreparedField& field) const;
  uint64_t architecture_hash() const;
  std::string weights_table() const;
  std::string load_function() const;
  std::string embedded_blob() const;
  std::string literal_weights() const;
  std::string selftest_inputs() const;
  std::string selftest_outputs(std::string& checks) const;

  std::string view_type(const ir::Buffer& buffer, bool constant) const;
  std::string buffer_pointer(ir::BufferId id) const;
  std::string pointer(const ir::Operand& operand) const;
  std::string argument(const ir::Arg& arg, const ir::Step& step) const;
  std::string template_argument(const ir::Template& t, const ir::Step& step) const;
  std::string strided(const ir::StridedLeaf& leaf) const;
  std::string epilogue_value(const ir::Epilogue& epilogue) const;
  std::string functor_name(ir::ExpressionId id) const { return functor_names_.at(id); }
  std::string epilogue_name(const ir::Epilogue& epilogue) const;
  std::string functors() const;
  std::string map_functor(ir::ExpressionId id) const;
  std::string epilogue_functor(const ir::Epilogue& epilogue, const std::string& name) const;
  std::string paragraph_comment(size_t first) const;
  std::string step_text(const ir::Step& step, const std::string& indent) const;
  std::string block_function() const;
  std::string operand_checks() const;
  std::string predict_function() const;
  std::string state_struct() const;
  std::string state_reset() const;
  std::string shape_text(const ir::Operand& operand) const;
  std::string origin_text(const ir::Step& step) const;
  std::vector<std::string> runtime_headers() const;
  static std::string epilogue_key(const ir::Epilogue& epilogue);
  bool alternates() const;

  const ir::Plan& plan_;
  const EmitOptions& options_;
  std::vector<std::string> buffer_names_, input_names_, output_names_;
  std::vector<PreparedField> fields_;
  std::vector<StateField> states_;
  std::map<ir::ExpressionId, std::string> functor_names_;
  std::map<std::string, std::string> epilogue_names_;
  std::map<std::string, ir::Epilogue> epilogues_;
};

}  // namespace keratin
