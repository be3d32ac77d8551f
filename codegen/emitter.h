// What the files of one bundle share: names of struct fields and functors, and how dimensions and operands are written.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "codegen/bundle.h"
#include "codegen/function_writer.h"
#include "codegen/names.h"

namespace keratin {

class Emitter {
 public:
  Emitter(const ir::Plan& plan, const EmitOptions& options);
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  const ir::Plan& plan() const { return plan_; }
  const ir::PlannedFunction& predict() const { return plan_.functions[0]; }
  const EmitOptions& options() const { return options_; }
  const ir::Program& program() const { return *plan_.program; }

  std::string header() const;
  std::string predict_declarations() const;
  std::string weights_declarations() const;
  std::string source() const;
  std::string training_source() const;
  std::string trainer_header() const;
  /// A view over an untyped pointer: `{static_cast<const float*>(in[0]), n}`.
  static std::string view_text(const ir::Buffer& buffer, const std::string& pointer, bool constant);
  std::string weights_source() const;
  std::string weights_blob() const;
  std::string weights_symbol() const;
  /// NAME_weights.bin: header, table, payload.
  std::string weights_file() const;
  std::string dispatch_source() const;
  std::string selftest_source() const;
  /// Whether the body is compiled for several x86-64 levels, of which one is chosen when it runs.
  bool dispatches() const;
  /// Whether something is kept from call to call: predict then takes a State.
  bool has_state() const { return !states_.empty(); }
  /// Whether there are functions beside predict, which work on Weights: backward or a training step.
  bool trains() const { return plan_.functions.size() > 1; }
  bool literals() const;

  /// The field of Inputs or Outputs.
  std::string input_name(size_t i) const { return input_names_[i]; }
  std::string output_name(size_t i) const { return output_names_[i]; }
  /// A dimension, the batch being called `batch`.
  static std::string dim(ir::Dim d, std::string_view batch = "n");
  std::string space() const { return options_.name_space.empty() ? options_.name : options_.name_space; }
  /// A variable in the text, as a pointer: `p.conv_kernel`, `&o.iteration`.
  const std::string& field(ir::BufferRole role, ir::VariableId variable) const { return field_text_.at({role, variable}); }
  std::string functor_name(ir::ExpressionId id) const { return functor_names_.at(id); }
  std::string epilogue_name(const ir::Epilogue& epilogue) const;
  /// The function of that name; null: the bundle has none.
  const FunctionWriter* writer(std::string_view name) const;
  /// Variables in Weights, OptimizerState and StepResult, with the fields in a variable of the struct called `w`, `o`, `r`.
  std::vector<std::pair<ir::VariableId, std::string>> held_fields() const;
  /// The statements by which the tool calls a function on weights on arrays of pointers; `h` holds the structs.
  std::string held_call(const FunctionWriter& f) const;
  /// Structs that the steps of a function use, as parameters: `Weights& w`.
  std::vector<std::string> struct_parameters(const FunctionWriter& f) const;

 private:
  /// A field of Prepared or Weights.
  struct PreparedField {
    ir::VariableId variable;
    std::string name;
    int64_t count;
    size_t offset;  // bytes from the struct's start
  };
  /// A field of the other structs.
  struct Field {
    ir::VariableId variable;
    std::string name;
    int64_t count;
  };
  /// An operand of an entry point: a view, or a number of a struct.
  struct End {
    std::string text;
    ir::BufferId buffer;
    bool view;
  };

  static bool leads_with_batch(const ir::Shape& shape) { return shape.rank() > 0 && !shape[0].is_static(); }

  void add_field(std::vector<PreparedField>& fields, ir::VariableId variable, std::string name) const;
  void name_fields();
  void name_training_fields();
  void name_functors();
  size_t bytes_of(const std::vector<PreparedField>& fields) const;
  size_t prepared_bytes() const { return bytes_of(fields_); }
  std::string prepared_field(const PreparedField& field) const;
  std::string plain_field(const Field& field) const;
  uint64_t architecture_hash() const;
  std::string load_function() const;
  std::string embedded_blob() const;
  std::string literal_weights(const std::vector<PreparedField>& fields, std::string_view type, std::string_view function) const;
  void append_fields(std::string& blob, const std::vector<PreparedField>& fields) const;
  struct SelftestText;
  void add_selftest_array(SelftestText& text, const ir::Buffer& buffer, const std::string& array) const;
  static std::string selftest_view(const ir::Buffer& buffer, const std::string& array, bool constant);
  void add_recorded(SelftestText& text, const ir::Buffer& buffer, const std::string& name, const std::string& array, const Selftest::Output& recorded) const;
  void add_selftest_predict(SelftestText& text) const;
  void add_selftest_backward(SelftestText& text) const;

  std::string view_type(const ir::Buffer& buffer, bool constant) const;
  std::string functors(const std::vector<const FunctionWriter*>& functions) const;
  std::string map_functor(ir::ExpressionId id) const;
  std::string epilogue_functor(const ir::Epilogue& epilogue, const std::string& name) const;
  std::string many_batches(const ir::PlannedFunction& f, const std::vector<End>& ends) const;
  std::string operand_checks(const ir::PlannedFunction& f, const std::vector<End>& ends) const;
  std::string predict_function() const;
  std::string state_struct() const;
  std::string state_reset() const;
  std::string bytes_function() const;
  static std::string epilogue_key(const ir::Epilogue& epilogue);
  std::string headers_of(const std::vector<const FunctionWriter*>& functions) const;

  std::string level_choice(std::string_view name, std::string_view arguments) const;
  std::string dispatched(const FunctionWriter& f) const;
  std::string training_declarations() const;
  std::string training_structs() const;
  /// Members of Targets with their types: what train_step takes, and what evaluate_step takes besides.
  std::vector<std::pair<std::string, std::string>> target_members() const;
  std::string views_struct(const FunctionWriter& f, std::string_view struct_name, std::string_view comment, bool outputs) const;
  std::string optimizer_struct() const;
  std::string result_struct() const;
  std::string results_struct() const;
  std::string optimizer_start() const;
  std::string tables() const;
  std::vector<End> entry_ends(const FunctionWriter& f) const;
  struct Parameter {
    std::string type, name;
  };
  std::vector<Parameter> entry_parameters(const FunctionWriter& f) const;
  std::string entry_signature(const FunctionWriter& f, bool named) const;
  std::string entry_function(const FunctionWriter& f) const;
  std::string prepare_copies() const;

  const ir::Plan& plan_;
  const EmitOptions& options_;
  std::vector<std::string> input_names_, output_names_;
  std::vector<PreparedField> fields_, weights_;
  std::vector<Field> states_, slots_, metrics_, tables_;
  std::map<std::pair<ir::BufferRole, ir::VariableId>, std::string> field_text_;
  std::map<ir::ExpressionId, std::string> functor_names_;
  std::map<std::string, std::string> epilogue_names_;
  std::map<std::string, ir::Epilogue> epilogues_;
  std::deque<FunctionWriter> writers_;  // as the plan's functions
};

}  // namespace keratin
