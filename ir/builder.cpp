#include "ir/builder.h"

#include <algorithm>
#include <fmt/format.h>

#include "ir/support/check.h"

namespace keratin::ir {

const Type& Val::type() const { return builder_->function().type(id_); }

std::vector<std::string> Builder::take_errors() { return std::exchange(errors_, {}); }

Val Builder::fail(std::string message) {
  errors_.push_back(std::move(message));
  return {};
}

Val Builder::parameter(Type type, std::string name) {
  Function& f = function();
  const ValueId id{static_cast<uint32_t>(f.values.size())};
  f.values.push_back({std::move(type), name});
  f.parameters.push_back(id);
  f.parameter_names.push_back(std::move(name));
  return {this, id};
}

void Builder::output(Val value, std::string name) {
  function().outputs.push_back(value.id());
  function().output_names.push_back(std::move(name));
}

void Builder::update(VariableId variable, Val value) {
  if (value.poisoned()) return;
  IR_CHECK(program_.variable(variable).type == value.type(), "an update keeps its variable's type");
  function().updates.push_back({variable, value.id()});
}

void Builder::name(Val value, std::string hint) {
  if (!value.poisoned()) function().values[value.id().index].name = std::move(hint);
}

Vals Builder::add(Op op, const Vals& inputs) {
  Types in;
  std::vector<ValueId> ids;
  bool poisoned = false;
  for (const Val& input : inputs) {
    if (input.poisoned()) {
      poisoned = true;
      continue;
    }
    IR_CHECK(&input.builder() == this, "a value of another function");
    in.push_back(input.type());
    ids.push_back(input.id());
  }
  const size_t outputs = static_cast<size_t>(std::max(op.info().outputs, 1));
  if (poisoned) return Vals(outputs);
  Result<Types> types = infer(op, in);
  if (!types) {
    errors_.push_back(fmt::format("{}: {}", op.info().name, types.error()));
    return Vals(outputs);
  }
  Function& f = function();
  Node node{std::move(op), std::move(ids), {}, origin_};
  Vals results;
  for (Type& type : *types) {
    const ValueId id{static_cast<uint32_t>(f.values.size())};
    f.values.push_back({std::move(type), ""});
    node.outputs.push_back(id);
    results.emplace_back(this, id);
  }
  f.nodes.push_back(std::move(node));
  return results;
}

Val Builder::add1(Op op, const Vals& inputs) { return add(std::move(op), inputs)[0]; }

// ---- leaves ---------------------------------------------------------------------------------------------------------

Val Builder::constant(Tensor tensor) {
  Type type{tensor.dtype, {}};
  for (int64_t extent : tensor.shape) type.shape.dims.push_back(extent);
  const ConstantId id{static_cast<uint32_t>(program_.constants.size())};
  program_.constants.push_back(std::make_shared<const Tensor>(std::move(tensor)));
  return add1(Constant::Attrs{id, std::move(type)}, {});
}

Val Builder::number(DType dtype, double value) { return constant(scalar(dtype, value)); }
Val Builder::read(VariableId variable) { return add1(Read::Attrs{variable, program_.variable(variable).type}, {}); }
Val Builder::iota(Type type, int axis) { return add1(Iota::Attrs{std::move(type), axis}, {}); }
Val Builder::size(Dim dim, DType dtype) { return add1(Size::Attrs{dim, dtype}, {}); }
Val Builder::full(Type type, double value) { return broadcast(number(type.dtype, value), type.shape); }
Val Builder::zeros(Type type) { return full(std::move(type), 0); }

// ---- pointwise ------------------------------------------------------------------------------------------------------

Val Builder::unary(Unary::Kind kind, Val x) { return add1(Unary::Attrs{kind}, {x}); }

namespace {

/// Both operands broadcast to their common shape, or poisoned ones.
std::pair<Val, Val> align(Builder& b, Val x, Val y) {
  if (x.poisoned() || y.poisoned()) return {};
  if (x.shape() == y.shape()) return {x, y};
  Result<Shape> shape = broadcast_shapes(x.shape(), y.shape());
  if (!shape) {
    b.fail(shape.error());
    return {};
  }
  return {b.broadcast(x, *shape), b.broadcast(y, *shape)};
}

}  // namespace

Val Builder::binary(Binary::Kind kind, Val a, Val b) {
  const auto [x, y] = align(*this, a, b);
  return add1(Binary::Attrs{kind}, {x, y});
}

Val Builder::compare(Compare::Kind kind, Val a, Val b) {
  const auto [x, y] = align(*this, a, b);
  return add1(Compare::Attrs{kind}, {x, y});
}

Val Builder::select(Val condition, Val a, Val b) {
  const auto [x, y] = align(*this, a, b);
  const auto [c, x2] = align(*this, condition, x);
  if (x2.poisoned()) return {};
  return add1(Select::Attrs{}, {c, x2, broadcast(y, x2.shape())});
}

Val Builder::cast(Val x, DType to) {
  if (x.poisoned() || x.dtype() == to) return x;
  return add1(Cast::Attrs{to}, {x});
}

// ---- shape ----------------------------------------------------------------------------------------------------------

Val Builder::broadcast(Val x, Shape shape) {
  if (x.poisoned() || x.shape() == shape) return x;
  return add1(Broadcast::Attrs{std::move(shape)}, {x});
}

Val Builder::reshape(Val x, Shape shape) {
  if (x.poisoned() || x.shape() == shape) return x;
  return add1(Reshape::Attrs{std::move(shape)}, {x});
}

Val Builder::transpose(Val x, std::vector<int> order) {
  if (x.poisoned() || (std::is_sorted(order.begin(), order.end()) && static_cast<int>(order.size()) == x.rank())) return x;
  return add1(Transpose::Attrs{std::move(order)}, {x});
}

Val Builder::slice(Val x, int axis, Dim start, Dim limit, int64_t stride) {
  if (x.poisoned()) return x;
  const size_t rank = static_cast<size_t>(x.rank());
  Slice::Attrs attrs{std::vector<Dim>(rank), x.shape().dims, std::vector<int64_t>(rank, 1)};
  const size_t at = static_cast<size_t>(axis < 0 ? axis + x.rank() : axis);
  if (start == Dim(0) && limit == attrs.limit[at] && stride == 1) return x;
  attrs.start[at] = start;
  attrs.limit[at] = limit;
  attrs.stride[at] = stride;
  return add1(std::move(attrs), {x});
}

Val Builder::pad(Val x, std::vector<Dim> low, std::vector<Dim> high, double value) {
  if (x.poisoned()) return x;
  const auto none = [](const std::vector<Dim>& pads) { return std::all_of(pads.begin(), pads.end(), [](Dim d) { return d == Dim(0); }); };
  if (none(low) && none(high)) return x;
  std::vector<int64_t> interior(low.size(), 0);
  return add1(Pad::Attrs{std::move(low), std::move(high), std::move(interior)}, {x, number(x.dtype(), value)});
}

Val Builder::concatenate(const Vals& parts, int axis) {
  if (parts.size() == 1 || parts[0].poisoned()) return parts[0];
  return add1(Concatenate::Attrs{axis < 0 ? axis + parts[0].rank() : axis}, parts);
}

Val Builder::reverse(Val x, std::vector<int> axes) { return add1(Reverse::Attrs{std::move(axes)}, {x}); }

Val Builder::expand_dims(Val x, int axis) {
  if (x.poisoned()) return x;
  Shape shape = x.shape();
  shape.dims.insert(shape.dims.begin() + (axis < 0 ? axis + x.rank() + 1 : axis), Dim(1));
  return reshape(x, shape);
}

Val Builder::squeeze(Val x, std::vector<int> axes) {
  if (x.poisoned()) return x;
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool drop = std::find(axes.begin(), axes.end(), axis) != axes.end() || std::find(axes.begin(), axes.end(), axis - x.rank()) != axes.end();
    if (drop && !x.dim(axis).is_one()) return fail(fmt::format("axis {} has {} elements, not 1", axis, to_string(x.dim(axis))));
    if (!drop) shape.dims.push_back(x.dim(axis));
  }
  return reshape(x, shape);
}

