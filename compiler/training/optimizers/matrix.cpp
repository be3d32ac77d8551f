// Optimizers that look at a weight as a matrix.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "compiler/training/optimizers/optimizer.h"

namespace keratin::optimizers {

namespace {

/// Shazeer and Stern, Adafactor, arXiv 1804.04235.
class Adafactor : public Optimizer {
 public:
  explicit Adafactor(TrainingArguments& a)
      : decay_(a.number("beta_2_decay", -0.8)), epsilon_1_(a.number("epsilon_1", 1e-30)), epsilon_2_(a.number("epsilon_2", 1e-3)), clip_(a.number("clip_threshold", 1)) {
    a.flag("relative_step", true);  // without effect in Keras: the rate is bounded by 1 / sqrt(step) either way
  }

  Val update(StepContext& c, Val weight, Val gradient) const override {
    ir::Builder& b = c.b;
    const auto rms = [&](Val x) { return sqrt(b.mean(x * x, {})); };
    const Val rate = maximum(rms(weight), epsilon_2_) * c.once([&] { return minimum(c.learning_rate, 1.0 / sqrt(c.step)); });
    const Val newest = c.once([&] { return b.binary(ir::Binary::Kind::pow, c.step, b.number(DType::float32, decay_)); }), beta = c.once([&] { return 1.0 - newest; });
    const Val squares = gradient * gradient + epsilon_1_;
    const auto averaged = [&](ir::VariableId slot, Val value) {
      const Val mean = c.read(slot) * beta + value * c.once([&] { return 1.0 - beta; });
      c.set(slot, mean);
      return mean;
    };
    Val velocity;
    if (weight.rank() >= 2) {
      ir::Shape rows = weight.shape(), columns = weight.shape();
      rows.dims.pop_back();
      columns.dims.erase(columns.dims.end() - 2);
      const ir::VariableId r = c.slot("r", rows), s = c.slot("c", columns), v = c.slot("velocity");
      const Val row = averaged(r, b.mean(squares, {-1})), column = averaged(s, b.mean(squares, {-2}));
      velocity = b.expand_dims(row / b.mean(row, {-1}, true), -1) * b.expand_dims(column, -2);
      c.set(v, velocity);
    } else {
      velocity = averaged(c.slot("velocity"), squares);
    }
    const Val change = gradient / sqrt(velocity);
    return weight - change / maximum(rms(change) / clip_, 1) * rate;
  }

 private:
  double decay_, epsilon_1_, epsilon_2_, clip_;
};

/// Jordan and others, Muon, 2024: orthogonalised momentum for matrices, Adam for the rest.
class Muon : public Optimizer {
 public:
  explicit Muon(TrainingArguments& a)
      : beta_1_(a.number("adam_beta_1", 0.9)), beta_2_(a.number("adam_beta_2", 0.999)), adam_decay_(a.optional_number("adam_weight_decay", 0.004)),
        epsilon_(a.number("epsilon", 1e-7)), a_(a.number("muon_a", 3.4445)), b_(a.number("muon_b", -4.775)), c_(a.number("muon_c", 2.0315)),
        adam_ratio_(a.number("adam_lr_ratio", 1)), momentum_(a.number("momentum", 0.95)), rms_rate_(a.optional_number("rms_rate", 0.2)),
        steps_(a.integer("ns_steps", 5, 0)), nesterov_(a.flag("nesterov", true)), exclude_embeddings_(a.flag("exclude_embeddings", true)) {
    for (const std::string& pattern : a.texts("exclude_layers")) {
      try {
        excluded_.emplace_back(pattern);
      } catch (const std::regex_error&) {
        a.refuse("exclude_layers", "regular expressions");
      }
    }
    weight_decay = 0.004;
  }

  std::optional<double> decay_of(const ir::Variable& weight) const override { return uses_adam(weight) ? adam_decay_ : weight_decay; }

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId means = c.slot("momentum");
    const Val old = c.read(means);
    if (uses_adam(*c.weight)) {
      const ir::VariableId squares = c.slot("velocity");
      const Val mean = old + (gradient - old) * (1 - beta_1_), old_square = c.read(squares);
      const Val square = old_square + (gradient * gradient - old_square) * (1 - beta_2_);
      c.set(means, mean);
      c.set(squares, square);
      const Val rate = c.once([&] { return c.learning_rate * adam_ratio_ * sqrt(1.0 - c.power(beta_2_)) / (1.0 - c.power(beta_1_)); });
      return weight - mean * rate / (sqrt(square) + epsilon_);
    }
    const Val mean = old + (gradient + old * (momentum_ - 1));
    c.set(means, mean);
    const Val change = orthogonal(nesterov_ ? gradient + mean * momentum_ : mean) * c.learning_rate;
    const double side = static_cast<double>(std::max(weight.dim(0).size, weight.dim(1).size));
    return weight - (rms_rate_ ? change * (std::sqrt(side) * *rms_rate_) : change);
  }

 private:
  bool uses_adam(const ir::Variable& weight) const {
    if (weight.type.shape.rank() != 2) return true;
    std::string lower = weight.name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char x) { return static_cast<char>(std::tolower(x)); });
    if (exclude_embeddings_ && lower.find("embedding") != std::string::npos) return true;
    return std::any_of(excluded_.begin(), excluded_.end(), [&](const std::regex& pattern) { return std::regex_search(weight.name, pattern); });
  }

  /// The nearest matrix with equal singular values, by Newton-Schulz iteration of fifth order.
  Val orthogonal(Val x) const {
    ir::Builder& b = x.builder();
    const bool tall = x.dim(0).size > x.dim(1).size;
    if (tall) x = b.transpose(x, {1, 0});
    x = x / (sqrt(b.sum(x * x, {})) + 1e-7);
    for (int64_t i = 0; i < steps_; ++i) {
      const Val gram = b.matmul(x, x, false, true);
      x = x * a_ + b.matmul(gram * b_ + b.matmul(gram * c_, gram), x);
    }
    return tall ? b.transpose(x, {1, 0}) : x;
  }

  double beta_1_, beta_2_;
  std::optional<double> adam_decay_;
  double epsilon_, a_, b_, c_, adam_ratio_, momentum_;
  std::optional<double> rms_rate_;
  int64_t steps_;
  bool nesterov_, exclude_embeddings_;
  std::vector<std::regex> excluded_;
};

}  // namespace

Pointer adafactor(TrainingArguments& a) { return std::make_shared<Adafactor>(a); }
Pointer muon(TrainingArguments& a) { return std::make_shared<Muon>(a); }

}  // namespace keratin::optimizers
