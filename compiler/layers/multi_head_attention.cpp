// MultiHeadAttention (Vaswani et al.; keras.layers.MultiHeadAttention): projections to heads, scaled dot products, softmax over keys, projection back.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "compiler/activations/functions.h"
#include "compiler/layers/call_context.h"

namespace keratin {

namespace {

/// One of the layer's einsum projections: it owns kernel and bias.
class Projection : public Layer {
 public:
  Json kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer;
  bool use_bias = true;

  KTensors call(CallContext& ctx, const CallInputs&) override { return ctx.fail("is called by its attention layer only"); }

  /// Contracts the last `axes` axes of x with the kernel's first: [..., in] -> [..., out].
  Val project(CallContext& outer, Val x, int axes, const std::vector<Dim>& out) {
    if (x.poisoned()) return x;
    CallContext ctx(outer.expansion(), outer.b, *this, outer.path() + "/" + name);
    Shape kernel_shape;
    ir::Dot::Attrs attrs;
    for (int i = 0; i < axes; ++i) {
      kernel_shape.dims.push_back(x.dim(x.rank() - axes + i));
      attrs.left_contract.push_back(x.rank() - axes + i);
      attrs.right_contract.push_back(i);
    }
    kernel_shape.dims.insert(kernel_shape.dims.end(), out.begin(), out.end());
    const Val kernel = ctx.read(ctx.weight("kernel", kernel_shape, kernel_initializer, kernel_regularizer));
    const Val y = ctx.b.dot(x, kernel, attrs);
    return use_bias ? y + ctx.read(ctx.weight("bias", Shape(out), bias_initializer, bias_regularizer)) : y;
  }
};

class MultiHeadAttention : public Layer {
 public:
  void configure(ConfigReader& config) override {
    heads_ = config.required_integer("num_heads", 1);
    key_dim_ = config.required_integer("key_dim", 1);
    value_dim_ = config.integer("value_dim", key_dim_, 1);
    dropout_ = config.number("dropout", 0);
    output_shape_ = config.integers("output_shape");
    attention_axes_ = config.integers("attention_axes");
    sliding_window_ = config.optional_integer("sliding_window");
    const bool use_bias = config.boolean("use_bias", true);
    const bool use_gate = config.boolean("use_gate", false);
    config.ignore({"flash_attention", "seed", "kernel_constraint", "bias_constraint", "query_shape", "key_shape", "value_shape"});
    const auto add = [&](const char* attribute, const char* name) {
      auto made = std::make_shared<Projection>();
      made->name = name;
      made->class_name = "EinsumDense";
      made->version = version;
      made->dtype = dtype;
      made->trainable = trainable;
      made->use_bias = use_bias;
      made->kernel_initializer = config.raw("kernel_initializer");
      made->bias_initializer = config.raw("bias_initializer");
      made->kernel_regularizer = config.raw("kernel_regularizer");
      made->bias_regularizer = config.raw("bias_regularizer");
      children.push_back({attribute, made});
      return made.get();
    };
    query_ = add("query_dense", "query");
    key_ = add("key_dense", "key");
    if (use_gate) gate_ = add("gate_dense", "gate");
    value_ = add("value_dense", "value");
    output_ = add("output_dense", "attention_output");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    if (dropout_ != 0 && ctx.training()) return ctx.fail("dropout: attention dropout is not supported in training");
    const auto tensor = [&](size_t position, const char* name) -> std::optional<KTensor> {
      const CallValue* value = inputs.find(position, name);
      if (!value) return std::nullopt;
      const KTensors list = value->flatten();
      return list.empty() ? std::nullopt : std::optional(list[0]);
    };
    const std::optional<KTensor> query = tensor(0, "query"), value = tensor(1, "value");
    if (!query || !value) return ctx.fail("takes a query and a value");
    const KTensor key = tensor(2, "key").value_or(*value);
    const int rank = query->value.rank();
    if (rank < 3 || value->value.rank() != rank || key.value.rank() != rank)
      return ctx.fail(fmt::format("expected query, value and key of one ndim from 3 on, found {}, {} and {}", rank, value->value.rank(), key.value.rank()));
    std::vector<int> along;
    if (!read_axes(ctx, rank, along)) return KTensors(8);

    const Val q = heads_first(ctx, query_->project(ctx, query->value, 1, {heads_, key_dim_}), along);
    const Val k = heads_first(ctx, key_->project(ctx, key.value, 1, {heads_, key_dim_}), along);
    const Val v = heads_first(ctx, value_->project(ctx, value->value, 1, {heads_, value_dim_}), along);
    if (q.poisoned() || k.poisoned() || v.poisoned()) return KTensors(8);
    const Val mask = combined_mask(ctx, inputs, *query, *value, key, q, k, along);
    const bool wants_scores = flag(inputs, 7, "return_attention_scores");
    const auto [attended, scores] = attend(ctx, q, k, v, mask, wants_scores || dropout_ > 0 || rank != 3);
    Val heads = heads_back(ctx, attended, query->value, along);
    if (gate_) heads = heads * sigmoid(gate_->project(ctx, query->value, 1, {heads_, value_dim_}));
    std::vector<Dim> out;
    for (int64_t extent : output_shape_) out.push_back(extent);
    if (out.empty()) out.push_back(query->value.dim(-1));
    const Val y = output_->project(ctx, heads, 2, out);
    KTensors outputs = {{y, query->mask}};
    if (wants_scores) outputs.push_back({scores, {}});
    return outputs;
  }

