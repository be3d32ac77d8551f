// MultiHeadAttention (Vaswani et al.; keras.layers.MultiHeadAttention): projections to heads, scaled dot products, softmax over keys, projection back.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "compiler/activations/functions.h"
#include "compiler/layers/call_context.h"
#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/multi_head_attention.h"

namespace keratin {

namespace {

/// One of the layer's einsum projections: it owns kernel and bias.
class Projection : public Layer {
 public:
  Json kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer;
  bool use_bias = true;

  KTensors call(CallContext& ctx, const CallInputs&) override { return ctx.fail("is called by its attention layer only"); }

  /// Contracts the last `axes` axes of x with the kernel's first: [..., in] -> [..., out]. One matrix product with a bias for each column, as
  /// in Dense: the axes of heads are only a way to look at its rows.
  Val project(CallContext& outer, Val x, int axes, const std::vector<Dim>& out) {
    if (x.poisoned()) return x;
    CallContext ctx(outer.expansion(), outer.b, *this, outer.path() + "/" + name);
    Shape kernel_shape, rows, result;
    int64_t features = 1, columns = 1;
    for (int axis = 0; axis < x.rank() - axes; ++axis) rows.dims.push_back(x.dim(axis));
    for (int axis = x.rank() - axes; axis < x.rank(); ++axis) {
      if (!x.dim(axis).is_static()) return outer.fail_value(fmt::format("features of {} must be known", ir::keras_shape(x.shape())));
      kernel_shape.dims.push_back(x.dim(axis));
      features *= x.dim(axis).size;
    }
    result = rows;
    for (Dim extent : out) {
      kernel_shape.dims.push_back(extent);
      result.dims.push_back(extent);
      columns *= extent.size;
    }
    const Val kernel = ctx.read(ctx.weight("kernel", kernel_shape, kernel_initializer, kernel_regularizer));
    rows.dims.push_back(features);
    Val y = ctx.b.dense(ctx.b.reshape(x, rows), ctx.b.reshape(kernel, {features, columns}));
    if (use_bias) y = y + ctx.b.reshape(ctx.read(ctx.weight("bias", Shape(out), bias_initializer, bias_regularizer)), {columns});
    return ctx.b.reshape(y, result);
  }
};

class MultiHeadAttention : public Layer {
 public:
  bool takes_argument(std::string_view argument) const override {
    for (std::string_view own : {"key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores", "use_causal_mask"})
      if (argument == own) return true;
    return Layer::takes_argument(argument);
  }
  std::vector<std::string_view> build_arguments() const override { return {"query", "value", "key"}; }
  void configure(ConfigReader& config) override {
    layers::MultiHeadAttentionArguments a;
    read_arguments(config, a);
    heads_ = a.num_heads;
    key_dim_ = a.key_dim;
    value_dim_ = a.value_dim.value_or(key_dim_);
    if (value_dim_ < 1) config.fail("value_dim", fmt::format("{} is below 1", value_dim_));
    dropout_ = a.dropout;
    if (dropout_ < 0 || dropout_ > 1) config.fail("dropout", fmt::format("{} is not between 0 and 1", dropout_));
    output_shape_ = a.output_shape.values();
    attention_axes_ = a.attention_axes.values();
    sliding_window_ = a.sliding_window;
    config.ignore({"flash_attention", "query_shape", "key_shape", "value_shape"});
    const auto add = [&](const char* attribute, const char* name) {
      auto made = std::make_shared<Projection>();
      made->name = name;
      made->class_name = "EinsumDense";
      made->version = version;
      made->dtype = dtype;
      made->trainable = trainable;
      made->use_bias = a.use_bias;
      made->kernel_initializer = a.kernel_initializer.json();
      made->bias_initializer = a.bias_initializer.json();
      made->kernel_regularizer = a.kernel_regularizer.json();
      made->bias_regularizer = a.bias_regularizer.json();
      children.push_back({attribute, made});
      return made.get();
    };
    query_ = add("query_dense", "query");
    key_ = add("key_dense", "key");
    if (a.use_gate) gate_ = add("gate_dense", "gate");
    value_ = add("value_dense", "value");
    output_ = add("output_dense", "attention_output");
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
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

    const Val q = steps_merged(ctx, query_->project(ctx, query->value, 1, {heads_, key_dim_}), along);
    const Val k = steps_merged(ctx, key_->project(ctx, key.value, 1, {heads_, key_dim_}), along);
    const Val v = steps_merged(ctx, value_->project(ctx, value->value, 1, {heads_, value_dim_}), along);
    if (q.poisoned() || k.poisoned() || v.poisoned()) return KTensors(8);
    const Val mask = combined_mask(ctx, inputs, *query, *value, key, q, k, along);
    const bool wants_scores = flag(inputs, 7, "return_attention_scores"), causal = flag(inputs, 9, "use_causal_mask");
    const Attended how{causal, wants_scores || dropout_ > 0 || rank != 3, draws_noise(ctx, inputs) ? dropout_ : 0};
    const auto [attended, scores] = attend(ctx, q, k, v, mask, how);
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

  /// Axes of [batch, axes..., heads, dim] in the order batch, others, along, heads, dim.
  static std::vector<int> split_order(int rank, const std::vector<int>& along) {
    std::vector<int> order = {0};
    for (int axis = 1; axis < rank - 2; ++axis)
      if (std::find(along.begin(), along.end(), axis) == along.end()) order.push_back(axis);
    order.insert(order.end(), along.begin(), along.end());
    order.push_back(rank - 2);
    order.push_back(rank - 1);
    return order;
  }

  /// [batch, others, steps, heads, dim], the attended axes being one.
  static Val steps_merged(CallContext& ctx, Val x, const std::vector<int>& along) {
    if (x.poisoned()) return x;
    Val turned = ctx.b.transpose(x, split_order(x.rank(), along));
    Shape shape;
    const int end = turned.rank() - 2, begin = end - static_cast<int>(along.size());
    int64_t steps = 1;
    for (int axis = begin; axis < end; ++axis) steps *= turned.dim(axis).size;
    for (int axis = 0; axis < begin; ++axis) shape.dims.push_back(turned.dim(axis));
    shape.dims.insert(shape.dims.end(), {steps, turned.dim(-2), turned.dim(-1)});
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
      shape.dims.push_back(original >= rank - 2 ? x.dim(original - rank) : query.dim(original));
    }
    std::vector<int> inverse(order.size());
    for (size_t i = 0; i < order.size(); ++i) inverse[static_cast<size_t>(order[i])] = static_cast<int>(i);
    return ctx.b.transpose(ctx.b.reshape(x, shape), inverse);
  }

