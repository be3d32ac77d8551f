#include "ir/program.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

class Verifier {
 public:
  Verifier(const Program& program, const Function& function, size_t index)
      : program_(program), function_(function), index_(index), defined_(function.values.size(), false) {}

  void run() {
    IR_CHECK(function_.parameters.size() == function_.parameter_names.size(), "a parameter without a name");
    IR_CHECK(function_.outputs.size() == function_.output_names.size(), "an output without a name");
    for (ValueId id : function_.parameters) define(id);
    for (const Node& node : function_.nodes) check(node);
    for (ValueId id : function_.outputs) use(id);
    for (const Update& update : function_.updates) {
      IR_CHECK(update.variable.index < program_.variables.size(), "an update of no variable");
      IR_CHECK(use(update.value) == program_.variable(update.variable).type, "an update of another type than its variable");
    }
  }

 private:
  void define(ValueId id) {
    IR_CHECK(id.index < defined_.size(), "a value that does not exist");
    IR_CHECK(!defined_[id.index], "a value is defined twice");
    defined_[id.index] = true;
  }

  const Type& use(ValueId id) const {
    IR_CHECK(id.index < defined_.size(), "a value that does not exist");
    IR_CHECK(defined_[id.index], "a value is used before it is defined");
    return function_.type(id);
  }

  void check(const Node& node) {
    IR_CHECK(!node.origin.valid() || node.origin.index < program_.origins.size(), "an origin that does not exist");
    Types in;
    for (ValueId id : node.inputs) in.push_back(use(id));
    if (const auto* read = node.op.as<Read>()) check_read(*read);
    if (const auto* constant = node.op.as<Constant>()) check_constant(*constant);
    if (const auto* composite = node.op.as<Composite>()) check_composite(*composite, in);
    if (const auto* scan = node.op.as<Scan>()) check_scan(*scan, in);
    const Result<Types> types = infer(node.op, in);
    IR_CHECK(types.ok(), "an op that does not fit its operands");
    IR_CHECK(types->size() == node.outputs.size(), "an op with another number of outputs");
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      define(node.outputs[i]);
      IR_CHECK(function_.type(node.outputs[i]) == (*types)[i], "a value of another type than its op infers");
    }
  }

  void check_read(const Read::Attrs& attrs) const {
    IR_CHECK(attrs.variable.index < program_.variables.size(), "a read of no variable");
    IR_CHECK(program_.variable(attrs.variable).type == attrs.type, "a read of another type than its variable");
  }

  void check_constant(const Constant::Attrs& attrs) const {
    IR_CHECK(attrs.id.index < program_.constants.size() && program_.constants[attrs.id.index], "a constant that does not exist");
    const Tensor& tensor = *program_.constants[attrs.id.index];
    IR_CHECK(attrs.type.shape.is_static() && tensor.dtype == attrs.type.dtype && tensor.shape == attrs.type.shape.at(0),
             "a constant of another type than its tensor");
  }

  /// The body of a region; regions do not contain themselves.
  const Function& body(FunctionId id) const {
    IR_CHECK(id.index < program_.functions.size() && id.index != index_, "a body that does not exist");
    const Function& function = program_.function(id);
    IR_CHECK(function.updates.empty(), "a body that updates variables");
    return function;
  }

  static void check_types(const Function& function, const std::vector<ValueId>& ids, const Types& types) {
    IR_CHECK(ids.size() == types.size(), "a body with another number of parameters or outputs than its node");
    for (size_t i = 0; i < ids.size(); ++i) {
      IR_CHECK(ids[i].index < function.values.size(), "a value that does not exist");
      IR_CHECK(function.type(ids[i]) == types[i], "a body of another type than its node");
    }
  }

  void check_composite(const Composite::Attrs& attrs, const Types& in) const {
    const Function& function = body(attrs.body);
    check_types(function, function.parameters, in);
    check_types(function, function.outputs, attrs.types);
  }

  void check_scan(const Scan::Attrs& attrs, const Types& in) const {
    const Function& function = body(attrs.body);
    const size_t carries = static_cast<size_t>(attrs.carries), sequences = static_cast<size_t>(attrs.sequences);
    IR_CHECK(in.size() >= carries + sequences, "a scan without its operands");
    Types parameters = in;
    for (size_t i = carries; i < carries + sequences; ++i) {
      IR_CHECK(attrs.axis < parameters[i].shape.rank(), "a scan over an axis that a sequence does not have");
      parameters[i].shape.dims.erase(parameters[i].shape.dims.begin() + attrs.axis);
    }
    check_types(function, function.parameters, parameters);
    Types outputs = attrs.carry_types;
    outputs.insert(outputs.end(), attrs.step_types.begin(), attrs.step_types.end());
    check_types(function, function.outputs, outputs);
  }

  const Program& program_;
  const Function& function_;
  size_t index_;
  std::vector<bool> defined_;
};

}  // namespace

void verify(const Program& program) {
  for (size_t i = 0; i < program.functions.size(); ++i) Verifier(program, program.functions[i], i).run();
  for (const Variable& variable : program.variables) {
    if (!variable.initial) continue;
    const Type& type = variable.type;
    const Tensor& value = *variable.initial;
    IR_CHECK(type.shape.is_static() && value.dtype == type.dtype && value.shape == type.shape.at(0),
             "a variable whose value is of another type");
  }
}

}  // namespace keratin::ir