  std::string describe() const override { return fmt::format("MultiHeadAttention({} heads of {})", heads_, key_dim_); }

 private:
  static bool flag(const CallInputs& inputs, size_t position, const char* name) {
    const CallValue* value = inputs.find(position, name);
    return value && value->constant() && value->constant()->is_bool() && value->constant()->as_bool();
  }

  bool read_axes(CallContext& ctx, int rank, std::vector<int>& along) const {
    for (int64_t axis : attention_axes_) {
      const std::optional<int> normal = ir::normalize_axis(axis, rank);
      if (!normal || *normal == 0 || *normal == rank - 1) return ctx.fail(fmt::format("attention_axes: {} is no axis between batch and features", axis)), false;
      along.push_back(*normal);
    }
    for (int axis = 1; attention_axes_.empty() && axis < rank - 1; ++axis) along.push_back(axis);
    std::sort(along.begin(), along.end());
    return true;
  }

  /// Axes of [batch, axes..., heads, dim] in the order batch, others, heads, along, dim.
  static std::vector<int> split_order(int rank, const std::vector<int>& along) {
    std::vector<int> order = {0};
    for (int axis = 1; axis < rank - 2; ++axis)
      if (std::find(along.begin(), along.end(), axis) == along.end()) order.push_back(axis);
    order.push_back(rank - 2);
    order.insert(order.end(), along.begin(), along.end());
    order.push_back(rank - 1);
    return order;
  }

  /// [batch, others, heads, steps, dim], the attended axes being one.
  static Val heads_first(CallContext& ctx, Val x, const std::vector<int>& along) {
    if (x.poisoned()) return x;
    Val turned = ctx.b.transpose(x, split_order(x.rank(), along));
    Shape shape;
    const int leading = turned.rank() - 1 - static_cast<int>(along.size());
    int64_t steps = 1;
    for (int axis = 0; axis < turned.rank() - 1; ++axis) {
      if (axis < leading) shape.dims.push_back(turned.dim(axis));
      else steps *= turned.dim(axis).size;
    }
    shape.dims.push_back(steps);
    shape.dims.push_back(turned.dim(-1));
    return ctx.b.reshape(turned, shape);
  }

  /// Back to [batch, axes..., heads, dim] with the query's axes.
  static Val heads_back(CallContext& ctx, Val x, Val query, const std::vector<int>& along) {
    if (x.poisoned()) return x;
    const int rank = query.rank() + 1;
    const std::vector<int> order = split_order(rank, along);
    Shape shape;
    for (int axis = 0; axis < rank; ++axis) {
      const int original = order[static_cast<size_t>(axis)];
      shape.dims.push_back(original == rank - 2 ? x.dim(-3) : original == rank - 1 ? x.dim(-1) : query.dim(original));
    }
    std::vector<int> inverse(order.size());
    for (size_t i = 0; i < order.size(); ++i) inverse[static_cast<size_t>(order[i])] = static_cast<int>(i);
    return ctx.b.transpose(ctx.b.reshape(x, shape), inverse);
  }

