#include "tests/ir/samples.h"

#include <cmath>

#include "ir/support/check.h"

namespace keratin::ir::test {

Sample& Sample::gives(Tensors results) {
  expected = std::move(results);
  return *this;
}

Sample& Sample::slopes(Tensors of_operands) {
  gradients = std::move(of_operands);
  smooth = false;
  return *this;
}

Sample& Sample::of(Types operand_types, int64_t examples) {
  types = std::move(operand_types);
  batch = examples;
  return *this;
}

Sample sample(std::string what, std::function<Op(Program&)> op, Tensors values) {
  Sample made;
  made.what = std::move(what);
  made.op = std::move(op);
  for (const Tensor& value : values) made.types.push_back(type_of(value));
  made.values = std::move(values);
  return made;
}

Sample sample(std::string what, Op op, Tensors values) {
  return sample(std::move(what), [op = std::move(op)](Program&) { return op; }, std::move(values));
}

Tensor floats(std::vector<int64_t> shape, const std::vector<double>& values, DType dtype) {
  Tensor tensor(dtype, std::move(shape));
  IR_CHECK(tensor.floats.size() == values.size());
  for (size_t i = 0; i < values.size(); ++i) tensor.floats[i] = round_to(dtype, values[i]);
  return tensor;
}

Tensor integers(std::vector<int64_t> shape, std::vector<int64_t> values, DType dtype) {
  Tensor tensor(dtype, std::move(shape));
  IR_CHECK(tensor.integers.size() == values.size());
  tensor.integers = std::move(values);
  return tensor;
}

Tensor bools(std::vector<int64_t> shape, std::vector<int64_t> values) {
  return integers(std::move(shape), std::move(values), DType::boolean);
}

Tensor spread(std::vector<int64_t> shape, double low, double high, int seed, DType dtype) {
  Tensor tensor(dtype, std::move(shape));
  for (size_t i = 0; i < tensor.floats.size(); ++i) {  // multiples of the golden ratio spread evenly and never meet
    const double place = 0.6180339887498949 * static_cast<double>(i + 1) + 0.3719 * seed;
    tensor.floats[i] = round_to(dtype, low + (high - low) * (place - std::floor(place)));
  }
  return tensor;
}

Type type_of(const Tensor& tensor) {
  Type type{tensor.dtype, {}};
  for (int64_t extent : tensor.shape) type.shape.dims.push_back(extent);
  return type;
}

Type float32(Shape shape) { return {DType::float32, std::move(shape)}; }
Type int32(Shape shape) { return {DType::int32, std::move(shape)}; }
Type boolean(Shape shape) { return {DType::boolean, std::move(shape)}; }

}  // namespace keratin::ir::test
