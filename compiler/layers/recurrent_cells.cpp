// SimpleRNN, LSTM (Hochreiter & Schmidhuber) and GRU (Cho et al.), as cells and as layers (keras.layers).
#include <algorithm>
#include <fmt/format.h>

#include "compiler/layers/random.h"
#include "compiler/layers/read_arguments.h"
#include "compiler/layers/rnn.h"
#include "keratin/layers/recurrent.h"
#include "keratin/layers/rnn.h"

namespace keratin {

namespace {

/// What the three cells share: kernel (features, gates * units), recurrent_kernel (units, gates * units), bias.
class GatedCell : public Cell {
 public:
  explicit GatedCell(int64_t gates) : gates_(gates) {}

  /// Reads the arguments of one of the three and keeps those that all have.
  template <class A>
  void read_cell(ConfigReader& config, A& a) {
    read_arguments(config, a);
    units_ = a.units;
    activation_ = read_activation(config, "activation", "tanh");
    use_bias_ = a.use_bias;
    initializers_ = {a.kernel_initializer.json(), a.recurrent_initializer.json(), a.bias_initializer.json()};
    regularizers_ = {a.kernel_regularizer.json(), a.recurrent_regularizer.json(), a.bias_regularizer.json()};
    dropout_ = std::clamp(a.dropout, 0.0, 1.0);
    recurrent_dropout_ = std::clamp(a.recurrent_dropout, 0.0, 1.0);
    implementation_ = recurrent_dropout_ != 0 ? 1 : config.integer("implementation", 2, 0);
    config.ignore({"implementation", "use_cudnn"});
  }

  int64_t output_size() const override { return units_; }
  std::vector<int64_t> state_sizes() const override { return {units_}; }
  int64_t units() const { return units_; }
  bool use_bias() const { return use_bias_; }
  const Activation& activation() const { return activation_; }

  Vals weights_for(CallContext& ctx, int64_t features) override {
    Vals weights = {ctx.read(ctx.weight("kernel", {features, gates_ * units_}, initializers_[0], regularizers_[0])),
                    ctx.read(ctx.weight("recurrent_kernel", {units_, gates_ * units_}, initializers_[1], regularizers_[1]))};
    if (use_bias_) weights.push_back(ctx.read(ctx.weight("bias", bias_shape(), initializers_[2], regularizers_[2])));
    return weights;
  }

  /// Masks of the input, then of the state: one each or, by implementation 1, one for each gate.
  Vals masks_for(CallContext& ctx, Dim batch, int64_t features) override {
    Vals masks;
    const auto draw = [&](double rate, int64_t extent) {
      if (!drops(rate)) return;
      for (int64_t i = 0; i < masks_each(); ++i) masks.push_back(drop(ctx, ctx.b.broadcast(ctx.b.number(ctx.compute(), 1), {batch, extent}), rate, {batch, extent}));
    };
    draw(dropout_, features);
    draw(recurrent_dropout_, units_);
    return masks;
  }

  /// The input's mask where it is the only one: dropping by it is no part of the steps.
  bool drops_whole_inputs_only() const { return drops(dropout_) && !drops(recurrent_dropout_) && masks_each() == 1; }

  Val project(CallContext& ctx, Val x, const Constants& constants) override {
    const Vals& weights = constants.weights;
    const Val y = !constants.masks.empty() && drops(dropout_) ? dropped_dense(ctx, x, weights[0], constants.masks.data(), gates_) : ctx.b.dense(x, weights[0]);
    return use_bias_ ? y + input_bias(ctx, weights[2]) : y;
  }

 protected:
  /// Keras's LSTM and GRU drop nothing at a rate of 1, where SimpleRNN drops all.
  virtual bool drops(double rate) const { return rate > 0 && rate < 1; }
  int64_t masks_each() const { return implementation_ == 1 ? gates_ : 1; }
  const Val* state_masks(const Constants& constants) const {
    if (constants.masks.empty() || !drops(recurrent_dropout_)) return nullptr;
    return constants.masks.data() + (drops(dropout_) ? masks_each() : 0);
  }
  /// h U for all gates.
  Val recur(CallContext& ctx, Val h, const Constants& constants) const {
    const Val* masks = state_masks(constants);
    return masks ? dropped_dense(ctx, h, constants.weights[1], masks, gates_) : ctx.b.dense(h, constants.weights[1]);
  }
  /// x, [n, features] or [n, steps, features], without what a mask drops, times the columns of each of the first gates.
  Val dropped_dense(CallContext& ctx, Val x, Val kernel, const Val* masks, int64_t gates) const {
    const auto dropped = [&](Val mask) { return x * (x.rank() == 3 ? ctx.b.expand_dims(mask, 1) : mask); };
    if (masks_each() == 1) return ctx.b.dense(dropped(masks[0]), kernel);
    Vals parts;
    for (int64_t i = 0; i < gates; ++i) parts.push_back(ctx.b.dense(dropped(masks[i]), ctx.b.slice(kernel, 1, i * units_, (i + 1) * units_)));
    return ctx.b.concatenate(parts, -1);
  }

