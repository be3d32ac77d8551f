#include "compiler/training/optimizers/optimizer.h"

namespace keratin::optimizers {

namespace {

/// What Adam and its kin have in common: means of gradients and of their squares.
class Moments : public Optimizer {
 public:
  explicit Moments(TrainingArguments& a, double epsilon = 1e-7) : beta_1_(a.number("beta_1", 0.9)), beta_2_(a.number("beta_2", 0.999)), epsilon_(a.number("epsilon", epsilon)) {}

 protected:
  static Val moved(StepContext& c, ir::VariableId slot, Val towards, double beta) {
    const Val old = c.read(slot), mean = old + (towards - old) * (1 - beta);
    c.set(slot, mean);
    return mean;
  }
  /// 1 - beta ^ step, by which a mean that began as 0 falls short.
  static Val share(StepContext& c, double beta) {
    return c.once([&] { return 1.0 - c.power(beta); });
  }
  double beta_1_, beta_2_, epsilon_;
};

/// Kingma and Ba, Adam, arXiv 1412.6980; amsgrad: Reddi and others, ICLR 2018.
class Adam : public Moments {
 public:
  explicit Adam(TrainingArguments& a) : Moments(a), amsgrad_(a.flag("amsgrad")) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const Val rate = c.once([&] { return c.learning_rate * sqrt(1.0 - c.power(beta_2_)) / (1.0 - c.power(beta_1_)); });
    const ir::VariableId means = c.slot("momentum"), squares = c.slot("velocity");
    const Val mean = moved(c, means, gradient, beta_1_);
    Val square = moved(c, squares, gradient * gradient, beta_2_);
    if (amsgrad_) {
      const ir::VariableId largest = c.slot("velocity_hat");
      square = maximum(c.read(largest), square);
      c.set(largest, square);
    }
    return weight - (mean * rate) / (sqrt(square) + epsilon_);
  }

 private:
  bool amsgrad_;
};

class Adamax : public Moments {
 public:
  using Moments::Moments;
  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId means = c.slot("momentum"), norms = c.slot("norm");
    const Val mean = moved(c, means, gradient, beta_1_);
    const Val norm = maximum(c.read(norms) * beta_2_, abs(gradient));
    c.set(norms, norm);
    return weight - mean * c.learning_rate / ((norm + epsilon_) * share(c, beta_1_));
  }
};

/// Dozat, Incorporating Nesterov Momentum into Adam, 2015.
class Nadam : public Moments {
 public:
  using Moments::Moments;
  void begin(StepContext& c) const override {
    const ir::VariableId product = c.variable("u_product", {DType::float32, {}}, ir::Role::slot, 1);
    c.shared = c.read(product) * momentum_at(c, 0);
    c.set(product, c.shared);
  }
  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId means = c.slot("momentum"), squares = c.slot("velocity");
    const Val now = momentum_at(c, 0), next = momentum_at(c, 1);
    const Val mean = moved(c, means, gradient, beta_1_), square = moved(c, squares, gradient * gradient, beta_2_);
    const Val later = c.once([&] { return 1.0 - c.shared * next; }), rest = c.once([&] { return 1.0 - now; }), sooner = c.once([&] { return 1.0 - c.shared; });
    const Val mean_hat = mean * next / later + gradient * rest / sooner;
    return weight - mean_hat * c.learning_rate / (sqrt(square / share(c, beta_2_)) + epsilon_);
  }

 private:
  Val momentum_at(StepContext& c, double later) const {
    return c.once([&] { return (1.0 - 0.5 * c.b.binary(ir::Binary::Kind::pow, c.b.number(DType::float32, 0.96), c.step + later)) * beta_1_; });
  }
};

/// You and others, Large Batch Optimization for Deep Learning, arXiv 1904.00962.
class Lamb : public Moments {
 public:
  using Moments::Moments;
  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId means = c.slot("momentum"), squares = c.slot("velocity");
    const Val mean = moved(c, means, gradient, beta_1_), square = moved(c, squares, gradient * gradient, beta_2_);
    const Val change = mean / share(c, beta_1_) / (sqrt(square / share(c, beta_2_)) + epsilon_);
    const Val length = sqrt(c.b.sum(weight * weight, {})), step = sqrt(c.b.sum(change * change, {}));
    const Val one = c.b.number(DType::float32, 1);
    const Val both = c.b.binary(ir::Binary::Kind::logical_and, greater(length, 0), greater(step, 0));
    const Val ratio = c.b.select(both, length / c.b.select(both, step, one), one);
    return weight - change * (ratio * c.learning_rate);
  }
};

/// Defazio and others, The Road Less Scheduled, arXiv 2405.15682. `momentum` is the sequence z; the weight holds y.
class ScheduleFreeAdamW : public Moments {
 public:
  explicit ScheduleFreeAdamW(TrainingArguments& a) : Moments(a, 1e-8), warmup_(a.number("warmup_steps", 0, 0, 1e30)) { learning_rate = 0.0025; }

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId z = c.copy_slot("momentum"), squares = c.slot("velocity");
    const Val rate = c.once([&] { return warmup_ > 0 ? c.learning_rate * minimum(c.step / warmup_, 1) : c.learning_rate; });
    const Val square = moved(c, squares, gradient * gradient, beta_2_), old = c.read(z);
    const Val now = old - gradient * rate / (sqrt(square / share(c, beta_2_)) + epsilon_);
    c.set(z, now);
    const Val newest = c.once([&] { return 1.0 / c.step; }), rest = c.once([&] { return 1.0 - newest; });
    const Val average = (weight - old * (1 - beta_1_)) / beta_1_;
    return now * (1 - beta_1_) + (average * rest + now * newest) * beta_1_;
  }

 private:
  double warmup_;
};

}  // namespace

Pointer adam(TrainingArguments& a) { return std::make_shared<Adam>(a); }
Pointer adamw(TrainingArguments& a) {
  auto optimizer = std::make_shared<Adam>(a);
  optimizer->weight_decay = 0.004;
  return optimizer;
}
Pointer adamax(TrainingArguments& a) { return std::make_shared<Adamax>(a); }
Pointer nadam(TrainingArguments& a) { return std::make_shared<Nadam>(a); }
Pointer lamb(TrainingArguments& a) { return std::make_shared<Lamb>(a); }
Pointer schedule_free_adamw(TrainingArguments& a) { return std::make_shared<ScheduleFreeAdamW>(a); }

}  // namespace keratin::optimizers
