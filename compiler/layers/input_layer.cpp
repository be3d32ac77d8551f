#include "compiler/layers/input_layer.h"

#include <fmt/format.h>

#include "compiler/layers/call_context.h"

namespace keratin {

void InputLayer::configure(ConfigReader& config) {
  const Json& shape = config.has("batch_shape") ? config.raw("batch_shape") : config.raw("batch_input_shape");
  config.ignore({"batch_shape", "batch_input_shape", "input_tensor"});
  if (!shape.is_array()) {
    config.fail("batch_shape", "is missing");
    return;
  }
  int64_t product = 1;
  for (const Json& extent : shape.as_array()) {
    if (extent.is_null()) {
      batch_shape.push_back(std::nullopt);
      continue;
    }
    if (!extent.is_int() || extent.as_int() < 1) {
      config.fail("batch_shape", fmt::format("{} has a dimension that is not positive", shape.dump()));
      return;
    }
    batch_shape.push_back(extent.as_int());
    if (__builtin_mul_overflow(product, extent.as_int(), &product) || product > (int64_t{1} << 48)) {
      config.fail("batch_shape", fmt::format("{} has more elements than any machine can hold", shape.dump()));
      return;
    }
  }
  const Json& dtype_value = config.raw("dtype");
  std::string dtype_name = "float32";
  if (dtype_value.is_string()) dtype_name = dtype_value.as_string();
  else if (const Json* inner = dtype_value.find("config"); inner && inner->find("name") && inner->find("name")->is_string()) dtype_name = inner->find("name")->as_string();
  if (dtype_name.starts_with("mixed_")) dtype_name = "float32";
  const std::optional<DType> dtype = dtype_named(dtype_name);
  if (!dtype) {
    config.fail("dtype", fmt::format("'{}' is no dtype", dtype_name));
    return;
  }
  input_dtype = *dtype;
}

KTensors InputLayer::call(CallContext& ctx, const CallInputs& inputs) {
  KTensors tensors = inputs.tensors();
  if (tensors.size() != 1) return ctx.fail("is an input and reads no other layer");
  return tensors;
}

const LayerDefinition& layer_InputLayer() {
  static const LayerDefinition definition{.name = "InputLayer", .aliases = {}, .create = create_layer<InputLayer>};
  return definition;
}

}  // namespace keratin
