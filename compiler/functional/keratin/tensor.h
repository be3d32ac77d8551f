// Symbolic tensors: what layers are called on and give (keras.KerasTensor). A tensor is a handle; copies share.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/json/json.h"

namespace keratin::functional {

class Layer;
struct LayerState;

/// nullopt: an open dimension, Keras's None. The batch is the first.
using TensorShape = std::vector<std::optional<int64_t>>;

/// `(None, 10)`, as Python prints it.
std::string shape_text(const TensorShape& shape);

/// Where a slice along one axis begins, ends and how it steps, as in Python: absent ends are those of the axis, negative ones count from there.
struct Slice {
  std::optional<int64_t> start, stop, step;
};

/// One entry of an index: a number, a slice, everything, a new axis or the axes in between.
class Index {
 public:
  Index(int value) : value_(int64_t{value}) {}
  Index(int64_t value) : value_(value) {}
  Index(const Slice& slice);
  const Json& json() const { return value_; }

 private:
  friend struct IndexConstants;
  explicit Index(Json value) : value_(std::move(value)) {}
  Json value_;
};

/// Python's `:`, `...` and `None` in an index.
struct IndexConstants {
  static Index everything();
  static Index ellipsis();
  static Index newaxis();
};

/// A tensor of the graph: the output of one call (node) of a layer.
class Tensor {
 public:
  Tensor() = default;

  /// Open dimensions are nullopt.
  const TensorShape& shape() const;
  int rank() const { return static_cast<int>(shape().size()); }
  /// `float32`.
  std::string dtype() const;

  /// Made by Input or by a layer, and not default-constructed.
  bool is_keras_tensor() const { return layer_ != nullptr; }
  // The history: which call of which layer made it.
  Layer layer() const;
  int node_index() const { return node_; }
  int tensor_index() const { return index_; }

  /// x[...] of Python: `x.at({IndexConstants::everything(), Slice{1, 3}})`; fewer entries than axes leave the last ones whole.
  Tensor at(std::initializer_list<Index> index) const;

  bool operator==(const Tensor& other) const = default;  // the same tensor, not equal values

 private:
  friend struct GraphAccess;
  Tensor(std::shared_ptr<LayerState> layer, int node, int index) : layer_(std::move(layer)), node_(node), index_(index) {}
  std::shared_ptr<LayerState> layer_;
  int node_ = 0, index_ = 0;
};

/// What a call gives: one tensor, which it converts to, or several (the states of a recurrent layer, the outputs of a model).
class Outputs {
 public:
  explicit Outputs(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}

  size_t size() const { return tensors_.size(); }
  const Tensor& operator[](size_t i) const { return tensors_.at(i); }
  auto begin() const { return tensors_.begin(); }
  auto end() const { return tensors_.end(); }
  const std::vector<Tensor>& tensors() const { return tensors_; }

  // Of the only one; ValueError where there are several.
  operator const Tensor&() const { return one(); }
  const TensorShape& shape() const { return one().shape(); }
  std::string dtype() const { return one().dtype(); }
  Layer layer() const;
  Tensor at(std::initializer_list<Index> index) const { return one().at(index); }

 private:
  const Tensor& one() const;
  std::vector<Tensor> tensors_;
};

/// What a layer or model takes: a tensor, a list of them, or a dictionary by name. Tensor() in a list is Python's None: an optional input that is absent.
class Inputs {
 public:
  Inputs() = default;
  Inputs(const Tensor& tensor) : tensors_{tensor}, structure_(0) {}
  Inputs(const Outputs& outputs);
  Inputs(std::initializer_list<Tensor> tensors) : Inputs(std::vector<Tensor>(tensors)) {}
  Inputs(std::vector<Tensor> tensors);
  /// Ordered by name, as Keras flattens dictionaries.
  Inputs(const std::map<std::string, Tensor>& by_name);
  /// A list whose entries may be lists or dictionaries: `Inputs::nested({a, Inputs{b, c}})`.
  static Inputs nested(const std::vector<Inputs>& entries);

  const std::vector<Tensor>& tensors() const { return tensors_; }  // flattened
  /// How they were given: the place of each in tensors(), in arrays and objects.
  const Json& structure() const { return structure_; }
  bool empty() const { return tensors_.empty(); }

 private:
  std::vector<Tensor> tensors_;
  Json structure_;
};

/// A number in an expression of tensors; its kind decides the result's dtype as in Python.
class Scalar {
 public:
  Scalar(int value) : value_(value) {}
  Scalar(int64_t value) : value_(value) {}
  Scalar(double value) : value_(value) {}
  const Json& json() const { return value_; }

 private:
  Json value_;
};

// Each records a node of keras.ops.
Tensor operator-(const Tensor& x);
#define KERATIN_OPERATOR(symbol)                                \
  Tensor operator symbol(const Tensor& a, const Tensor& b);     \
  Tensor operator symbol(const Tensor& a, const Scalar& b);     \
  Tensor operator symbol(const Scalar& a, const Tensor& b);
KERATIN_OPERATOR(+)
KERATIN_OPERATOR(-)
KERATIN_OPERATOR(*)
KERATIN_OPERATOR(/)
KERATIN_OPERATOR(%)
KERATIN_OPERATOR(<)
KERATIN_OPERATOR(<=)
KERATIN_OPERATOR(>)
KERATIN_OPERATOR(>=)
#undef KERATIN_OPERATOR

/// Stands before the first field of a struct, so that braces of positions (`Input({10})`) are never taken for named arguments.
struct NamedOnly {
  explicit NamedOnly() = default;
};

/// The arguments of Input, in Keras's order.
struct InputOptions {
  NamedOnly named_only{};
  std::optional<int64_t> batch_size{};
  std::string dtype = "float32";
  TensorShape batch_shape{};
  std::string name{};
  bool optional = false;
};

/// keras.Input with a `batch_shape`.
Tensor Input(const InputOptions& options);
Tensor input_of_shape(const TensorShape& shape, const InputOptions& options);
/// keras.Input: a tensor of that shape, the batch left out. ValueError where `batch_shape` is given, too. A template, so that named arguments
/// are the other one's.
template <int = 0>
Tensor Input(const TensorShape& shape, const InputOptions& options = {}) {
  return input_of_shape(shape, options);
}

}  // namespace keratin::functional
