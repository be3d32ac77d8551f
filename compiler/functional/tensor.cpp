#include "keratin/tensor.h"

#include <fmt/format.h>

#include "compiler/functional/state.h"

namespace keratin::functional {

std::string shape_text(const TensorShape& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + (shape[i] ? std::to_string(*shape[i]) : "None");
  return text + (shape.size() == 1 ? ",)" : ")");
}

const TensorType& type_of(const Tensor& tensor) {
  if (!tensor.is_keras_tensor()) throw ValueError("A tensor that no layer and no Input has made has no shape.");
  return GraphAccess::layer(tensor)->output(tensor.node_index(), tensor.tensor_index());
}

const TensorShape& Tensor::shape() const { return type_of(*this).shape; }
std::string Tensor::dtype() const { return std::string(name_of(type_of(*this).dtype)); }
Layer Tensor::layer() const { return GraphAccess::handle(layer_); }

const Tensor& Outputs::one() const {
  if (tensors_.size() != 1) throw ValueError(fmt::format("The call gives {} tensors where one is wanted; take one of them by its index.", tensors_.size()));
  return tensors_[0];
}
Layer Outputs::layer() const { return one().layer(); }

namespace {

/// The same structure, its places later by some.
Json later(const Json& structure, int64_t by) {
  if (structure.is_int()) return structure.as_int() + by;
  if (structure.is_array()) {
    Json::Array entries;
    for (const Json& entry : structure.as_array()) entries.push_back(later(entry, by));
    return entries;
  }
  Json::Object members;
  for (const auto& [key, entry] : structure.as_object()) members.emplace_back(key, later(entry, by));
  return members;
}

}  // namespace

Inputs::Inputs(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {
  Json::Array places;
  for (size_t i = 0; i < tensors_.size(); ++i) places.push_back(static_cast<int64_t>(i));
  structure_ = std::move(places);
}

Inputs::Inputs(const Outputs& outputs) : Inputs(outputs.tensors()) {
  if (outputs.size() == 1) structure_ = 0;
}

Inputs::Inputs(const std::map<std::string, Tensor>& by_name) : structure_(Json::Object{}) {
  for (const auto& [name, tensor] : by_name) {
    structure_.set(name, static_cast<int64_t>(tensors_.size()));
    tensors_.push_back(tensor);
  }
}

Inputs Inputs::nested(const std::vector<Inputs>& entries) {
  Inputs all;
  Json::Array structures;
  for (const Inputs& entry : entries) {
    structures.push_back(later(entry.structure_, static_cast<int64_t>(all.tensors_.size())));
    all.tensors_.insert(all.tensors_.end(), entry.tensors_.begin(), entry.tensors_.end());
  }
  all.structure_ = std::move(structures);
  return all;
}

Tensor input_of_shape(const TensorShape& shape, const InputOptions& options) {
  if (!options.batch_shape.empty()) throw ValueError("You cannot pass both `shape` and `batch_shape` at the same time.");
  InputOptions whole = options;
  whole.batch_shape = {options.batch_size};
  whole.batch_size.reset();
  whole.batch_shape.insert(whole.batch_shape.end(), shape.begin(), shape.end());
  return Input(whole);
}

Tensor Input(const InputOptions& options) {
  if (options.batch_shape.empty()) throw ValueError("You must pass a `shape` argument.");
  if (options.batch_size) throw ValueError("You cannot pass both `batch_size` and `batch_shape` at the same time.");
  Json::Array extents;
  for (const std::optional<int64_t>& extent : options.batch_shape) extents.push_back(extent ? Json(*extent) : Json());
  Json config(Json::Object{{"batch_shape", std::move(extents)}, {"dtype", options.dtype}, {"sparse", false}, {"ragged", false}});
  if (!options.name.empty()) config.set("name", options.name);
  config.set("optional", options.optional);
  const std::shared_ptr<LayerState> layer = make_layer("InputLayer", std::move(config));
  const std::optional<DType> dtype = dtype_named(options.dtype);
  if (!dtype) throw ValueError(fmt::format("Invalid dtype: {}", options.dtype));
  auto node = std::make_unique<Node>();
  node->outputs = {{options.batch_shape, *dtype, std::nullopt}};
  layer->nodes.push_back(std::move(node));
  layer->built = true;
  return GraphAccess::tensor(layer, 0, 0);
}

namespace {

Json slice_json(const Slice& slice) {
  const auto end = [](const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); };
  return Json::Object{{"class_name", "__slice__"}, {"config", Json::Object{{"start", end(slice.start)}, {"stop", end(slice.stop)}, {"step", end(slice.step)}}}};
}

Tensor binary(const char* name, CallTree a, CallTree b) { return record_operation(name, {}, {std::move(a), std::move(b)})[0]; }

}  // namespace

Index::Index(const Slice& slice) : value_(slice_json(slice)) {}
Index IndexConstants::everything() { return Index(slice_json({})); }
Index IndexConstants::ellipsis() { return Index(Json(Json::Object{{"class_name", "__ellipsis__"}, {"config", Json::Object{}}})); }
Index IndexConstants::newaxis() { return Index(Json()); }

Tensor Tensor::at(std::initializer_list<Index> index) const {
  Json::Array key;
  for (const Index& entry : index) key.push_back(entry.json());
  return record_operation("GetItem", {}, {{*this}, {Json(std::move(key))}})[0];
}

Tensor operator-(const Tensor& x) { return record_operation("Negative", {}, {{x}})[0]; }

#define KERATIN_OPERATOR(symbol, Name)                                                                             \
  Tensor operator symbol(const Tensor& a, const Tensor& b) { return binary(Name, {a}, {b}); }                      \
  Tensor operator symbol(const Tensor& a, const Scalar& b) { return binary(Name, {a}, {b.json()}); }               \
  Tensor operator symbol(const Scalar& a, const Tensor& b) { return binary(Name, {a.json()}, {b}); }
KERATIN_OPERATOR(+, "Add")
KERATIN_OPERATOR(-, "Subtract")
KERATIN_OPERATOR(*, "Multiply")
KERATIN_OPERATOR(/, "TrueDivide")
KERATIN_OPERATOR(%, "Mod")
KERATIN_OPERATOR(<, "Less")
KERATIN_OPERATOR(<=, "LessEqual")
KERATIN_OPERATOR(>, "Greater")
KERATIN_OPERATOR(>=, "GreaterEqual")
#undef KERATIN_OPERATOR

}  // namespace keratin::functional