Val Builder::stack(const Vals& parts, int axis) {
  Vals expanded;
  for (const Val& part : parts) expanded.push_back(expand_dims(part, axis));
  return concatenate(expanded, axis);
}

Val Builder::repeat(Val x, int64_t times, int axis) {
  if (x.poisoned() || times == 1) return x;
  if (axis < 0) axis += x.rank();
  Shape wide = x.shape(), merged = x.shape();
  merged[axis] = merged[axis] * times;
  x = expand_dims(x, axis + 1);
  wide.dims.insert(wide.dims.begin() + axis + 1, Dim(times));
  return reshape(broadcast(x, wide), merged);
}

Val Builder::tile(Val x, int64_t times, int axis) {
  if (x.poisoned() || times == 1) return x;
  if (axis < 0) axis += x.rank();
  Shape wide = x.shape(), merged = x.shape();
  merged[axis] = merged[axis] * times;
  x = expand_dims(x, axis);
  wide.dims.insert(wide.dims.begin() + axis, Dim(times));
  return reshape(broadcast(x, wide), merged);
}

// ---- reductions -----------------------------------------------------------------------------------------------------

namespace {

std::vector<int> all_axes(int rank) {
  std::vector<int> axes(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) axes[static_cast<size_t>(i)] = i;
  return axes;
}

std::vector<int> sorted_axes(std::vector<int> axes, int rank) {
  if (axes.empty()) return all_axes(rank);
  for (int& axis : axes)
    if (axis < 0) axis += rank;
  std::sort(axes.begin(), axes.end());
  return axes;
}

}  // namespace

