#include "ir/plan/planner.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "ir/plan/kernels/shapes.h"
#include "ir/support/check.h"

namespace keratin::ir {

Planner::Planner(Program& program, Plan& plan, const PlanOptions& options, FunctionId function, FunctionId prepare)
    : program_(program), plan_(plan), options_(options), id_(function), prepare_(prepare) {}

// ---- structure ------------------------------------------------------------------------------------------------------

Planner::Frame Planner::make_frame(const Function& function) {
  Frame frame{&function, {}, {}, {}, {}, {}, {}, {}, {}};
  const size_t values = function.values.size();
  frame.operands.resize(values);
  frame.definition.assign(values, -1);
  frame.users.resize(values);
  frame.is_output.assign(values, 0);
  for (size_t n = 0; n < function.nodes.size(); ++n) {
    for (ValueId id : function.nodes[n].outputs) frame.definition[id.index] = static_cast<int>(n);
    for (ValueId id : function.nodes[n].inputs) frame.users[id.index].push_back(static_cast<int>(n));
  }
  for (ValueId id : function.outputs) frame.is_output[id.index] = 1;
  for (const Update& update : function.updates) frame.is_output[update.value.index] = 1;
  find_sinks(frame);
  return frame;
}

const Node* Planner::definition(ValueId id) const {
  const int node = frame_->definition[id.index];
  return node < 0 ? nullptr : &frame_->function->nodes[static_cast<size_t>(node)];
}

bool Planner::is_pointwise(const Node& node) const { return node.op.info().pointwise; }

namespace {

std::string_view family_of(const Function& function, const Node& node) {
  if (const auto* composite = node.op.as<Composite>()) return composite->kind;
  Types in, out;
  for (ValueId id : node.inputs) in.push_back(function.type(id));
  for (ValueId id : node.outputs) out.push_back(function.type(id));
  const Lowering lowering = lower(node.op, in, out);
  const auto* family = std::get_if<KernelFamily>(&lowering);
  return family ? family->name : std::string_view();
}

}  // namespace

const KernelRule* find_rule(std::string_view family) {
  for (const KernelRule& rule : kernel_rules())
    if (rule.family == family) return &rule;
  return nullptr;
}

bool has_kernel(const Program& program, const Function& function, const Node& composite) {
  const KernelRule* rule = find_rule(family_of(function, composite));
  if (!rule || (rule->declines && !rule->declines(program, function, composite).empty())) return false;
  return !rule->accepts || rule->accepts(program, function, composite);
}

std::string why_no_kernel(const Program& program, const Function& function, const Node& composite) {
  const KernelRule* rule = find_rule(family_of(function, composite));
  return rule && rule->declines ? rule->declines(program, function, composite) : std::string();
}

const KernelRule* Planner::rule_of(const Node& node) const { return find_rule(family_of(*frame_->function, node)); }

/// Where two kernels' results meet in one expression, the later kernel computes it and the earlier one's own chain ends before: the values
/// marked are stored, so that each kernel keeps its bias and activation.
std::vector<char> Planner::find_ends(const Frame& frame) const {
  const Function& f = *frame.function;
  std::vector<char> ends(f.values.size(), 0);
  std::vector<int> carrier(f.values.size(), -1);  // the kernel whose epilogue the value would be part of
  for (size_t n = 0; n < f.nodes.size(); ++n) {
    const Node& node = f.nodes[n];
    if (node.outputs.size() != 1) continue;
    int& own = carrier[node.outputs[0].index];
    if (!is_pointwise(node)) {
      const KernelRule* rule = node.op.as<Composite>() ? nullptr : rule_of(node);
      if (rule && rule->takes_epilogue) own = static_cast<int>(n);
      continue;
    }
    const auto flows = [&](ValueId id) {
      const std::vector<int>& users = frame.users[id.index];
      return !frame.is_output[id.index] && std::all_of(users.begin(), users.end(), [&](int user) { return is_pointwise(f.nodes[static_cast<size_t>(user)]); });
    };
    for (ValueId id : node.inputs)
      if (flows(id)) own = std::max(own, carrier[id.index]);
    for (ValueId id : node.inputs)
      if (carrier[id.index] >= 0 && carrier[id.index] != own) ends[id.index] = 1;
  }
  return ends;
}

/// A pointwise value all of whose readers are computed in one expression is computed there too; likewise the result of a kernel that takes an
/// epilogue. Walks from the last node to the first, so readers are decided before what they read.
void Planner::find_sinks(Frame& frame) {
  constexpr int kLargest = 48;  // nodes of one expression: beyond, the compiler runs out of registers
  const Function& f = *frame.function;
  frame.sink.resize(f.values.size());
  for (uint32_t i = 0; i < frame.sink.size(); ++i) frame.sink[i] = ValueId{i};
  std::vector<int> size(f.values.size(), 1);
  std::vector<std::set<ValueId>> leaves(f.values.size());  // what an expression reads, by its sink
  Frame* outer = frame_;
  frame_ = &frame;
  const std::vector<char> ends = find_ends(frame);
  const auto read_by = [&](const Node& node, std::set<ValueId>& set) {
    for (ValueId id : node.inputs)
      if (!scalar(id)) set.insert(id);
  };
  for (size_t n = f.nodes.size(); n-- > 0 && options_.fuse;) {
    const Node& node = f.nodes[n];
    if (node.outputs.size() != 1) continue;
    const ValueId id = node.outputs[0];
    const bool pointwise = is_pointwise(node);
    bool absorbable = pointwise;
    if (!absorbable && !node.op.as<Composite>()) {
      const KernelRule* rule = rule_of(node);
      absorbable = rule && rule->takes_epilogue;
    }
    if (pointwise) read_by(node, leaves[id.index]);
    if (!absorbable || frame.is_output[id.index] || frame.users[id.index].empty() || ends[id.index]) continue;
    std::optional<ValueId> common;
    bool one = true;
    for (int user : frame.users[id.index]) {
      const Node& reader = f.nodes[static_cast<size_t>(user)];
      if (!is_pointwise(reader)) {
        one = false;
        break;
      }
      const ValueId sink = frame.sink[reader.outputs[0].index];
      if (common && *common != sink) one = false;
      common = sink;
    }
    if (!one || !common || size[common->index] >= kLargest) continue;
    if (pointwise) {
      std::set<ValueId> joined = leaves[common->index];
      joined.erase(id);
      read_by(node, joined);
      if (joined.size() > kMostLeaves) continue;
      leaves[common->index] = std::move(joined);
    }
    frame.sink[id.index] = *common;
    ++size[common->index];
  }
  find_pooled(frame);
  find_parts(frame);
  frame_ = outer;
}

/// Whether the value can be written as part of the concatenation from the start: what computes it, and whoever else reads it, can leave gaps
/// between rows. Loops over elements can along any axis.
bool Planner::may_be_part(const Frame& frame, ValueId id, const Node& concatenate) const {
  const Function& f = *frame.function;
  if (frame.is_output[id.index] || frame.sink[id.index] != id || frame.pooled[id.index]) return false;
  const bool last = concatenate.op.as<Concatenate>()->axis == type(id).shape.rank() - 1;
  int places = 0;
  for (int user : frame.users[id.index]) {
    const Node& reader = f.nodes[static_cast<size_t>(user)];
    if (&reader == &concatenate) {
      ++places;
      continue;
    }
    const KernelRule* rule = is_pointwise(reader) ? nullptr : rule_of(reader);
    if (!last || !rule || !rule->reads_rows || reader.inputs[0] != id || !rule->reads_rows(*this, reader)) return false;
  }
  const Node* node = definition(id);
  if (!node || places != 1) return false;
  if (node->op.as<Concatenate>() || node->op.as<Pad>()) return true;  // copies of strided operands
  if (const auto* reverse = node->op.as<Reverse>()) {
    const ValueId before = node->inputs[0];
    node = frame.users[before.index].size() == 1 && !frame.is_output[before.index] ? definition(before) : nullptr;
    const KernelRule* kernel = node && node->outputs[0] == before ? rule_of(*node) : nullptr;
    return last && kernel && kernel->writes_rows && kernel->reverses && kernel->reverses(*this, *node, *reverse);
  }
  if (is_pointwise(*node)) {
    const std::optional<ValueId> root = root_of(id);
    if (!root) return true;
    node = definition(*root);
  }
  const KernelRule* rule = rule_of(*node);
  return last && rule && rule->writes_rows && rule->writes_rows(*this, *node);
}

/// Values written into the concatenation that reads them. Within a concatenation along another axis rows are not evenly apart, so parts of
/// parts are of one axis.
void Planner::find_parts(Frame& frame) {
  for (size_t n = frame.function->nodes.size(); n-- > 0 && options_.fuse;) {
    const Node& node = frame.function->nodes[n];
    const auto* concatenate = node.op.as<Concatenate>();
    if (!concatenate) continue;
    Dim start(0);
    const auto outer = frame.parts.find(node.outputs[0]);
    const bool even = outer == frame.parts.end() || outer->second.axis == concatenate->axis;
    for (ValueId id : node.inputs) {
      if (even && !frame.parts.contains(id) && may_be_part(frame, id, node)) frame.parts[id] = {node.outputs[0], concatenate->axis, start};
      start = start + type(id).shape[concatenate->axis];
    }
  }
}

/// Values that only a max pooling reads and whose kernel had better compute it too.
void Planner::find_pooled(Frame& frame) {
  const Function& f = *frame.function;
  frame.pooled.assign(f.values.size(), 0);
  for (const Node& pool : f.nodes) {
    const auto* window = pool.op.as<WindowReduce>();
    if (!window || !options_.fuse) continue;
    const ValueId x = pool.inputs[0];
    const Node* node = definition(x);
    if (!node || frame.is_output[x.index] || frame.users[x.index].size() != 1) continue;
    if (is_pointwise(*node)) {
      const std::optional<ValueId> root = root_of(x);
      if (!root) continue;
      node = definition(*root);
    }
    const KernelRule* rule = rule_of(*node);
    frame.pooled[x.index] = rule && rule->takes_max_pool && rule->takes_max_pool(*this, *node, window->window);
  }
}

// ---- operands -------------------------------------------------------------------------------------------------------

Operand Planner::buffer_operand(BufferId id) const {
  const Buffer& buffer = out_.buffers[id.index];
  Operand operand{id, buffer.dtype, buffer.shape, std::vector<Dim>(buffer.shape.dims.size()), Dim(0), {}};
  Dim step(1);
  for (int axis = buffer.shape.rank() - 1; axis >= 0; --axis) {
    operand.strides[static_cast<size_t>(axis)] = step;
    const Dim extent = buffer.shape[axis];
    if (axis == 0) break;
    if (!extent.is_static() && !step.is_static()) throw PlanError{"an intermediate result grows with the square of the batch, which is not supported"};
    step = extent.is_static() ? step * extent.size : extent * step.size;
  }
  return operand;
}

BufferId Planner::variable_buffer(VariableId id) {
  if (const auto found = variable_buffers_.find(id); found != variable_buffers_.end()) return found->second;
  const Variable& variable = program_.variable(id);
  Buffer buffer;
  buffer.dtype = variable.type.dtype;
  buffer.shape = variable.type.shape;
  buffer.name = variable.name;
  buffer.role = variable.role == Role::recurrent_state ? BufferRole::state : BufferRole::prepared;
  buffer.index = id.index;
  const BufferId made{static_cast<uint32_t>(out_.buffers.size())};
  out_.buffers.push_back(std::move(buffer));
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
  const std::optional<VariableId> variable = variable_of(id);
  if (!variable) return false;
  const Role role = program_.variable(*variable).role;
  return role == Role::weight || role == Role::moving_statistic || role == Role::prepared;
}

std::optional<double> Planner::scalar(ValueId id) const {
  for (const Node* node = definition(id); node; node = definition(id)) {
    if (const auto* constant = node->op.as<Constant>()) {
      const Tensor& tensor = *program_.constants[constant->id.index];
      return tensor.count() == 1 ? std::optional(tensor.number(0)) : std::nullopt;
    }
    if (!node->op.as<Broadcast>() && !node->op.as<Reshape>()) return std::nullopt;
    id = node->inputs[0];
  }
  return std::nullopt;
}

/// A table known to the compiler lies beside the prepared weights.
Operand Planner::constant_operand(const Node& node) {
  const auto& attrs = *node.op.as<Constant>();
  const std::string key = fmt::format("constant {}", attrs.id.index);
  if (!prepared_.contains(key)) {
    const VariableId id{static_cast<uint32_t>(program_.variables.size())};
    const std::string& layer = node.origin.valid() ? program_.origins[node.origin.index].path : id_.valid() ? function().name : "table";
    program_.variables.push_back({layer + "/table", attrs.type, Role::prepared, false, program_.constants[attrs.id.index], node.origin});
    prepared_[key] = id;
  }
  return buffer_operand(variable_buffer(prepared_[key]));
}

Operand Planner::iota_operand(const Node& node) {
  const auto& attrs = *node.op.as<Iota>();
  const Dim extent = attrs.type.shape[attrs.axis];
  if (!extent.is_static()) fail(node, "numbering the examples of a batch is not supported");
  const std::string key = fmt::format("iota {} {}", extent.size, keratin::name_of(attrs.type.dtype));
  if (!prepared_.contains(key)) {
    Tensor numbers(attrs.type.dtype, {extent.size});
    for (int64_t i = 0; i < extent.size; ++i) {
      if (is_float(attrs.type.dtype)) numbers.floats[static_cast<size_t>(i)] = static_cast<double>(i);
      else numbers.integers[static_cast<size_t>(i)] = i;
    }
    const VariableId id{static_cast<uint32_t>(program_.variables.size())};
    program_.variables.push_back({fmt::format("numbers_{}", extent.size), {attrs.type.dtype, {extent}}, Role::prepared, false, std::make_shared<const Tensor>(std::move(numbers)), node.origin});
    prepared_[key] = id;
  }
  Operand operand = buffer_operand(variable_buffer(prepared_[key]));
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
      const Dim start = affine->start[axis], stride = from.strides[axis];
      if (!start.is_static() && !stride.is_static()) fail(node, "an offset grows with the square of the batch, which is not supported");
      to.offset = to.offset + (start.is_static() ? stride * start.size : start * stride.size);
    }
    return to;
  }
  if (std::holds_alternative<ReshapeView>(lowering)) {
    const Operand from = operand(node.inputs[0]);
    // Axes of extent 1 come and go without touching memory.
    const auto essential = [](const Operand& o) {
      std::vector<std::pair<Dim, Dim>> list;
      for (int axis = 0; axis < o.shape.rank(); ++axis)
        if (!o.shape[axis].is_one()) list.emplace_back(o.shape[axis], o.strides[static_cast<size_t>(axis)]);
      return list;
    };
    const auto axes = essential(from);
    Operand to = from;
    to.shape = out[0].shape;
    to.strides.assign(static_cast<size_t>(to.shape.rank()), Dim(0));
    size_t next = 0;
    bool same = true;
    for (int axis = 0; axis < to.shape.rank(); ++axis) {
      if (to.shape[axis].is_one()) continue;
      same = same && next < axes.size() && axes[next].first == to.shape[axis];
      if (same) to.strides[static_cast<size_t>(axis)] = axes[next].second;
      ++next;
    }
    if (same && next == axes.size()) return to;
    Operand whole = dense(node.inputs[0]);
    Dim step(1);
    for (int axis = to.shape.rank() - 1; axis >= 0; --axis) {
      whole.strides.resize(static_cast<size_t>(to.shape.rank()));
      to.strides[static_cast<size_t>(axis)] = step;
      if (axis == 0) break;
      if (!to.shape[axis].is_static() && !step.is_static()) fail(node, "a shape grows with the square of the batch, which is not supported");
      step = to.shape[axis].is_static() ? step * to.shape[axis].size : to.shape[axis] * step.size;
    }
    to.buffer = whole.buffer;
    to.offset = whole.offset;
    to.loops = whole.loops;
    return to;
  }
  return std::nullopt;
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
  Buffer buffer;
  buffer.dtype = type(id).dtype;
  buffer.shape = type(id).shape;
  buffer.name = frame_->function->values[id.index].name;
  if (const Node* node = definition(id); buffer.name.empty() && node && node->origin.valid()) {
    const std::string& path = program_.origins[node->origin.index].path;
    buffer.name = path.substr(path.rfind('/') + 1);
  }
  const BufferId made{static_cast<uint32_t>(out_.buffers.size())};
  out_.buffers.push_back(std::move(buffer));
  frame_->operands[id.index] = buffer_operand(made);
  return *frame_->operands[id.index];
}

