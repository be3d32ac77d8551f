// Values as operands: buffers, views of them, weights and tables that lie beside them.
#include <fmt/format.h>

#include "ir/constants.h"
#include "ir/plan/kernels/shapes.h"
#include "ir/plan/planner.h"
#include "ir/support/check.h"
#include "ir/support/prepared_name.h"

namespace keratin::ir {

BufferId Planner::add_buffer(DType dtype, Shape shape, std::string name, BufferRole role, uint32_t index) {
  Buffer buffer;
  buffer.dtype = dtype;
  buffer.shape = std::move(shape);
  buffer.name = std::move(name);
  buffer.role = role;
  buffer.index = index;
  out_.buffers.push_back(std::move(buffer));
  return BufferId{static_cast<uint32_t>(out_.buffers.size() - 1)};
}

Operand Planner::buffer_operand(BufferId id) const {
  const Buffer& buffer = out_.buffers[id.index];
  std::optional<std::vector<Dim>> strides = row_major_strides(buffer.shape);
  if (!strides) throw PlanError{"an intermediate result grows with the square of the batch, which is not supported"};
  return {id, buffer.dtype, buffer.shape, std::move(*strides), Dim(0), {}};
}

BufferRole Planner::role_of(Role role) const {
  switch (role) {
    case Role::recurrent_state: return BufferRole::state;
    case Role::slot:
    case Role::counter:
    case Role::hyperparameter: return BufferRole::optimizer;
    case Role::metric: return BufferRole::metric;
    case Role::weight:
    case Role::moving_statistic: return weights_ == WeightsFrom::keras ? BufferRole::weight : BufferRole::prepared;
    case Role::prepared: return BufferRole::prepared;
  }
  return BufferRole::prepared;
}

BufferId Planner::variable_buffer(VariableId id) {
  if (const auto found = variable_buffers_.find(id); found != variable_buffers_.end()) return found->second;
  const Variable& variable = program_.variable(id);
  const BufferRole role = role_of(variable.role);
  const BufferId made = add_buffer(variable.type.dtype, variable.type.shape, variable.name, role, id.index);
  variable_buffers_[id] = made;
  return made;
}

std::optional<VariableId> Planner::variable_of(ValueId id) const {
  const Node* node = definition(id);
  while (node && node->op.as<Reshape>()) node = definition(node->inputs[0]);
  const auto* read = node ? node->op.as<Read>() : nullptr;
  return read ? std::optional(read->variable) : std::nullopt;
}

bool Planner::is_weight(ValueId id) const {
  if (weights_ == WeightsFrom::keras) return false;
  const std::optional<VariableId> variable = variable_of(id);
  if (!variable) return false;
  const Role role = program_.variable(*variable).role;
  return role == Role::weight || role == Role::moving_statistic || role == Role::prepared;
}

std::optional<double> Planner::scalar(ValueId id) const {
  return constant_number(program_, id, [this](ValueId value) { return definition(value); });
}

std::optional<Number> Planner::exact_scalar(ValueId id) const {
  const Tensor* tensor = single_constant(program_, id, [this](ValueId value) { return definition(value); });
  return tensor ? std::optional(tensor->element(0)) : std::nullopt;
}

/// A table known to the compiler lies beside the prepared weights, or in the code where there are none.
Operand Planner::table_operand(const std::string& key, const std::string& name, const Type& type, std::shared_ptr<const Tensor> value, OriginId origin) {
  if (!prepared_.contains(key)) {
    const VariableId id{static_cast<uint32_t>(program_.variables.size())};
    program_.variables.push_back({name, type, Role::prepared, false, std::move(value), origin});
    prepared_[key] = id;
    if (weights_ == WeightsFrom::keras) variable_buffers_[id] = add_buffer(type.dtype, type.shape, name, BufferRole::table, id.index);
  }
  return buffer_operand(variable_buffer(prepared_[key]));
}

Operand Planner::constant_operand(const Node& node) {
  const auto& attrs = *node.op.as<Constant>();
  const std::string& layer = node.origin.valid() ? program_.origins[node.origin.index].path : id_.valid() ? function().name : "table";
  return table_operand(fmt::format("constant {}", attrs.id.index), layer + "/table", attrs.type, program_.constants[attrs.id.index], node.origin);
}

Operand Planner::iota_operand(const Node& node) {
  const auto& attrs = *node.op.as<Iota>();
  const Dim extent = attrs.type.shape[attrs.axis];
  if (!extent.is_static()) fail(node, "numbering the examples of a batch is not supported");
  Tensor numbers(attrs.type.dtype, {extent.size});
  for (int64_t i = 0; i < extent.size; ++i) {
    if (is_float(attrs.type.dtype)) numbers.floats[static_cast<size_t>(i)] = static_cast<double>(i);
    else numbers.integers[static_cast<size_t>(i)] = i;
  }
  const std::string key = fmt::format("iota {} {}", extent.size, keratin::name_of(attrs.type.dtype));
  Operand operand = table_operand(key, fmt::format("numbers_{}", extent.size), {attrs.type.dtype, {extent}}, std::make_shared<const Tensor>(std::move(numbers)), node.origin);
  operand.shape = attrs.type.shape;
  operand.strides.assign(static_cast<size_t>(attrs.type.shape.rank()), Dim(0));
  operand.strides[static_cast<size_t>(attrs.axis)] = Dim(1);
  return operand;
}

std::optional<Operand> Planner::view(const Node& node) {
  Types in, out;
  for (ValueId id : node.inputs) in.push_back(type(id));
  for (ValueId id : node.outputs) out.push_back(type(id));
  const Lowering lowering = lower(node.op, in, out);
  if (const auto* affine = std::get_if<AffineView>(&lowering)) {
    const Operand from = operand(node.inputs[0]);
    Operand to = from;
    to.shape = out[0].shape;
    to.strides.clear();
    for (size_t axis = 0; axis < affine->axis.size(); ++axis)
      to.strides.push_back(affine->axis[axis] < 0 ? Dim(0) : from.strides[static_cast<size_t>(affine->axis[axis])] * affine->step[axis]);
    for (size_t axis = 0; axis < affine->start.size(); ++axis) {
      const std::optional<Dim> distance = product(from.strides[axis], affine->start[axis]);
      if (!distance) fail(node, "an offset grows with the square of the batch, which is not supported");
      to.offset = to.offset + *distance;
    }
    return to;
  }
  if (std::holds_alternative<ReshapeView>(lowering)) return reshaped(node, out[0].shape);
  return std::nullopt;
}

/// The operand in another shape: a view where only axes of extent 1 come and go, else a dense operand seen otherwise.
Operand Planner::reshaped(const Node& node, const Shape& shape) {
  const Operand from = operand(node.inputs[0]);
  std::vector<std::pair<Dim, Dim>> axes;  // extents and strides that touch memory
  for (int axis = 0; axis < from.shape.rank(); ++axis)
    if (!from.shape[axis].is_one()) axes.emplace_back(from.shape[axis], from.strides[static_cast<size_t>(axis)]);
  Operand to = from;
  to.shape = shape;
  to.strides.assign(static_cast<size_t>(shape.rank()), Dim(0));
  size_t next = 0;
  bool same = true;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis].is_one()) continue;
    same = same && next < axes.size() && axes[next].first == shape[axis];
    if (same) to.strides[static_cast<size_t>(axis)] = axes[next].second;
    ++next;
  }
  if (same && next == axes.size()) return to;
  const Operand whole = dense(node.inputs[0]);
  std::optional<std::vector<Dim>> strides = row_major_strides(shape);
  if (!strides) fail(node, "a shape grows with the square of the batch, which is not supported");
  to.strides = std::move(*strides);
  to.buffer = whole.buffer;
  to.offset = whole.offset;
  to.loops = whole.loops;
  return to;
}

