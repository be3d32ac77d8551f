// Embedding (keras.layers.Embedding): rows of a table by integer ids. Ids outside the table are errors of the call.
#include <fmt/format.h>

#include "compiler/layers/checks.h"

namespace keratin {

namespace {

class Embedding : public Layer {
 public:
  void configure(ConfigReader& config) override {
    input_dim_ = config.required_integer("input_dim", 1);
    output_dim_ = config.required_integer("output_dim", 1);
    mask_zero_ = config.boolean("mask_zero", false);
    initializer_ = config.raw("embeddings_initializer");
    regularizer_ = config.raw("embeddings_regularizer");
    config.ignore({"embeddings_constraint", "input_length"});
    config.require("weights", {});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    Val ids = x.dtype() == DType::int64 ? x : b.cast(x, DType::int32);  // floats are truncated
    Val table = ctx.read(ctx.weight("embeddings", {input_dim_, output_dim_}, initializer_, regularizer_));
    Val mask = mask_zero_ ? b.compare(ir::Compare::Kind::ne, x, b.number(x.dtype(), 0)) : Val();
    return {{b.gather(table, ids, 0), mask}};
  }

  bool autocasts() const override { return false; }
  std::string describe() const override { return fmt::format("Embedding({}, {})", input_dim_, output_dim_); }

 private:
  int64_t input_dim_ = 1, output_dim_ = 1;
  bool mask_zero_ = false;
  Json initializer_, regularizer_;
};

}  // namespace

const LayerDefinition& layer_Embedding() {
  static const LayerDefinition definition{.name = "Embedding", .aliases = {}, .create = create_layer<Embedding>};
  return definition;
}

}  // namespace keratin