  /// All masks but the causal one ANDed and broadcast to the scores [batch, others, heads, queries, keys]; poisoned: none.
  Val combined_mask(CallContext& ctx, const CallInputs& inputs, const KTensor& query, const KTensor& value, const KTensor& key, Val q, Val k, const std::vector<int>& along) {
    ir::Builder& b = ctx.b;
    Shape scores = q.shape();
    const int last = scores.rank() - 1;
    scores[last - 2] = q.dim(-2);
    scores[last - 1] = q.dim(-3);
    scores[last] = k.dim(-3);
    Val all;
    const auto add = [&](Val mask) {
      if (mask.poisoned()) return;
      if (mask.dtype() != DType::boolean) mask = b.compare(ir::Compare::Kind::ne, mask, b.number(mask.dtype(), 0));
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
    if (sliding_window_) add(less(abs(row_number(b, scores) - column_number(b, scores)), static_cast<double>(*sliding_window_)));
    return all.poisoned() ? all : b.broadcast(all, scores);
  }

  /// Numbers of queries and keys, [queries, keys].
  static Val row_number(ir::Builder& b, const Shape& scores) { return b.iota({DType::int32, {scores[scores.rank() - 2], scores.back()}}, 0); }
  static Val column_number(ir::Builder& b, const Shape& scores) { return b.iota({DType::int32, {scores[scores.rank() - 2], scores.back()}}, 1); }

  /// Keras computes 4-dimensional heads by dot_product_attention, which replaces masked scores; other cases by a masked Softmax layer.
  struct Attended {
    bool causal, by_softmax_layer;
    double drop_rate;  // of the weights of the keys
  };

  /// softmax(q k^T / sqrt(key_dim)) v of heads [batch, others, steps, heads, dim], and the weights of the keys: one composite, which draws
  /// nothing. `mask` may be poisoned: none.
  std::pair<Val, Val> attend(CallContext& ctx, Val q, Val k, Val v, Val mask, const Attended& how) {
    const ScoreRule rule = score_rule(ctx, q.dtype(), how, !mask.poisoned());
    if (how.drop_rate > 0) {
      const Val weights = key_weights(ctx.b, q, k, mask, rule);
      if (weights.poisoned()) return {};
      return {weighted(ctx.b, drop(ctx, weights, how.drop_rate, weights.shape()), v), weights};
    }
    const ir::FunctionId body = ctx.b.new_function("attention");
    ir::Builder b(ctx.b.program(), body);
    b.set_origin(ctx.b.origin());
    Vals operands = {q, k, v};
    if (!mask.poisoned()) operands.push_back(mask);
    const Val inner_q = b.parameter(q.type(), "query"), inner_k = b.parameter(k.type(), "key"), inner_v = b.parameter(v.type(), "value");
    const Val weights = key_weights(b, inner_q, inner_k, mask.poisoned() ? mask : b.parameter(mask.type(), "mask"), rule);
    b.output(weighted(b, weights, inner_v), "y");
    b.output(weights, "weights");
    for (const std::string& error : b.take_errors()) return ctx.fail(error), std::pair<Val, Val>();
    const Vals outputs = ctx.b.composite("attention",
                                         {{"scale", rule.scale}, {"masked_score", rule.far}, {"add_masked_score", int64_t{rule.adds}}, {"zero_masked", int64_t{rule.zeroes}},
                                          {"causal", int64_t{how.causal}}, {"masked", int64_t{!mask.poisoned()}}},
                                         body, operands);
    return {outputs[0], outputs[1]};
  }

  /// How scores become weights; `far` is the score of what is masked.
  struct ScoreRule {
    double scale, far;
    bool causal, scales_query, adds, zeroes;
  };
  ScoreRule score_rule(CallContext& ctx, DType dtype, const Attended& how, bool masked) const {
    const bool adds = !ctx.version().keras3();
    const double far = dtype == DType::float16 ? -3e4 : how.by_softmax_layer || adds ? -1e9 : -0.7 * 3.4028234663852886e38;
    const bool zeroes = how.by_softmax_layer && !adds && (masked || how.causal);
    return {1 / std::sqrt(static_cast<double>(key_dim_)), far, how.causal, how.by_softmax_layer, adds, zeroes};
  }

  /// The last axes but one change places: [.., steps, heads, dim] and [.., heads, steps, dim].
  static Val heads_first(ir::Builder& b, Val x) {
    std::vector<int> turn(static_cast<size_t>(x.rank()));
    std::iota(turn.begin(), turn.end(), 0);
    std::swap(turn[turn.size() - 3], turn[turn.size() - 2]);
    return b.transpose(x, turn);
  }

  static Val key_weights(ir::Builder& b, Val q, Val k, Val seen, const ScoreRule& rule) {
    const Val qh = heads_first(b, q), kh = heads_first(b, k);
    Val scores = b.matmul(rule.scales_query ? qh * rule.scale : qh, kh, false, true);
    if (!rule.scales_query) scores = scores * rule.scale;
    if (rule.causal) {
      const Shape shape = scores.shape();
      const Val before = b.broadcast(b.compare(ir::Compare::Kind::ge, row_number(b, shape), column_number(b, shape)), shape);
      seen = seen.poisoned() ? before : b.binary(ir::Binary::Kind::logical_and, seen, before);
    }
    const DType dtype = scores.dtype();
    if (!seen.poisoned()) scores = rule.adds ? scores + (1.0 - b.cast(seen, dtype)) * rule.far : b.select(seen, scores, b.number(dtype, rule.far));
    const Val weights = softmax(scores, {-1});
    return rule.zeroes ? b.select(seen, weights, b.number(dtype, 0)) : weights;
  }

  static Val weighted(ir::Builder& b, Val weights, Val v) { return heads_first(b, b.matmul(weights, heads_first(b, v))); }

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
