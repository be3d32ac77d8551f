// keras.ops on symbolic tensors: each records a node. Names, arguments and defaults are Keras's.
#pragma once

#include "keratin/arguments.h"

namespace keratin::ops {

using functional::Ints;
using functional::Tensor;

/// A tensor, a number, an array of constants, or a list of these; any other constant as Keras serialises it.
class Operand {
 public:
  Operand(const Tensor& tensor) : tensor_(tensor) {}
  Operand(const functional::Outputs& outputs) : tensor_(outputs) {}
  Operand(int value) : constant_(value) {}
  Operand(int64_t value) : constant_(value) {}
  Operand(double value) : constant_(value) {}
  Operand(const functional::NDArray& array);
  Operand(std::vector<Operand> list) : list_(std::move(list)), is_list_(true) {}
  explicit Operand(Json constant) : constant_(std::move(constant)) {}

  const Tensor& tensor() const { return tensor_; }
  const Json& constant() const { return constant_; }
  const std::vector<Operand>& list() const { return list_; }
  bool is_list() const { return is_list_; }

 private:
  Tensor tensor_;
  Json constant_;
  std::vector<Operand> list_;
  bool is_list_ = false;
};

// Element by element.
#define KERATIN_UNARY(name, Class) Tensor name(const Tensor& x);
// Element by element with broadcasting; matmul and outer of matrices.
#define KERATIN_BINARY(name, Class) Tensor name(const Operand& x1, const Operand& x2);
// Along some axes; none given: all.
#define KERATIN_REDUCTION(name, Class) Tensor name(const Tensor& x, const Ints& axis = {}, bool keepdims = false);
#include "keratin/ops.def"
#undef KERATIN_UNARY
#undef KERATIN_BINARY
#undef KERATIN_REDUCTION

Tensor elu(const Tensor& x, double alpha = 1);
Tensor gelu(const Tensor& x, bool approximate = true);
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
Tensor softmax(const Tensor& x, const Ints& axis = -1);
Tensor log_softmax(const Tensor& x, const Ints& axis = -1);
Tensor clip(const Tensor& x, double x_min, double x_max);
Tensor round(const Tensor& x, int decimals = 0);
Tensor where(const Operand& condition, const Operand& x1, const Operand& x2);
Tensor cast(const Tensor& x, const std::string& dtype);

Tensor concatenate(const std::vector<Tensor>& xs, int axis = 0);
Tensor stack(const std::vector<Tensor>& xs, int axis = 0);
std::vector<Tensor> split(const Tensor& x, const Ints& indices_or_sections, int axis = 0);
std::vector<Tensor> unstack(const Tensor& x, int axis = 0);

Tensor reshape(const Tensor& x, const Ints& newshape);
Tensor transpose(const Tensor& x, const Ints& axes = {});
Tensor expand_dims(const Tensor& x, const Ints& axis);
Tensor squeeze(const Tensor& x, const Ints& axis = {});
Tensor swapaxes(const Tensor& x, int axis1, int axis2);
Tensor flip(const Tensor& x, const Ints& axis = {});
Tensor roll(const Tensor& x, const Ints& shift, const Ints& axis = {});
Tensor tile(const Tensor& x, const Ints& repeats);
Tensor repeat(const Tensor& x, int repeats, const Ints& axis = {});
Tensor broadcast_to(const Tensor& x, const Ints& shape);
/// Before and after each axis.
Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& pad_width, const std::string& mode = "constant");
Tensor tril(const Tensor& x, int k = 0);
Tensor triu(const Tensor& x, int k = 0);

Tensor take(const Tensor& x, const Operand& indices, const Ints& axis = {});
Tensor one_hot(const Tensor& x, int64_t num_classes, int axis = -1);
Tensor cumsum(const Tensor& x, const Ints& axis = {});
Tensor sort(const Tensor& x, int axis = -1);
Tensor argsort(const Tensor& x, int axis = -1);
/// Values and their places.
std::pair<Tensor, Tensor> top_k(const Tensor& x, int64_t k);

Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands);
Tensor dot(const Tensor& x1, const Tensor& x2);
Tensor tensordot(const Tensor& x1, const Tensor& x2, const Json& axes);
Tensor norm(const Tensor& x, const Ints& axis = {}, bool keepdims = false);
Tensor normalize(const Tensor& x, const Ints& axis = -1, int order = 2);

/// Any operation that `keratin` knows by its class in keras.ops, with the arguments of its constructor and of its call, in order.
std::vector<Tensor> operation(const std::string& class_name, Json::Object config, const std::vector<Operand>& arguments,
                              const std::vector<std::pair<std::string, Operand>>& named = {});

}  // namespace keratin::ops
