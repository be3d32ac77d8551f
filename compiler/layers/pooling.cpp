// MaxPooling1D/2D/3D and AveragePooling1D/2D/3D (keras.layers): windows over the spatial axes; cells in the padding do not take part.
#include <fmt/format.h>

#include "compiler/layers/convolution.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/pooling.h"

namespace keratin {

namespace {

template <size_t kRank, bool kMax>
class Pooling : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if (!arguments_.strides.given()) arguments_.strides = arguments_.pool_size.values();
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    Val x = tensors[0].value;
    if (x.rank() != static_cast<int>(kRank) + 2)
      return ctx.fail(fmt::format("expected ndim={}, found ndim={}. Full shape received: {}", kRank + 2, x.rank(), ir::keras_shape(x.shape())));
    if (arguments_.data_format.channels_first()) x = to_channels_last(x);
    ir::Window window{kMax ? ir::Window::Kind::max : ir::Window::Kind::sum, {1}, {1}, {0}, {0}};
    const std::vector<int64_t>&size = arguments_.pool_size.values(), &strides = arguments_.strides.values();
    for (size_t i = 0; i < kRank; ++i) {
      const AxisPadding pads = axis_padding(arguments_.padding.value(), x.dim(static_cast<int>(i) + 1).size, size[i], strides[i], 1);
      window.size.push_back(size[i]);
      window.strides.push_back(strides[i]);
      window.pad_low.push_back(pads.low);
      window.pad_high.push_back(pads.high);
    }
    for (std::vector<int64_t>* list : {&window.size, &window.strides}) list->push_back(1);
    for (std::vector<int64_t>* list : {&window.pad_low, &window.pad_high}) list->push_back(0);
    const Val y = kMax ? ctx.b.window_reduce(x, window) : average(ctx, x, window);
    return {{arguments_.data_format.channels_first() ? to_channels_first(y) : y, {}}};
  }

  std::string describe() const override { return fmt::format("{}({})", class_name, joined_by_x(arguments_.pool_size.values())); }

 private:
  /// The sum over a window divided by how many of its cells lie inside the input: the sum over a window of ones.
  static Val average(CallContext& ctx, Val x, const ir::Window& window) {
    if (x.poisoned()) return x;
    const ir::Type type = x.type();
    const ir::FunctionId body = ctx.b.new_function("average_pool");
    ir::Builder inner(ctx.b.program(), body);
    inner.set_origin(ctx.b.origin());
    Shape ones = type.shape;
    ones[0] = Dim(1);
    ones[ones.rank() - 1] = Dim(1);
    const Val in = inner.parameter(type, "x");
    inner.output(inner.window_reduce(in, window) / inner.window_reduce(inner.full({type.dtype, ones}, 1), window), "y");
    for (const std::string& error : inner.take_errors()) return ctx.b.fail(error);
    return ctx.b.composite("average_pool", {}, body, {x})[0];
  }

  layers::PoolingArguments<kRank, kMax> arguments_;
};

}  // namespace

#define KERATIN_POOLING(Name, Alias, Rank, Max)                                                                                     \
  const LayerDefinition& layer_##Name() {                                                                                           \
    static const LayerDefinition definition{.name = #Name, .aliases = {#Alias}, .create = create_layer<Pooling<Rank, Max>>};         \
    return definition;                                                                                                              \
  }
KERATIN_POOLING(MaxPooling1D, MaxPool1D, 1, true)
KERATIN_POOLING(MaxPooling2D, MaxPool2D, 2, true)
KERATIN_POOLING(MaxPooling3D, MaxPool3D, 3, true)
KERATIN_POOLING(AveragePooling1D, AvgPool1D, 1, false)
KERATIN_POOLING(AveragePooling2D, AvgPool2D, 2, false)
KERATIN_POOLING(AveragePooling3D, AvgPool3D, 3, false)
#undef KERATIN_POOLING

}  // namespace keratin
