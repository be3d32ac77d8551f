// Builder: the only way to add nodes. It infers every type; a node that does not fit poisons its results and its reason is kept, so that all
// problems of a model come out at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/program.h"

namespace keratin::ir {

class Builder;

/// A value under construction, with the operators of numpy (operands are broadcast against each other; numbers take the other side's dtype).
class Val {
 public:
  Val() = default;  // poisoned
  Val(Builder* builder, ValueId id) : builder_(builder), id_(id) {}

  bool poisoned() const { return !id_.valid(); }
  ValueId id() const { return id_; }
  Builder& builder() const { return *builder_; }
  const Type& type() const;  // valid until the next node is added: copy what is needed longer
  DType dtype() const { return type().dtype; }
  const Shape& shape() const { return type().shape; }
  int rank() const { return shape().rank(); }
  Dim dim(int axis) const { return shape()[axis < 0 ? axis + rank() : axis]; }

 private:
  Builder* builder_ = nullptr;
  ValueId id_;
};

using Vals = std::vector<Val>;

class Builder {
 public:
  /// Appends to the program's function `id`. Bodies are built by nested Builders over the same Program.
  Builder(Program& program, FunctionId id) : program_(program), function_(id) {}

  Program& program() { return program_; }
  FunctionId function_id() const { return function_; }
  Function& function() { return program_.function(function_); }

  /// Nodes added from here on belong to this layer call.
  void set_origin(OriginId origin) { origin_ = origin; }
  OriginId origin() const { return origin_; }
  /// The reasons of poisoned values since the last call, without the op's name in front.
  std::vector<std::string> take_errors();
  Val fail(std::string message);  // a poisoned value with its reason

  Val parameter(Type type, std::string name);
  void output(Val value, std::string name);
  void update(VariableId variable, Val value);
  void name(Val value, std::string hint);

  Vals add(Op op, const Vals& inputs);
  Val add1(Op op, const Vals& inputs);

  // ---- leaves
  Val constant(Tensor tensor);
  Val number(DType dtype, double value);  // scalar
  Val read(VariableId variable);
  Val iota(Type type, int axis);
  Val size(Dim dim, DType dtype);
  Val zeros(Type type);
  Val full(Type type, double value);

  // ---- pointwise; binary operands are broadcast (numpy's rules) and must have one dtype
  Val unary(Unary::Kind kind, Val x);
  Val binary(Binary::Kind kind, Val a, Val b);
  Val compare(Compare::Kind kind, Val a, Val b);
  Val select(Val condition, Val a, Val b);
  Val cast(Val x, DType to);  // x itself where the dtype is equal

  // ---- shape
  Val broadcast(Val x, Shape shape);
  Val reshape(Val x, Shape shape);
  Val transpose(Val x, std::vector<int> order);
  Val slice(Val x, int axis, Dim start, Dim limit, int64_t stride = 1);  // other axes whole
  Val pad(Val x, std::vector<Dim> low, std::vector<Dim> high, double value = 0);
  Val concatenate(const Vals& parts, int axis);
  Val reverse(Val x, std::vector<int> axes);
  Val expand_dims(Val x, int axis);              // axis counted in the result; may be negative
  Val squeeze(Val x, std::vector<int> axes);     // axes of extent 1
  Val stack(const Vals& parts, int axis);
  Val repeat(Val x, int64_t times, int axis);    // each element `times` times (numpy.repeat)
  Val tile(Val x, int64_t times, int axis);

  // ---- reductions; axes may be negative; empty axes mean all
  Val reduce(Reduce::Kind kind, Val x, std::vector<int> axes, bool keepdims = false);
  Val sum(Val x, std::vector<int> axes, bool keepdims = false) { return reduce(Reduce::Kind::sum, x, std::move(axes), keepdims); }
  Val max(Val x, std::vector<int> axes, bool keepdims = false) { return reduce(Reduce::Kind::max, x, std::move(axes), keepdims); }
  Val mean(Val x, std::vector<int> axes, bool keepdims = false);
  Val arg_reduce(Val x, bool largest, int axis, DType dtype, bool keepdims = false);
  Val cumulative(Cumulative::Kind kind, Val x, int axis, bool reverse = false, bool exclusive = false);
  Vals sort(Val x, bool descending, int64_t count = -1);

  // ---- contractions
  Val dot(Val a, Val b, Dot::Attrs attrs);
  /// Contracts the last axis of x with the first of w: Dense.
  Val dense(Val x, Val w);
  /// numpy.matmul with batch broadcasting.
  Val matmul(Val a, Val b, bool transpose_a = false, bool transpose_b = false);
  /// An einsum of one or two operands with explicit output: `abc,cd->abd`. `...` is expanded before.
  Val einsum(const std::string& equation, const Vals& operands);
  Val conv(Val x, Val kernel, ConvGeometry geometry);
  Val conv_input_grad(Val dy, Val kernel, ConvGeometry geometry, Shape input);
  Val conv_kernel_grad(Val x, Val dy, ConvGeometry geometry, Shape kernel);
  Val window_reduce(Val x, Window window);

  // ---- indices
  Val gather(Val x, Val indices, int axis, int batch_dims = 0, bool checked = true);
  Val scatter_add(Val updates, Val indices, int axis, Dim extent, int batch_dims = 0);
  Val one_hot(Val indices, int64_t classes, DType dtype);  // new last axis; out of range gives zeros

  // ---- regions
  /// A new function of the program, to be filled by a Builder of its own and named by a scan or composite.
  FunctionId new_function(std::string name);
  Vals scan(FunctionId body, const Vals& carries, const Vals& sequences, const Vals& invariants, int axis, int64_t length, bool reverse);
  Vals composite(std::string kind, std::map<std::string, Composite::Attribute> attributes, FunctionId body, const Vals& inputs);

 private:
  Program& program_;
  FunctionId function_;
  OriginId origin_;
  std::vector<std::string> errors_;
};

// ---- operators: the scalar takes the other operand's dtype
Val operator+(Val a, Val b);
Val operator-(Val a, Val b);
Val operator*(Val a, Val b);
Val operator/(Val a, Val b);
Val operator-(Val a);
Val operator+(Val a, double b);
Val operator-(Val a, double b);
Val operator*(Val a, double b);
Val operator/(Val a, double b);
Val operator+(double a, Val b);
Val operator-(double a, Val b);
Val operator*(double a, Val b);
Val operator/(double a, Val b);

// Pointwise functions read as mathematics.
Val exp(Val x);
Val log(Val x);
Val sqrt(Val x);
Val rsqrt(Val x);
Val tanh(Val x);
Val sigmoid(Val x);
Val abs(Val x);
Val maximum(Val a, Val b);
Val minimum(Val a, Val b);
Val maximum(Val a, double b);
Val minimum(Val a, double b);
Val less(Val a, double b);
Val greater(Val a, double b);
Val stop_gradient(Val x);

/// The shape both broadcast to by numpy's rules, or why there is none.
Result<Shape> broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace keratin::ir
