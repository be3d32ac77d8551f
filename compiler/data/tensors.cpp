#include "compiler/data/tensors.h"

namespace keratin {

ir::Tensor to_tensor(const Array& array, DType dtype) {
  ir::Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = array.shape;
  if (is_float(dtype)) {
    tensor.floats = array.as<double>();
    for (double& value : tensor.floats) value = ir::round_to(dtype, value);
  } else {
    tensor.integers = array.as<int64_t>();
    for (int64_t& value : tensor.integers) value = ir::wrap_to(dtype, value);
  }
  return tensor;
}

Array to_array(const ir::Tensor& tensor) {
  if (is_float(tensor.dtype)) return Array::of(tensor.shape, tensor.floats).to(tensor.dtype);
  return Array::of(tensor.shape, tensor.integers).to(tensor.dtype);
}

}  // namespace keratin
