#include "operation_run.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keratin::test {

Json json(std::string_view text) {
  Result<Json> parsed = Json::parse(text);
  if (!parsed) FAIL(fmt::format("{}: {}", text, parsed.error()));
  return *parsed;
}

namespace {

ir::Program program_with_predict() {
  ir::Program program;
  program.functions.push_back({});
  program.functions.back().name = "predict";
  return program;
}

}  // namespace

OperationRun::OperationRun(std::string_view version)
    : program_(program_with_predict()), expansion_{program_, problems_, "model.keras", false, {}, 0, {}, {}, {}, {}}, builder_(program_, ir::FunctionId{0}), version_(KerasVersion::parse(version)) {}

CallValue OperationRun::input(std::vector<int64_t> shape, std::vector<double> values, DType dtype, bool open) {
  ir::Tensor tensor(dtype, shape);
  REQUIRE(static_cast<size_t>(tensor.count()) == values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_float(dtype)) tensor.floats[i] = values[i];
    else tensor.integers[i] = static_cast<int64_t>(values[i]);
  }
  ir::Type type{dtype, {}};
  for (int64_t extent : shape) type.shape.dims.push_back(extent);
  if (open) type.shape[0] = kBatch;
  inputs_.push_back(std::move(tensor));
  return {KTensor{builder_.parameter(type, fmt::format("x{}", inputs_.size())), {}}};
}

std::vector<CallValue> OperationRun::call(std::string_view class_name, const Json& config, std::vector<CallValue> args, CallValue::Dict kwargs) {
  const LayerDefinition* definition = find_layer(class_name);
  if (!definition) {
    problems_.add(fmt::format("{} is not known", class_name));
    return {};
  }
  ReadContext context{"model.keras", version_, problems_, {}};
  ConfigReader reader(config, "model.keras: node", context);
  layers_.push_back(definition->create());
  Layer& layer = *layers_.back();
  layer.name = "node";
  layer.class_name = std::string(class_name);
  layer.version = version_;
  layer.is_operation = class_name.ends_with(".op");
  reader.ignore({"name"});
  layer.configure(reader);
  reader.finish();
  if (reader.failed()) return {};
  std::vector<CallValue> outputs;
  for (const KTensor& tensor : call_layer(expansion_, builder_, layer, "node", {std::move(args), std::move(kwargs)})) outputs.push_back({tensor});
  return outputs;
}

ir::Tensor OperationRun::evaluate(const CallValue& value, int64_t batch) {
  INFO(problems());
  REQUIRE(value.tensor());
  REQUIRE_FALSE(value.tensor()->value.poisoned());
  program_.functions[0].outputs = {value.tensor()->value.id()};
  program_.functions[0].output_names = {"y"};
  ir::verify(program_);
  Result<ir::Tensors> results = ir::Evaluator(program_, batch).run(ir::FunctionId{0}, inputs_);
  if (!results) FAIL(results.error());
  return (*results)[0];
}

std::string OperationRun::problems() const { return fmt::format("{}", fmt::join(problems_.messages(), "\n")); }

namespace {

Json part(const ir::Tensor& tensor, size_t axis, int64_t& at) {
  if (axis == tensor.shape.size()) {
    const size_t i = static_cast<size_t>(at++);
    if (is_float(tensor.dtype)) return Json(tensor.floats[i]);
    return tensor.dtype == DType::boolean ? Json(tensor.integers[i] != 0) : Json(tensor.integers[i]);
  }
  Json::Array items;
  for (int64_t i = 0; i < tensor.shape[axis]; ++i) items.push_back(part(tensor, axis + 1, at));
  return Json(std::move(items));
}

}  // namespace

Json to_json(const ir::Tensor& tensor) {
  int64_t at = 0;
  return part(tensor, 0, at);
}

}  // namespace keratin::test