  virtual Shape bias_shape() const { return {gates_ * units_}; }
  virtual Val input_bias(CallContext&, Val bias) const { return bias; }
  Val gate(Val z, int64_t index) const { return z.poisoned() ? z : z.builder().slice(z, -1, index * units_, (index + 1) * units_); }

  int64_t units_ = 1, gates_, implementation_ = 2;
  bool use_bias_ = true;
  double dropout_ = 0, recurrent_dropout_ = 0;
  Activation activation_;
  std::vector<Json> initializers_, regularizers_;
};

class SimpleRNNCell : public GatedCell {
 public:
  SimpleRNNCell() : GatedCell(1) {}
  void configure(ConfigReader& config) override {
    layers::SimpleRNNCellArguments arguments;
    read_cell(config, arguments);
  }
  Step step(CallContext& ctx, Val projected, const Vals& states, const Constants& constants) override {
    const Val h = apply(ctx, activation_, projected + recur(ctx, states[0], constants));
    return {h, {h}};
  }

 private:
  bool drops(double rate) const override { return rate > 0; }
};

/// Gates i, f, c, o: i, f, o = recurrent_activation(x W + h U + b); c' = f c + i activation(z_c); h = o activation(c').
class LSTMCell : public GatedCell {
 public:
  LSTMCell() : GatedCell(4) {}
  void configure(ConfigReader& config) override {
    layers::LSTMCellArguments arguments;
    read_cell(config, arguments);
    const bool modern = config.version().keras3() || config.version().tensorflow;
    recurrent_activation_ = read_activation(config, "recurrent_activation", modern ? "sigmoid" : "hard_sigmoid");
    if (arguments.unit_forget_bias) {
      Json inner, initializer;
      inner.set("bias_initializer", initializers_[2]);
      initializer.set("class_name", Json("UnitForgetBias"));
      initializer.set("config", std::move(inner));
      initializers_[2] = std::move(initializer);
    }
  }
  std::vector<int64_t> state_sizes() const override { return {units_, units_}; }
  const Activation& recurrent_activation() const { return recurrent_activation_; }
  Step step(CallContext& ctx, Val projected, const Vals& states, const Constants& constants) override {
    const Val z = projected + recur(ctx, states[0], constants);
    const Val i = apply(ctx, recurrent_activation_, gate(z, 0)), f = apply(ctx, recurrent_activation_, gate(z, 1)), o = apply(ctx, recurrent_activation_, gate(z, 3));
    const Val c = f * states[1] + i * apply(ctx, activation_, gate(z, 2));
    const Val h = o * apply(ctx, activation_, c);
    return {h, {h, c}};
  }

 private:
  Activation recurrent_activation_;
};

/// Gates z, r, h; h' = z h + (1 - z) hh. reset_after: hh = act(x W_h + r (h U_h + b'_h)), else act(x W_h + (r h) U_h).
class GRUCell : public GatedCell {
 public:
  GRUCell() : GatedCell(3) {}
  void configure(ConfigReader& config) override {
    const bool modern = config.version().keras3() || config.version().tensorflow;
    layers::GRUCellArguments arguments;
    arguments.reset_after = modern;
    read_cell(config, arguments);
    recurrent_activation_ = read_activation(config, "recurrent_activation", modern ? "sigmoid" : "hard_sigmoid");
    reset_after_ = arguments.reset_after;
  }
  const Activation& recurrent_activation() const { return recurrent_activation_; }
  bool reset_after() const { return reset_after_; }
  Step step(CallContext& ctx, Val projected, const Vals& states, const Constants& constants) override {
    ir::Builder& b = ctx.b;
    const Val h = states[0];
    Val z, r, candidate;
    if (reset_after_) {
      Val inner = recur(ctx, h, constants);
      if (use_bias_) inner = inner + b.reshape(b.slice(constants.weights[2], 0, 1, 2), {3 * units_});
      z = apply(ctx, recurrent_activation_, gate(projected, 0) + gate(inner, 0));
      r = apply(ctx, recurrent_activation_, gate(projected, 1) + gate(inner, 1));
      candidate = apply(ctx, activation_, gate(projected, 2) + r * gate(inner, 2));
    } else {
      const Val u = constants.weights[1], *masks = state_masks(constants);
      const Val inner = masks ? dropped_dense(ctx, h, u, masks, 2) : b.dense(h, b.slice(u, 1, 0, 2 * units_));
      z = apply(ctx, recurrent_activation_, gate(projected, 0) + gate(inner, 0));
      r = apply(ctx, recurrent_activation_, gate(projected, 1) + gate(inner, 1));
      candidate = apply(ctx, activation_, gate(projected, 2) + b.dense(r * (masks ? h * masks[2] : h), b.slice(u, 1, 2 * units_, 3 * units_)));
    }
    const Val next = z * h + (1 - z) * candidate;
    return {next, {next}};
  }

