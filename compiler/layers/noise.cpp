// Layers that draw noise in training and are the identity in inference: AlphaDropout, GaussianDropout, GaussianNoise,
// SpatialDropout1D/2D/3D, StochasticDepth (of keras.applications).
#include <cmath>
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/noise.h"

namespace keratin {

namespace {

/// The shape by value: one that stands in the program moves while the key is built.
Val random(CallContext& ctx, ir::Random::Kind kind, Shape shape) {
  return ctx.b.add1(ir::Random::Attrs{kind, {DType::float32, shape}}, {random_key(ctx)});
}

/// The part that all have: the identity unless noise is drawn.
template <class A>
class Noise : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    amount_ = amount();
    if (amount_ < 0 || amount_ > limit()) config.fail(key(), fmt::format("{} is not between 0 and {}", amount_, limit()));
    configure_more(config);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensor tensor = only_tensor(ctx, inputs, rank());
    if (tensor.value.poisoned() || !draws_noise(ctx, inputs) || amount_ == 0) return {{tensor.value, {}}};
    return {{noisy(ctx, tensor.value), {}}};
  }

  bool passes_mask() const override { return true; }
  std::string describe() const override { return fmt::format("{}({}), the identity in inference", class_name, amount_); }

 protected:
  double amount() const {
    if constexpr (requires { arguments_.stddev; }) return arguments_.stddev;
    else if constexpr (requires { arguments_.drop_path_rate; }) return arguments_.drop_path_rate;
    else return arguments_.rate;
  }
  virtual const char* key() const { return "rate"; }
  virtual double limit() const { return 1; }
  virtual std::optional<int> rank() const { return std::nullopt; }
  virtual void configure_more(ConfigReader&) {}
  virtual Val noisy(CallContext& ctx, Val x) = 0;

  A arguments_;
  double amount_ = 0;
};

/// x + N(0, stddev).
class GaussianNoise : public Noise<layers::GaussianNoiseArguments> {
  const char* key() const override { return "stddev"; }
  double limit() const override { return HUGE_VAL; }
  Val noisy(CallContext& ctx, Val x) override {
    return x + ctx.b.cast(random(ctx, ir::Random::Kind::normal, x.shape()) * amount_, x.dtype());
  }
};

/// x * N(1, sqrt(rate / (1 - rate))) (Srivastava et al.).
class GaussianDropout : public Noise<layers::GaussianDropoutArguments> {
  void configure_more(ConfigReader& config) override {
    if (amount_ == 1) config.fail("rate", "1 gives an infinite deviation");
  }
  Val noisy(CallContext& ctx, Val x) override {
    return x * ctx.b.cast(random(ctx, ir::Random::Kind::normal, x.shape()) * std::sqrt(amount_ / (1 - amount_)) + 1.0, x.dtype());
  }
};

/// Keeps mean and variance of what selu gives (Klambauer et al.): dropped elements become selu's lower bound, then an affine map.
class AlphaDropout : public Noise<layers::AlphaDropoutArguments> {
  void configure_more(ConfigReader& config) override {
    if (amount_ == 1) config.fail("rate", "1 leaves nothing to rescale");
  }
  Val noisy(CallContext& ctx, Val x) override {
    ir::Builder& b = ctx.b;
    const std::optional<Shape> shape = noise_shape_for(ctx, x, arguments_.noise_shape);
    if (!shape) return {};
    const double bound = -1.0507009873554805 * 1.6732632423543772;
    const double slope = 1 / std::sqrt((1 - amount_) * (1 + amount_ * bound * bound));
    Val keep = b.compare(ir::Compare::Kind::ge, random(ctx, ir::Random::Kind::uniform, *shape), b.number(DType::float32, amount_));
    return b.select(b.broadcast(keep, x.shape()), x, b.number(x.dtype(), bound)) * slope + -slope * bound * amount_;
  }
};

/// Whole feature maps are dropped.
template <int kRank>
class SpatialDropout : public Noise<layers::SpatialDropoutArguments<kRank>> {
  std::optional<int> rank() const override { return kRank + 2; }
  void configure_more(ConfigReader& config) override {
    if constexpr (kRank > 1) channels_first_ = this->arguments_.data_format.channels_first();
    config.require("noise_shape", {});
  }
  Val noisy(CallContext& ctx, Val x) override {
    Shape shape = x.shape();
    for (int axis = 1; axis < x.rank(); ++axis)
      if (axis != (channels_first_ ? 1 : x.rank() - 1)) shape[axis] = Dim(1);
    return drop(ctx, x, this->amount_, shape);
  }
  bool channels_first_ = false;
};

/// Drops whole examples (Huang et al.).
class StochasticDepth : public Noise<layers::StochasticDepthArguments> {
  const char* key() const override { return "drop_path_rate"; }
  Val noisy(CallContext& ctx, Val x) override { return drop(ctx, x, amount_, ones_but(x.shape(), {0})); }
};

}  // namespace

#define KERATIN_NOISE(Name, ...)                                                                                  \
  const LayerDefinition& layer_##Name() {                                                                         \
    static const LayerDefinition definition{.name = #Name, .aliases = {}, .create = create_layer<__VA_ARGS__>};    \
    return definition;                                                                                            \
  }
KERATIN_NOISE(AlphaDropout, AlphaDropout)
KERATIN_NOISE(GaussianDropout, GaussianDropout)
KERATIN_NOISE(GaussianNoise, GaussianNoise)
KERATIN_NOISE(SpatialDropout1D, SpatialDropout<1>)
KERATIN_NOISE(SpatialDropout2D, SpatialDropout<2>)
KERATIN_NOISE(SpatialDropout3D, SpatialDropout<3>)
KERATIN_NOISE(StochasticDepth, StochasticDepth)
#undef KERATIN_NOISE

}  // namespace keratin
