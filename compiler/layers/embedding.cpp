// Embedding (keras.layers.Embedding): rows of a table by integer ids. Ids outside the table are errors of the call.
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/core.h"

namespace keratin {

namespace {

class Embedding : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    config.ignore({"input_length"});
    config.require("weights", {});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs).value;
    if (x.poisoned()) return {KTensor{}};
    ir::Builder& b = ctx.b;
    Val ids = x.dtype() == DType::int64 ? x : b.cast(x, DType::int32);  // floats are truncated
    const Json &initializer = arguments_.embeddings_initializer.json(), &regularizer = arguments_.embeddings_regularizer.json();
    Val table = ctx.read(ctx.weight("embeddings", {rows(), features()}, initializer, regularizer));
    Val mask = arguments_.mask_zero ? b.compare(ir::Compare::Kind::ne, x, b.number(x.dtype(), 0)) : Val();
    return {{b.gather(table, ids, 0), mask}};
  }

  bool autocasts() const override { return false; }
  std::string describe() const override { return fmt::format("Embedding({}, {})", rows(), features()); }

 private:
  int64_t rows() const { return arguments_.input_dim; }
  int64_t features() const { return arguments_.output_dim; }

  layers::EmbeddingArguments arguments_;
};

}  // namespace

const LayerDefinition& layer_Embedding() {
  static const LayerDefinition definition{.name = "Embedding", .aliases = {}, .create = create_layer<Embedding>};
  return definition;
}

}  // namespace keratin
