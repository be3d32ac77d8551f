// Activations as operations (keras.ops.relu, ...): the functions of compiler/activations under the names and defaults of their operations.
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/operations/operation.h"

namespace keratin {

namespace {

/// Floats; integers and bools become float32.
Operation row(std::string_view name, std::string_view config, std::function<Val(Arguments&, Val)> f) {
  return {name, config, "x", [f](Arguments& a) {
            const Val x = a.tensor("x");
            return one(x.poisoned() ? x : f(a, is_float(x.dtype()) ? x : a.b.cast(x, DType::float32)));
          }};
}

Operation row(std::string_view name, Val (*f)(Val)) {
  return row(name, "", [f](Arguments&, Val x) { return f(x); });
}

/// Functions along an axis; None: along all of them.
Operation along(std::string_view name, std::function<Val(Val, std::vector<int>)> f) {
  return row(name, "axis", [f](Arguments& a, Val x) {
    if (x.rank() == 0) return a.fail("takes at least 1 dimension, not 0");
    const std::vector<int> axes = a.axes("axis", x.rank());
    return a.failed() ? Val() : f(x, axes);
  });
}

Val rectified(Arguments& a, Val x) { return relu(x, a.number("negative_slope", 0), a.optional_number("max_value"), a.number("threshold", 0)); }

}  // namespace

const OperationTable& activation_operations() {
  static const OperationTable table = {
      row("Celu", "alpha", [](Arguments& a, Val x) { return celu(x, a.number("alpha", 1)); }),
      row("Elu", "alpha", [](Arguments& a, Val x) { return elu(x, a.number("alpha", 1)); }),
      row("Gelu", "approximate", [](Arguments& a, Val x) { return gelu(x, a.boolean("approximate", true)); }),
      row("Glu", "axis", [](Arguments& a, Val x) { return glu(x, a.axis("axis", x.rank(), -1)); }),
      row("HardShrink", "threshold", [](Arguments& a, Val x) { return hard_shrink(x, a.number("threshold", 0.5)); }),
      row("HardSigmoid", "", [](Arguments& a, Val x) { return hard_sigmoid(a.ctx, x); }),
      row("HardSilu", hard_silu),
      row("HardTanh", hard_tanh),
      row("LeakyRelu", "negative_slope", [](Arguments& a, Val x) { return leaky_relu(x, a.number("negative_slope", 0.2)); }),
      row("LogSigmoid", log_sigmoid),
      along("LogSoftmax", log_softmax),
      row("Mish", mish),
      row("ReLU", "negative_slope max_value threshold", rectified),
      row("Relu", relu),
      row("Relu6", relu6),
      row("Selu", selu),
      row("Sigmoid", ir::sigmoid),
      row("Silu", silu),
      row("SoftShrink", "threshold", [](Arguments& a, Val x) { return soft_shrink(x, a.number("threshold", 0.5)); }),
      along("Softmax", softmax),
      row("Softplus", softplus),
      row("Softsign", softsign),
      row("Sparsemax", "axis", [](Arguments& a, Val x) { return sparsemax(x, a.axis("axis", x.rank(), -1)); }),
      row("SparsePlus", sparse_plus),
      row("SparseSigmoid", sparse_sigmoid),
      row("Squareplus", "b", [](Arguments& a, Val x) { return squareplus(x, a.number("b", 4)); }),
      row("TanhShrink", tanh_shrink),
      row("Threshold", "threshold default_value", [](Arguments& a, Val x) { return threshold(x, a.number("threshold"), a.number("default_value")); }),
  };
  return table;
}

}  // namespace keratin