/// The result of a concatenation before it is planned, for its parts to be written into.
Operand Planner::reserve(ValueId whole) {
  if (const auto reserved = frame_->reserved.find(whole); reserved != frame_->reserved.end()) return reserved->second;
  const Operand operand = result(whole);
  frame_->operands[whole.index].reset();
  frame_->reserved[whole] = operand;
  return operand;
}

BufferId Planner::scratch(DType dtype, Dim count, const std::string& name) {
  Buffer buffer;
  buffer.dtype = dtype;
  buffer.shape = {count};
  buffer.name = name;
  out_.buffers.push_back(std::move(buffer));
  return BufferId{static_cast<uint32_t>(out_.buffers.size() - 1)};
}

Operand Planner::scratch_operand(DType dtype, Shape shape, const std::string& name) {
  const BufferId id = scratch(dtype, Dim(0), name);
  out_.buffers[id.index].shape = std::move(shape);
  return buffer_operand(id);
}

const Node* Planner::only_reader(ValueId id) const {
  const std::vector<int>& users = frame_->users[id.index];
  if (frame_->is_output[id.index] || users.size() != 1) return nullptr;
  return &frame_->function->nodes[static_cast<size_t>(users[0])];
}

Operand Planner::prepared(ValueId weight, const std::string& suffix, const std::function<Val(Builder&, Val)>& build) {
  const std::optional<VariableId> source = variable_of(weight);
  IR_CHECK(source.has_value(), "only weights are prepared");
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
    program_.variables.push_back({program_.variable(*source).name + "_" + suffix, packed.type(), Role::prepared, false, nullptr, program_.variable(*source).origin});
    builder.update(id, packed);
    prepared_[key] = id;
  }
  return buffer_operand(variable_buffer(prepared_[key]));
}

