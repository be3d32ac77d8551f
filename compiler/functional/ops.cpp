#include "keratin/ops.h"

#include "compiler/functional/state.h"

namespace keratin::ops {

using functional::CallTree;
using functional::encode;
using functional::record_operation;

namespace {

CallTree tree(const Operand& operand) {
  if (operand.is_list()) {
    CallTree::List list;
    for (const Operand& item : operand.list()) list.push_back(tree(item));
    return {std::move(list)};
  }
  return operand.tensor().is_keras_tensor() ? CallTree{operand.tensor()} : CallTree{operand.constant()};
}

CallTree tree(const std::vector<Tensor>& tensors) {
  CallTree::List list;
  for (const Tensor& tensor : tensors) list.push_back({tensor});
  return {std::move(list)};
}

std::vector<Tensor> record(const char* name, Json::Object config, std::vector<CallTree> arguments) { return record_operation(name, std::move(config), std::move(arguments)); }
Tensor one(const char* name, Json::Object config, std::vector<CallTree> arguments) { return record(name, std::move(config), std::move(arguments)).at(0); }

Json list_json(const functional::NDArray& array, int64_t& at, size_t axis) {
  const bool integers = array.dtype().find("int") != std::string::npos;
  if (axis == array.shape().size()) {
    const double value = array.number(at++);
    return integers ? Json(static_cast<int64_t>(value)) : Json(value);
  }
  Json::Array items;
  for (int64_t i = 0; i < array.shape()[axis]; ++i) items.push_back(list_json(array, at, axis + 1));
  return items;
}

}  // namespace

/// As Keras writes arrays of constants in a graph.
Operand::Operand(const functional::NDArray& array) {
  int64_t at = 0;
  constant_ = Json::Object{{"class_name", "__numpy__"}, {"config", Json::Object{{"value", list_json(array, at, 0)}, {"dtype", array.dtype()}}}};
}

#define KERATIN_UNARY(name, Class) \
  Tensor name(const Tensor& x) { return one(#Class, {}, {{x}}); }
#define KERATIN_BINARY(name, Class) \
  Tensor name(const Operand& x1, const Operand& x2) { return one(#Class, {}, {tree(x1), tree(x2)}); }
#define KERATIN_REDUCTION(name, Class) \
  Tensor name(const Tensor& x, const Ints& axis, bool keepdims) { return one(#Class, {{"axis", encode(axis)}, {"keepdims", keepdims}}, {{x}}); }
#include "keratin/ops.def"
#undef KERATIN_UNARY
#undef KERATIN_BINARY
#undef KERATIN_REDUCTION

Tensor elu(const Tensor& x, double alpha) { return one("Elu", {{"alpha", alpha}}, {{x}}); }
Tensor gelu(const Tensor& x, bool approximate) { return one("Gelu", {{"approximate", approximate}}, {{x}}); }
Tensor leaky_relu(const Tensor& x, double negative_slope) { return one("LeakyRelu", {{"negative_slope", negative_slope}}, {{x}}); }
Tensor softmax(const Tensor& x, const Ints& axis) { return one("Softmax", {{"axis", encode(axis)}}, {{x}}); }
Tensor log_softmax(const Tensor& x, const Ints& axis) { return one("LogSoftmax", {{"axis", encode(axis)}}, {{x}}); }
Tensor clip(const Tensor& x, double x_min, double x_max) { return one("Clip", {{"x_min", x_min}, {"x_max", x_max}}, {{x}}); }
Tensor round(const Tensor& x, int decimals) { return one("Round", {{"decimals", decimals}}, {{x}}); }
Tensor where(const Operand& condition, const Operand& x1, const Operand& x2) { return one("Where", {}, {tree(condition), tree(x1), tree(x2)}); }
Tensor cast(const Tensor& x, const std::string& dtype) { return one("Cast", {{"dtype", dtype}}, {{x}}); }

Tensor concatenate(const std::vector<Tensor>& xs, int axis) { return one("Concatenate", {{"axis", axis}}, {tree(xs)}); }
Tensor stack(const std::vector<Tensor>& xs, int axis) { return one("Stack", {{"axis", axis}}, {tree(xs)}); }
std::vector<Tensor> split(const Tensor& x, const Ints& sections, int axis) { return record("Split", {{"indices_or_sections", encode(sections)}, {"axis", axis}}, {{x}}); }
std::vector<Tensor> unstack(const Tensor& x, int axis) { return record("Unstack", {{"num", Json()}, {"axis", axis}}, {{x}}); }

Tensor reshape(const Tensor& x, const Ints& newshape) { return one("Reshape", {{"newshape", encode(newshape)}}, {{x}}); }
Tensor transpose(const Tensor& x, const Ints& axes) { return one("Transpose", {{"axes", encode(axes)}}, {{x}}); }
Tensor expand_dims(const Tensor& x, const Ints& axis) { return one("ExpandDims", {{"axis", encode(axis)}}, {{x}}); }
Tensor squeeze(const Tensor& x, const Ints& axis) { return one("Squeeze", {{"axis", encode(axis)}}, {{x}}); }
Tensor swapaxes(const Tensor& x, int axis1, int axis2) { return one("Swapaxes", {{"axis1", axis1}, {"axis2", axis2}}, {{x}}); }
Tensor flip(const Tensor& x, const Ints& axis) { return one("Flip", {{"axis", encode(axis)}}, {{x}}); }
Tensor roll(const Tensor& x, const Ints& shift, const Ints& axis) { return one("Roll", {{"shift", encode(shift)}, {"axis", encode(axis)}}, {{x}}); }
Tensor tile(const Tensor& x, const Ints& repeats) { return one("Tile", {{"repeats", encode(repeats)}}, {{x}}); }
Tensor repeat(const Tensor& x, int repeats, const Ints& axis) { return one("Repeat", {{"repeats", repeats}, {"axis", encode(axis)}}, {{x}}); }
Tensor broadcast_to(const Tensor& x, const Ints& shape) { return one("BroadcastTo", {{"shape", encode(shape)}}, {{x}}); }
Tensor tril(const Tensor& x, int k) { return one("Tril", {{"k", k}}, {{x}}); }
Tensor triu(const Tensor& x, int k) { return one("Triu", {{"k", k}}, {{x}}); }

Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& pad_width, const std::string& mode) {
  Json::Array widths;
  for (const auto& [before, after] : pad_width) widths.push_back(Json::Array{before, after});
  return one("Pad", {{"pad_width", std::move(widths)}, {"mode", mode}}, {{x}});
}

Tensor take(const Tensor& x, const Operand& indices, const Ints& axis) { return one("Take", {{"axis", encode(axis)}}, {{x}, tree(indices)}); }
Tensor one_hot(const Tensor& x, int64_t num_classes, int axis) { return one("OneHot", {{"num_classes", num_classes}, {"axis", axis}}, {{x}}); }
Tensor cumsum(const Tensor& x, const Ints& axis) { return one("Cumsum", {{"axis", encode(axis)}}, {{x}}); }
Tensor sort(const Tensor& x, int axis) { return one("Sort", {{"axis", axis}}, {{x}}); }
Tensor argsort(const Tensor& x, int axis) { return one("Argsort", {{"axis", axis}}, {{x}}); }

std::pair<Tensor, Tensor> top_k(const Tensor& x, int64_t k) {
  const std::vector<Tensor> results = record("TopK", {{"k", k}, {"sorted", true}}, {{x}});
  return {results.at(0), results.at(1)};
}

Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands) {
  std::vector<CallTree> arguments;
  for (const Tensor& tensor : operands) arguments.push_back({tensor});
  return one("Einsum", {{"subscripts", subscripts}}, std::move(arguments));
}

Tensor dot(const Tensor& x1, const Tensor& x2) { return one("Dot", {}, {{x1}, {x2}}); }
Tensor tensordot(const Tensor& x1, const Tensor& x2, const Json& axes) { return one("Tensordot", {{"axes", axes}}, {{x1}, {x2}}); }
Tensor norm(const Tensor& x, const Ints& axis, bool keepdims) { return one("Norm", {{"ord", Json()}, {"axis", encode(axis)}, {"keepdims", keepdims}}, {{x}}); }
Tensor normalize(const Tensor& x, const Ints& axis, int order) { return one("Normalize", {{"axis", encode(axis)}, {"order", order}}, {{x}}); }

std::vector<Tensor> operation(const std::string& class_name, Json::Object config, const std::vector<Operand>& arguments, const std::vector<std::pair<std::string, Operand>>& named) {
  std::vector<CallTree> trees;
  for (const Operand& argument : arguments) trees.push_back(tree(argument));
  CallTree::Dict kwargs;
  for (const auto& [key, argument] : named) kwargs.push_back({key, tree(argument)});
  return record_operation(class_name, std::move(config), std::move(trees), std::move(kwargs));
}

}  // namespace keratin::ops
