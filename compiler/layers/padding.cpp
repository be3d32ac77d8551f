// ZeroPadding1D/2D/3D and Cropping1D/2D/3D (keras.layers).
#include <fmt/format.h>

#include "compiler/layers/checks.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/padding.h"

namespace keratin {

namespace {

using Pair = std::pair<int64_t, int64_t>;

/// One number for all sides, one per axis for both of its sides, or a pair per axis; of a single axis a pair.
std::vector<Pair> read_sides(ConfigReader& config, std::string_view key, size_t rank) {
  const Json& value = config.raw(key);
  std::vector<Pair> sides(rank);
  const auto number = [&](const Json& item) -> int64_t {
    if (item.is_int() && item.as_int() >= 0) return item.as_int();
    config.fail(key, fmt::format("{} is not an integer of at least 0", item.dump()));
    return 0;
  };
  if (value.is_int()) {
    sides.assign(rank, {number(value), number(value)});
  } else if (value.is_array() && rank == 1 && value.as_array().size() == 2) {
    sides[0] = {number(value.as_array()[0]), number(value.as_array()[1])};
  } else if (value.is_array() && value.as_array().size() == rank) {
    for (size_t i = 0; i < rank; ++i) {
      const Json& item = value.as_array()[i];
      if (item.is_array() && item.as_array().size() == 2) sides[i] = {number(item.as_array()[0]), number(item.as_array()[1])};
      else sides[i] = {number(item), number(item)};
    }
  } else {
    config.fail(key, fmt::format("{} is neither a number nor a pair for each of {} axes", value.dump(), rank));
  }
  return sides;
}

std::string shown(const std::vector<Pair>& sides) {
  std::string text;
  for (const Pair& side : sides) text += fmt::format("{}({}, {})", text.empty() ? "" : ", ", side.first, side.second);
  return sides.size() == 1 ? text : "(" + text + ")";
}

}  // namespace

// In the namespace of ConfigReader, where read_arguments looks for it.
template <size_t kRank>
static void read_field(ConfigReader& config, const char* key, layers::Sides<kRank>& field) {
  if (!config.raw(key).is_null()) field = layers::Sides<kRank>(read_sides(config, key, kRank));
}

namespace {

template <size_t kRank>
class ZeroPadding : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    std::vector<Dim> low(kRank + 2), high(kRank + 2);
    for (size_t i = 0; i < kRank; ++i) {
      const size_t axis = i + (arguments_.data_format.channels_first() ? 2 : 1);
      std::tie(low[axis], high[axis]) = arguments_.padding.pairs()[i];
    }
    return {{ctx.b.pad(x, low, high), {}}};
  }

  std::string describe() const override { return fmt::format("{}({})", class_name, shown(arguments_.padding.pairs())); }

 private:
  layers::ZeroPaddingArguments<kRank> arguments_;
};

template <size_t kRank>
class Cropping : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    if constexpr (kRank > 1) channels_first_ = arguments_.data_format.channels_first();
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    Val x = only_tensor(ctx, inputs, static_cast<int>(kRank) + 2).value;
    if (x.poisoned()) return {KTensor{}};
    const Shape shape = x.shape();
    for (size_t i = 0; i < kRank; ++i) {
      const int axis = static_cast<int>(i) + (channels_first_ ? 2 : 1);
      const auto [low, high] = arguments_.cropping.pairs()[i];
      if (shape[axis].at(1) <= low + high)
        return ctx.fail(fmt::format("cropping must be smaller than the input. Received: input shape {} and cropping {}",
                                    ir::keras_shape(shape), shown(arguments_.cropping.pairs())));
      x = ctx.b.slice(x, axis, low, shape[axis] - Dim(high));
    }
    return {{x, {}}};
  }

  std::string describe() const override { return fmt::format("{}({})", class_name, shown(arguments_.cropping.pairs())); }

 private:
  layers::CroppingArguments<kRank> arguments_;
  bool channels_first_ = false;
};

}  // namespace

#define KERATIN_PADDING(Name, ...)                                                                               \
  const LayerDefinition& layer_##Name() {                                                                        \
    static const LayerDefinition definition{.name = #Name, .aliases = {}, .create = create_layer<__VA_ARGS__>};   \
    return definition;                                                                                           \
  }
KERATIN_PADDING(Cropping1D, Cropping<1>)
KERATIN_PADDING(Cropping2D, Cropping<2>)
KERATIN_PADDING(Cropping3D, Cropping<3>)
KERATIN_PADDING(ZeroPadding1D, ZeroPadding<1>)
KERATIN_PADDING(ZeroPadding2D, ZeroPadding<2>)
KERATIN_PADDING(ZeroPadding3D, ZeroPadding<3>)
#undef KERATIN_PADDING

}  // namespace keratin