// ---- steps ----------------------------------------------------------------------------------------------------------

void Planner::fail(const Node& node, const std::string& message) const {
  throw PlanError{node.origin.valid() ? program_.origins[node.origin.index].path + ": " + message : message};
}

Step Planner::step(std::string kernel, std::string header, const Node& node, const Target& target) {
  Step step;
  step.kernel = std::move(kernel);
  step.header = std::move(header);
  step.origin = node.origin;
  step.fused = target.fused;
  return step;
}

void Planner::add(Step step) { out_.steps.push_back(std::move(step)); }

void Planner::add_epilogue(Step& step, const Target& target) {
  if (target.epilogue) step.args.push_back(*target.epilogue);
}

ExpressionId Planner::add_expression(Expression expression) {
  for (size_t i = 0; i < plan_.expressions.size(); ++i)
    if (plan_.expressions[i] == expression) return ExpressionId{static_cast<uint32_t>(i)};
  plan_.expressions.push_back(std::move(expression));
  return ExpressionId{static_cast<uint32_t>(plan_.expressions.size() - 1)};
}

void Planner::plan_kernel(const Node& node, const Target& target) {
  const KernelRule* rule = rule_of(node);
  if (!rule) fail(node, fmt::format("no kernel for {}", node.op.as<Composite>() ? node.op.as<Composite>()->kind : std::string(node.op.info().name)));
  rule->plan(*this, node, target);
}