Val Builder::reduce(Reduce::Kind kind, Val x, std::vector<int> axes, bool keepdims) {
  if (x.poisoned() || x.rank() == 0) return x;
  axes = sorted_axes(std::move(axes), x.rank());
  Val kept = add1(Reduce::Attrs{kind, axes}, {x});
  return keepdims ? kept : squeeze(kept, axes);
}

Val Builder::mean(Val x, std::vector<int> axes, bool keepdims) {
  if (x.poisoned() || x.rank() == 0) return x;
  axes = sorted_axes(std::move(axes), x.rank());
  int64_t fixed = 1;
  Val total = sum(x, axes, keepdims);
  Val count;
  for (int axis : axes) {
    if (x.dim(axis).is_static()) {
      fixed *= x.dim(axis).size;
    } else {
      Val extent = size(x.dim(axis), x.dtype());
      count = count.poisoned() ? extent : binary(Binary::Kind::mul, count, extent);
    }
  }
  if (count.poisoned()) return total / static_cast<double>(fixed);
  return total / (fixed == 1 ? count : count * static_cast<double>(fixed));
}

Val Builder::arg_reduce(Val x, bool largest, int axis, DType dtype, bool keepdims) {
  if (x.poisoned()) return x;
  if (axis < 0) axis += x.rank();
  Val kept = add1(ArgReduce::Attrs{largest, axis, dtype}, {x});
  return keepdims ? kept : squeeze(kept, {axis});
}

Val Builder::cumulative(Cumulative::Kind kind, Val x, int axis, bool reverse, bool exclusive) {
  if (x.poisoned()) return x;
  return add1(Cumulative::Attrs{kind, axis < 0 ? axis + x.rank() : axis, reverse, exclusive}, {x});
}

Vals Builder::sort(Val x, bool descending, int64_t count) {
  Vals results = add(Sort::Attrs{descending, count}, {x});
  results.resize(2);
  return results;
}

// ---- contractions ---------------------------------------------------------------------------------------------------

Val Builder::dot(Val a, Val b, Dot::Attrs attrs) { return add1(std::move(attrs), {a, b}); }

Val Builder::dense(Val x, Val w) {
  if (x.poisoned()) return x;
  return dot(x, w, {{}, {}, {x.rank() - 1}, {0}});
}