 protected:
  Shape bias_shape() const override { return reset_after_ ? Shape{2, 3 * units_} : Shape{3 * units_}; }
  Val input_bias(CallContext& ctx, Val bias) const override { return reset_after_ ? ctx.b.reshape(ctx.b.slice(bias, 0, 0, 1), {3 * units_}) : bias; }

 private:
  Activation recurrent_activation_;
  bool reset_after_ = true;
};

/// The name of an activation that has no arguments; empty: a kernel does not know it.
std::string plain_name(const Activation& activation) {
  const bool plain = !activation.layer && (activation.arguments.is_null() || (activation.arguments.is_object() && activation.arguments.as_object().empty()));
  return plain ? activation.name : std::string();
}

/// A layer that makes its own cell from its own config.
template <class C>
class CellLayer : public RnnLayer {
 public:
  void configure(ConfigReader& config) override {
    layers::RNNArguments given;  // the cell reads the others from the same config
    read_arguments(config, given);
    arguments = RnnArguments(given);
    auto made = std::make_shared<C>();
    made->class_name = cell_class();
    made->name = cell_name();
    made->version = version;
    made->dtype = dtype;
    made->trainable = trainable;
    made->configure(config);
    hold(std::move(made));
  }
  std::string describe() const override { return fmt::format("{}({})", class_name, own().units()); }

 protected:
  const C& own() const { return static_cast<const C&>(*children[0].layer); }
  /// Where all that is dropped are inputs, by one mask for all gates, the rest is the layer that kernels know.
  Val drop_inputs(Val x, Vals& masks) const override {
    if (masks.empty() || !own().drops_whole_inputs_only()) return x;
    const Val mask = masks[0];
    masks.clear();
    return x * x.builder().expand_dims(mask, 1);
  }
  std::string kind() const override {
    if constexpr (std::is_same_v<C, LSTMCell>) return "lstm";
    else if constexpr (std::is_same_v<C, GRUCell>) return "gru";
    else return "simple_rnn";
  }
  std::map<std::string, ir::Composite::Attribute> attributes() const override {
    std::map<std::string, ir::Composite::Attribute> list = {{"units", own().units()}, {"activation", plain_name(own().activation())}, {"use_bias", int64_t{own().use_bias()}}};
    if constexpr (!std::is_same_v<C, SimpleRNNCell>) list["recurrent_activation"] = plain_name(own().recurrent_activation());
    if constexpr (std::is_same_v<C, GRUCell>) list["reset_after"] = int64_t{own().reset_after()};
    list["keras2"] = int64_t{version.keras2()};  // hard_sigmoid has another slope there
    return list;
  }

 private:
  std::string cell_class() const { return kind() == "lstm" ? "LSTMCell" : kind() == "gru" ? "GRUCell" : "SimpleRNNCell"; }
  std::string cell_name() const { return kind() + "_cell"; }
};

}  // namespace

#define KERATIN_RECURRENT(Name, Class)                                                                          \
  const LayerDefinition& layer_##Name() {                                                                       \
    static const LayerDefinition definition{.name = #Name, .aliases = {}, .create = create_layer<Class>};       \
    return definition;                                                                                          \
  }
KERATIN_RECURRENT(GRU, CellLayer<GRUCell>)
KERATIN_RECURRENT(GRUCell, GRUCell)
KERATIN_RECURRENT(LSTM, CellLayer<LSTMCell>)
KERATIN_RECURRENT(LSTMCell, LSTMCell)
KERATIN_RECURRENT(SimpleRNN, CellLayer<SimpleRNNCell>)
KERATIN_RECURRENT(SimpleRNNCell, SimpleRNNCell)
#undef KERATIN_RECURRENT

}  // namespace keratin