void Planner::materialize(ValueId id) {
  const Node* node = definition(id);
  IR_CHECK(node, "a parameter without operand");
  if (is_pointwise(*node)) return plan_pointwise(id);
  if (node->op.as<Read>()) {
    frame_->operands[id.index] = buffer_operand(variable_buffer(node->op.as<Read>()->variable));
    return;
  }
  if (node->op.as<Constant>()) {
    frame_->operands[id.index] = constant_operand(*node);
    return;
  }
  if (node->op.as<Iota>()) {
    frame_->operands[id.index] = iota_operand(*node);
    return;
  }
  if (std::optional<Operand> seen = view(*node)) {
    frame_->operands[id.index] = *seen;
    return;
  }
  plan_kernel(*node, Target{id, {}, {}, {}, nullptr});
}

std::vector<Operand> Planner::body(FunctionId id, const std::vector<Operand>& arguments) {
  const Function function = program_.function(id);  // a copy: planning adds functions and variables
  Frame frame = make_frame(function);
  Frame* outer = frame_;
  frame_ = &frame;
  for (size_t i = 0; i < arguments.size(); ++i) frame.operands[function.parameters[i].index] = arguments[i];
  std::vector<Operand> outputs;
  for (ValueId output : function.outputs) outputs.push_back(operand(output));
  frame_ = outer;
  return outputs;
}