Operand Planner::operand(ValueId id) {
  if (!frame_->operands[id.index]) materialize(id);
  IR_CHECK(frame_->operands[id.index].has_value(), "a value without operand");
  return *frame_->operands[id.index];
}

Operand Planner::dense_inside(ValueId id, int from_axis) {
  const Operand from = operand(id);
  if (from.dense_inside(from_axis)) return from;
  return dense(id);
}

Operand Planner::even_rows(ValueId id) {
  const Operand from = operand(id);
  return from.row_stride() ? from : dense(id);
}

Operand Planner::dense(ValueId id) {
  const Operand from = operand(id);
  if (from.dense()) return from;
  const Node* node = definition(id);
  const Operand to = copy_of(from, scratch(from.dtype, Dim(0), "copy"), node ? node->origin : OriginId{});
  frame_->operands[id.index] = to;
  return to;
}

Operand Planner::copy_of(const Operand& view, BufferId to, OriginId origin) {
  out_.buffers[to.index].shape = view.shape;
  const Operand dense = buffer_operand(to);
  copy(view, dense, origin);
  return dense;
}

int64_t Planner::weight_bytes() const {
  int64_t bytes = 0;
  for (const Variable& variable : program_.variables)
    if (variable.role == Role::weight) bytes += variable.type.shape.static_count() * static_cast<int64_t>(size_of(storage(variable.type.dtype)));
  return bytes;
}