Val Builder::matmul(Val a, Val b, bool transpose_a, bool transpose_b) {
  if (a.poisoned() || b.poisoned()) return {};
  const bool vector_a = a.rank() == 1, vector_b = b.rank() == 1;
  if (a.rank() == 0 || b.rank() == 0) return fail("matmul of a scalar");
  if (vector_a) a = expand_dims(a, 0);
  if (vector_b) b = expand_dims(b, 1);
  const int batch_a = a.rank() - 2, batch_b = b.rank() - 2, batch = std::max(batch_a, batch_b);
  Val result;
  if (batch_b == 0) {  // one matrix for all: no batch axes to pair
    result = dot(a, b, {{}, {}, {transpose_a ? a.rank() - 2 : a.rank() - 1}, {transpose_b ? 1 : 0}});
    if (transpose_a && batch_a > 0 && !result.poisoned()) return fail("transposed matmul of a batch with one matrix");
  } else {
    const auto leading = [](Val x, int count) { return Shape(std::vector<Dim>(x.shape().dims.begin(), x.shape().dims.begin() + count)); };
    Result<Shape> common = broadcast_shapes(leading(a, batch_a), leading(b, batch_b));
    if (!common) return fail(common.error());
    const auto widen = [&](Val x) {
      Shape shape = *common;
      shape.dims.push_back(x.dim(-2));
      shape.dims.push_back(x.dim(-1));
      return broadcast(x, shape);
    };
    a = widen(a);
    b = widen(b);
    Dot::Attrs attrs;
    attrs.left_batch = attrs.right_batch = batch == 0 ? std::vector<int>{} : all_axes(batch);
    attrs.left_contract = {transpose_a ? batch : batch + 1};
    attrs.right_contract = {transpose_b ? batch + 1 : batch};
    result = dot(a, b, attrs);
  }
  if (result.poisoned()) return result;
  if (vector_b) result = squeeze(result, {-1});
  if (vector_a) result = squeeze(result, {vector_b ? -1 : -2});
  return result;
}

Val Builder::conv(Val x, Val kernel, ConvGeometry geometry) { return add1(Conv::Attrs{std::move(geometry)}, {x, kernel}); }

Val Builder::conv_input_grad(Val dy, Val kernel, ConvGeometry geometry, Shape input) {
  return add1(ConvInputGrad::Attrs{std::move(geometry), std::move(input)}, {dy, kernel});
}

Val Builder::conv_kernel_grad(Val x, Val dy, ConvGeometry geometry, Shape kernel) {
  return add1(ConvKernelGrad::Attrs{std::move(geometry), std::move(kernel)}, {x, dy});
}

Val Builder::window_reduce(Val x, Window window) { return add1(WindowReduce::Attrs{std::move(window)}, {x}); }

// ---- indices --------------------------------------------------------------------------------------------------------

Val Builder::gather(Val x, Val indices, int axis, int batch_dims, bool checked) { return add1(Gather::Attrs{axis, batch_dims, checked}, {x, indices}); }

Val Builder::scatter_add(Val updates, Val indices, int axis, Dim extent, int batch_dims) {
  return add1(ScatterAdd::Attrs{axis, batch_dims, extent}, {updates, indices});
}

Val Builder::one_hot(Val indices, int64_t classes, DType dtype) {
  if (indices.poisoned()) return indices;
  Val wide = expand_dims(indices, -1);
  Shape shape = indices.shape();
  shape.dims.push_back(classes);
  Val labels = iota({indices.dtype(), shape}, shape.rank() - 1);
  return cast(compare(Compare::Kind::eq, broadcast(wide, shape), labels), dtype);
}

// ---- regions --------------------------------------------------------------------------------------------------------

FunctionId Builder::new_function(std::string name) {
  program_.functions.push_back({});
  program_.functions.back().name = std::move(name);
  return FunctionId{static_cast<uint32_t>(program_.functions.size() - 1)};
}

Vals Builder::scan(FunctionId body, const Vals& carries, const Vals& sequences, const Vals& invariants, int axis, int64_t length, bool reverse) {
  const Function& f = program_.function(body);
  Scan::Attrs attrs{body, static_cast<int>(carries.size()), static_cast<int>(sequences.size()), axis, length, reverse, {}, {}};
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    if (!f.outputs[i].valid()) return Vals(f.outputs.size());
    (i < carries.size() ? attrs.carry_types : attrs.step_types).push_back(f.type(f.outputs[i]));
  }
  Vals inputs = carries;
  inputs.insert(inputs.end(), sequences.begin(), sequences.end());
  inputs.insert(inputs.end(), invariants.begin(), invariants.end());
  Vals results = add(std::move(attrs), inputs);
  results.resize(f.outputs.size());
  return results;
}

Vals Builder::composite(std::string kind, std::map<std::string, Composite::Attribute> attributes, FunctionId body, const Vals& inputs) {
  const Function& f = program_.function(body);
  Composite::Attrs attrs{std::move(kind), std::move(attributes), body, {}};
  for (ValueId output : f.outputs) {
    if (!output.valid()) return Vals(f.outputs.size());
    attrs.types.push_back(f.type(output));
  }
  Vals results = add(std::move(attrs), inputs);
  results.resize(program_.function(body).outputs.size());
  return results;
}

}  // namespace keratin::ir