  /// All masks ANDed and broadcast to the scores; poisoned: none.
  Val combined_mask(CallContext& ctx, const CallInputs& inputs, const KTensor& query, const KTensor& value, const KTensor& key, Val q, Val k, const std::vector<int>& along) {
    ir::Builder& b = ctx.b;
    Shape scores = q.shape();
    scores[scores.rank() - 1] = k.dim(-2);
    Val all;
    const auto add = [&](Val mask) {
      if (mask.poisoned()) return;
      if (mask.dtype() != DType::boolean) mask = b.compare(ir::Compare::Kind::ne, mask, b.number(mask.dtype(), 0));
      mask = b.broadcast(mask, scores);
      all = all.poisoned() ? mask : b.binary(ir::Binary::Kind::logical_and, all, mask);
    };
    const auto argument = [&](size_t position, const char* name, Val implicit) {
      const CallValue* given = inputs.find(position, name);
      if (!given) return implicit;
      const KTensors list = given->flatten();
      return list.empty() ? Val() : list[0].value;
    };
    // A mask of steps [batch, steps] beside [batch, heads, queries, keys].
    const auto steps = [&](Val mask, bool of_queries) {
      if (mask.poisoned() || mask.rank() != 2) return Val();
      const Dim n = mask.dim(0), count = mask.dim(1);
      std::vector<Dim> dims(static_cast<size_t>(scores.rank()), Dim(1));
      dims[0] = n;
      dims[dims.size() - (of_queries ? 2 : 1)] = count;
      return b.reshape(mask, Shape(dims));
    };
    // Since 3.8 Keras overwrites the argument query_mask by the mask that the query carries.
    add(steps(ctx.version().at_least(3, 8) ? query.mask : argument(3, "query_mask", query.mask), true));
    add(steps(argument(4, "value_mask", value.mask), false));
    add(steps(argument(5, "key_mask", inputs.find(2, "key") ? key.mask : Val()), false));
    if (const Val given = argument(6, "attention_mask", Val()); !given.poisoned()) {
      if (along.size() > 1) return ctx.fail_value("attention_mask: over several attention axes is not supported");
      // [batch, others, queries, keys]: the heads' axis comes before the queries'; missing axes are 1.
      Val mask = given.rank() >= 3 ? b.expand_dims(given, -3) : given;
      while (!mask.poisoned() && mask.rank() < scores.rank()) mask = b.expand_dims(mask, given.rank() >= 3 ? 1 : 0);
      add(mask);
    }
    const Val row = b.iota({DType::int32, {q.dim(-2), k.dim(-2)}}, 0), column = b.iota({DType::int32, {q.dim(-2), k.dim(-2)}}, 1);
    if (flag(inputs, 9, "use_causal_mask")) add(b.compare(ir::Compare::Kind::ge, row, column));
    if (sliding_window_) add(less(abs(row - column), static_cast<double>(*sliding_window_)));
    return all;
  }

  /// softmax(q k^T / sqrt(key_dim)) v. Keras computes 4-dimensional heads by dot_product_attention, which replaces masked scores; other cases by a
  /// masked Softmax layer.
  std::pair<Val, Val> attend(CallContext& ctx, Val q, Val k, Val v, Val mask, bool by_softmax_layer) {
    ir::Builder& b = ctx.b;
    const double scale = 1 / std::sqrt(static_cast<double>(key_dim_));
    Val scores = b.matmul(by_softmax_layer ? q * scale : q, k, false, true);
    if (!by_softmax_layer) scores = scores * scale;
    if (mask.poisoned() || scores.poisoned()) return finish(ctx, softmax(scores, {-1}), v);
    const double far = scores.dtype() == DType::float16 ? -3e4 : by_softmax_layer || !ctx.version().keras3() ? -1e9 : -0.7 * 3.4028234663852886e38;
    if (!ctx.version().keras3()) return finish(ctx, softmax(scores + (1.0 - b.cast(mask, scores.dtype())) * far, {-1}), v);
    scores = softmax(b.select(mask, scores, b.number(scores.dtype(), far)), {-1});
    if (by_softmax_layer) scores = b.select(mask, scores, b.number(scores.dtype(), 0));
    return finish(ctx, scores, v);
  }

  static std::pair<Val, Val> finish(CallContext& ctx, Val weights, Val v) { return {ctx.b.matmul(weights, v), weights}; }

  int64_t heads_ = 1, key_dim_ = 1, value_dim_ = 1;
  double dropout_ = 0;
  std::vector<int64_t> output_shape_, attention_axes_;
  std::optional<int64_t> sliding_window_;
  Projection *query_ = nullptr, *key_ = nullptr, *value_ = nullptr, *gate_ = nullptr, *output_ = nullptr;
};

}  // namespace

const LayerDefinition& layer_MultiHeadAttention() {
  static const LayerDefinition definition{.name = "MultiHeadAttention", .aliases = {}, .create = create_layer<MultiHeadAttention>};
  return definition;
}

}  // namespace keratin