Operand Planner::result(ValueId id) {
  if (frame_->operands[id.index]) return *frame_->operands[id.index];
  if (const auto part = frame_->parts.find(id); part != frame_->parts.end()) {
    const auto& [whole, axis, start] = part->second;
    frame_->operands[id.index] = part_of(reserve(whole), axis, start, type(id).shape[axis]);
    return *frame_->operands[id.index];
  }
  if (const auto reserved = frame_->reserved.find(id); reserved != frame_->reserved.end()) return *(frame_->operands[id.index] = reserved->second);
  if (const auto output = output_of_.find(id); output != output_of_.end() && frame_->function->name == out_.name) {
    frame_->operands[id.index] = buffer_operand(output->second);
    return *frame_->operands[id.index];
  }
  std::string name = frame_->function->values[id.index].name;
  if (const Node* node = definition(id); name.empty() && node && node->origin.valid()) {
    const std::string& path = program_.origins[node->origin.index].path;
    name = path.substr(path.rfind('/') + 1);
  }
  const BufferId made = add_buffer(type(id).dtype, type(id).shape, std::move(name));
  frame_->operands[id.index] = buffer_operand(made);
  return *frame_->operands[id.index];
}

/// The result of a concatenation before it is planned, for its parts to be written into.
Operand Planner::reserve(ValueId whole) {
  if (const auto reserved = frame_->reserved.find(whole); reserved != frame_->reserved.end()) return reserved->second;
  if (const auto& begun = frame_->operands[whole.index]) return *begun;  // a body plans what it needs from its end: the parts come from within
  const Operand operand = result(whole);
  frame_->operands[whole.index].reset();
  frame_->reserved[whole] = operand;
  return operand;
}

BufferId Planner::scratch(DType dtype, Dim count, const std::string& name) { return add_buffer(dtype, {count}, name); }

Operand Planner::scratch_operand(DType dtype, Shape shape, const std::string& name) { return buffer_operand(add_buffer(dtype, std::move(shape), name)); }

const Node* Planner::only_reader(ValueId id) const {
  const std::vector<int>& users = frame_->users[id.index];
  if (frame_->is_output[id.index] || users.size() != 1) return nullptr;
  return &frame_->function->nodes[static_cast<size_t>(users[0])];
}

Operand Planner::prepared(ValueId weight, const std::string& suffix, const std::function<Val(Builder&, Val)>& build) {
  if (!is_weight(weight)) return packed_here(weight, suffix, build);
  const std::optional<VariableId> source = variable_of(weight);
  const Shape shape = type(weight).shape;  // of the weight as it is read, perhaps through a reshape
  const std::string key = fmt::format("{} {} {}", source->index, to_string(shape), suffix);
  if (!prepared_.contains(key)) {
    Builder builder(program_, prepare_);
    builder.set_origin(program_.variable(*source).origin);
    // A variable that prepare itself computes is taken from there; it has no value before.
    Val value;
    for (const Update& update : program_.function(prepare_).updates)
      if (update.variable == *source) value = Val(&builder, update.value);
    if (value.poisoned()) value = builder.read(*source);
    const Val packed = build(builder, builder.reshape(value, shape));
    IR_CHECK(!packed.poisoned(), "packing a weight failed");
    const VariableId id{static_cast<uint32_t>(program_.variables.size())};
    program_.variables.push_back({prepared_name(program_.variable(*source).name, suffix), packed.type(), Role::prepared, false, nullptr, program_.variable(*source).origin});
    builder.update(id, packed);
    prepared_[key] = id;
  }
  return buffer_operand(variable_buffer(prepared_[key]));
}

Operand Planner::packed_here(ValueId value, const std::string& suffix, const std::function<Val(Builder&, Val)>& build) {
  auto& packed = frame_->packed[{value, suffix}];
  if (packed) return *packed;
  const FunctionId id{static_cast<uint32_t>(program_.functions.size())};
  program_.functions.push_back({});
  program_.function(id).name = "pack_" + suffix;
  Builder builder(program_, id);
  if (const Node* node = definition(value)) builder.set_origin(node->origin);
  const Val result = build(builder, builder.parameter(type(value), "weight"));
  IR_CHECK(!result.poisoned(), "packing a weight failed");
  builder.output(result, suffix);
  const Operand made = body(id, {operand(value)})[0];
  frame_->packed[{value, suffix}] = made;
  return made;
}

}  // namespace keratin::ir
