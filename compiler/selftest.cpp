#include "compiler/selftest.h"

#include <algorithm>
#include <numeric>

#include "compiler/engine/seeded_inputs.h"
#include "ir/eval.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

constexpr int64_t kRecorded = 1000;  // values of one output

double multiplications(const ir::Program& program, const ir::Function& f) {
  double total = 0;
  for (const ir::Node& node : f.nodes) {
    const auto elements = [&](ir::ValueId id) { return static_cast<double>(ir::count_of(f.type(id).shape.at(1))); };
    if (const auto* dot = node.op.as<ir::Dot>()) {
      double contracted = 1;
      for (int axis : dot->left_contract) contracted *= static_cast<double>(f.type(node.inputs[0]).shape[axis].at(1));
      total += elements(node.outputs[0]) * contracted;
    } else if (node.op.as<ir::Conv>()) {
      const ir::Shape& kernel = f.type(node.inputs[1]).shape;
      total += elements(node.outputs[0]) * elements(node.inputs[1]) / static_cast<double>(kernel[kernel.rank() - 1].at(1));
    } else if (node.op.as<ir::ConvInputGrad>()) {
      const ir::Shape& kernel = f.type(node.inputs[1]).shape;
      total += elements(node.inputs[0]) * elements(node.inputs[1]) / static_cast<double>(kernel[kernel.rank() - 1].at(1));
    } else if (const auto* scan = node.op.as<ir::Scan>()) {
      total += static_cast<double>(scan->length) * multiplications(program, program.function(scan->body));
    } else if (const auto* composite = node.op.as<ir::Composite>()) {
      total += multiplications(program, program.function(composite->body));
    }
  }
  return total;
}

/// The measure's limit for the coarsest float that is computed in, as for recorded cases of Keras.
double limit_of(const ir::Function& predict) {
  bool half = false, brain = false, single = false;
  for (const ir::Value& value : predict.values) {
    half = half || value.type.dtype == DType::float16;
    brain = brain || value.type.dtype == DType::bfloat16;
    single = single || value.type.dtype == DType::float32;
  }
  return brain ? 0.03 : half ? 0.005 : single ? 1e-5 : 1e-12;
}

Selftest::Output sampled(const ir::Tensor& tensor) {
  Selftest::Output output;
  const int64_t count = tensor.count();
  output.step = std::max<int64_t>(1, (count + kRecorded - 1) / kRecorded);
  while (output.step > 1 && std::gcd(output.step, count) != 1) ++output.step;  // a step that shares a factor with the extents would skip channels
  for (int64_t i = 0; i < count; i += output.step) output.values.push_back(tensor.number(i));
  return output;
}

/// `inputs` are those of predict, which could be computed.
void record_gradients(const ir::Program& program, ir::FunctionId id, ir::Tensors inputs, Selftest& test) {
  const ir::Function& backward = program.function(id);
  for (size_t i = inputs.size(); i < backward.parameters.size(); ++i) {
    const ir::Type& type = backward.type(backward.parameters[i]);
    SelftestNumbers numbers(static_cast<uint32_t>(i + 1), 0);
    ir::Tensor tensor(type.dtype, type.shape.at(test.batch));
    for (double& value : tensor.floats) value = numbers.next();
    inputs.push_back(std::move(tensor));
  }
  const Result<ir::Tensors> gradients = ir::Evaluator(program, test.batch, true).run(id, inputs);
  IR_CHECK(gradients.ok(), gradients.ok() ? "" : gradients.error().c_str());
  for (const ir::Tensor& tensor : *gradients) test.gradients.push_back(sampled(tensor));
}

}  // namespace

double multiplications(const ir::Program& program) { return multiplications(program, program.function(program.find("predict"))); }

std::optional<Selftest> record_selftest(const ir::Program& program, ir::FunctionId backward) {
  const ir::FunctionId id = program.find("predict");
  const ir::Function& predict = program.function(id);
  Selftest test;
  test.batch = fixed_batch(predict).value_or(2);
  test.calls = predict.updates.empty() ? 1 : 2;
  test.limit = limit_of(predict);
  const int64_t table = smallest_table(predict).value_or(0);
  // Fractions for floats; where the model takes them for ids, whole numbers that fit; in the end zeros.
  for (const int64_t below : {int64_t{0}, table, int64_t{2}, int64_t{1}}) {
    if (below == 0 && table != 0 && table == below) continue;
    test.inputs.clear();
    ir::Tensors inputs;
    for (size_t i = 0; i < predict.parameters.size(); ++i) {
      const ir::Type& type = predict.type(predict.parameters[i]);
      const int64_t ids = table > 0 ? table : 2;
      test.inputs.push_back(is_float(type.dtype) ? below : type.dtype == DType::boolean ? 2 : below == 0 ? ids : std::min(below, ids));
      SelftestNumbers numbers(static_cast<uint32_t>(i + 1), test.inputs.back());
      ir::Tensor tensor(type.dtype, type.shape.at(test.batch));
      for (double& value : tensor.floats) value = numbers.next();
      for (int64_t& value : tensor.integers) value = static_cast<int64_t>(numbers.next());
      inputs.push_back(std::move(tensor));
    }
    ir::Evaluator evaluator(program, test.batch, true);
    Result<ir::Tensors> outputs = evaluator.run(id, inputs);
    for (int call = 1; call < test.calls && outputs; ++call) outputs = evaluator.run(id, inputs);
    if (!outputs) continue;
    for (const ir::Tensor& tensor : *outputs) test.outputs.push_back(sampled(tensor));
    if (backward.valid()) record_gradients(program, backward, inputs, test);
    return test;
  }
  return std::nullopt;
}

}  // namespace keratin
