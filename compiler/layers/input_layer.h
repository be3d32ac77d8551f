// InputLayer: a model's input with its declared shape.
#pragma once

#include "compiler/layers/layer.h"

namespace keratin {

class InputLayer : public Layer {
 public:
  void configure(ConfigReader& config) override;
  /// Identity: the model gives its input in place of an argument.
  KTensors call(CallContext& ctx, const CallInputs& inputs) override;
  bool passes_mask() const override { return true; }
  bool autocasts() const override { return false; }

  std::vector<std::optional<int64_t>> batch_shape;  // batch first; nullopt: open
  DType input_dtype = DType::float32;
};

}  // namespace keratin