PlannedFunction Planner::run() {
  const Function function = program_.function(id_);
  out_.name = function.name;
  Frame frame = make_frame(function);
  frame_ = &frame;
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const BufferId id{static_cast<uint32_t>(out_.buffers.size())};
    Buffer buffer;
    buffer.dtype = function.type(function.parameters[i]).dtype;
    buffer.shape = function.type(function.parameters[i]).shape;
    buffer.name = function.parameter_names[i];
    buffer.role = BufferRole::input;
    buffer.index = static_cast<uint32_t>(i);
    out_.buffers.push_back(std::move(buffer));
    frame.operands[function.parameters[i].index] = buffer_operand(id);
    out_.parameters.push_back(id);
  }
  out_.parameter_names = function.parameter_names;
  out_.output_names = function.output_names;
  // Output buffers exist before anything is planned, so that the step that computes an output writes it in place.
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    const ValueId value = function.outputs[i];
    const BufferId id{static_cast<uint32_t>(out_.buffers.size())};
    Buffer buffer;
    buffer.dtype = function.type(value).dtype;
    buffer.shape = function.type(value).shape;
    buffer.name = function.output_names[i];
    buffer.role = BufferRole::output;
    buffer.index = static_cast<uint32_t>(i);
    out_.buffers.push_back(std::move(buffer));
    out_.outputs.push_back(id);
  }
  std::vector<char> placed(function.values.size(), 0);
  output_of_.clear();
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    const Node* node = definition(function.outputs[i]);
    const bool computed = node && (is_pointwise(*node) || rule_of(*node)) && !placed[function.outputs[i].index];
    if (computed) output_of_[function.outputs[i]] = out_.outputs[i];
    placed[function.outputs[i].index] = 1;
  }
  // In the order of the program, so that layers follow each other as in the model.
  for (const Node& node : function.nodes) {
    if (node.op.as<Read>() || node.op.as<Constant>() || node.op.as<Iota>()) continue;
    for (ValueId output : node.outputs)
      if (frame.sink[output.index] == output && !frame.operands[output.index] && !frame.pooled[output.index] && (is_pointwise(node) || rule_of(node))) {
        materialize(output);
        break;
      }
  }
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    const Operand value = operand(function.outputs[i]);
    const Operand to = buffer_operand(out_.outputs[i]);
    if (value.buffer != to.buffer) copy(value, to, OriginId{});
  }
  plan_updates(function.updates);
  frame_ = nullptr;
  return std::move(out_);
}

}  // namespace keratin::ir
