#include "compiler/training/optimizers/optimizer.h"

namespace keratin::optimizers {

namespace {

class Sgd : public Optimizer {
 public:
  explicit Sgd(TrainingArguments& a) : momentum_(a.number("momentum", 0, 0, 1)), nesterov_(a.flag("nesterov")) { learning_rate = 0.01; }

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const Val change = gradient * c.learning_rate;
    if (momentum_ == 0) return weight - change;
    const ir::VariableId slot = c.slot("momentum");
    const Val moved = c.read(slot) * momentum_ - change;
    c.set(slot, moved);
    return nesterov_ ? weight + (moved * momentum_ - change) : weight + moved;
  }

 private:
  double momentum_;
  bool nesterov_;
};

class RmsProp : public Optimizer {
 public:
  explicit RmsProp(TrainingArguments& a)
      : rho_(a.number("rho", 0.9)), momentum_(a.number("momentum", 0)), epsilon_(a.number("epsilon", 1e-7)), centered_(a.flag("centered")) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId squares = c.slot("velocity");
    const std::optional<ir::VariableId> moments = momentum_ > 0 ? std::optional(c.slot("momentum")) : std::nullopt;
    const Val velocity = c.read(squares) * rho_ + gradient * gradient * (1 - rho_);
    c.set(squares, velocity);
    Val scale = velocity + epsilon_;
    if (centered_) {
      const ir::VariableId means = c.slot("average_gradient");
      const Val mean = c.read(means) * rho_ + gradient * (1 - rho_);
      c.set(means, mean);
      scale = velocity - mean * mean + epsilon_;
    }
    const Val change = gradient * c.learning_rate / sqrt(scale);
    if (!moments) return weight - change;
    const Val moved = c.read(*moments) * momentum_ + change;
    c.set(*moments, moved);
    return weight - moved;
  }

 private:
  double rho_, momentum_, epsilon_;
  bool centered_;
};

/// Duchi and others, Adaptive Subgradient Methods, JMLR 2011.
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(TrainingArguments& a) : initial_(a.number("initial_accumulator_value", 0.1)), epsilon_(a.number("epsilon", 1e-7)) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId slot = c.slot("accumulator", initial_);
    const Val sum = c.read(slot) + gradient * gradient;
    c.set(slot, sum);
    return weight - gradient * c.learning_rate / sqrt(sum + epsilon_);
  }

 private:
  double initial_, epsilon_;
};

/// Zeiler, ADADELTA, arXiv 1212.5701.
class Adadelta : public Optimizer {
 public:
  explicit Adadelta(TrainingArguments& a) : rho_(a.number("rho", 0.95)), epsilon_(a.number("epsilon", 1e-7)) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId gradients = c.slot("accumulated_grad"), deltas = c.slot("accumulated_delta_var");
    const Val squares = c.read(gradients) * rho_ + gradient * gradient * (1 - rho_);
    const Val delta = -(sqrt(c.read(deltas) + epsilon_) * gradient / sqrt(squares + epsilon_));
    c.set(gradients, squares);
    c.set(deltas, c.read(deltas) * rho_ + delta * delta * (1 - rho_));
    return weight + delta * c.learning_rate;
  }

 private:
  double rho_, epsilon_;
};

/// McMahan and others, Ad Click Prediction: a View from the Trenches, KDD 2013.
class Ftrl : public Optimizer {
 public:
  explicit Ftrl(TrainingArguments& a)
      : power_(a.number("learning_rate_power", -0.5, -1e30, 0)), initial_(a.number("initial_accumulator_value", 0.1, 0, 1e30)),
        l1_(a.number("l1_regularization_strength", 0, 0, 1e30)), l2_(a.number("l2_regularization_strength", 0, 0, 1e30)),
        shrinkage_(a.number("l2_shrinkage_regularization_strength", 0, 0, 1e30)), beta_(a.number("beta", 0)) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId accumulator = c.slot("accumulator", initial_), linears = c.slot("linear");
    const auto power = [&](Val x) { return c.b.binary(ir::Binary::Kind::pow, x, c.b.number(x.dtype(), -power_)); };
    const Val old = c.read(accumulator), sum = old + gradient * gradient;
    const Val shrunk = gradient + weight * (2 * shrinkage_);
    const Val linear = c.read(linears) + (shrunk - (power(sum) - power(old)) / c.learning_rate * weight);
    const Val floor = c.once([&] { return (beta_ / (2.0 * c.learning_rate) + l2_) * 2.0; });
    const Val quadratic = power(sum) / c.learning_rate + floor;
    c.set(linears, linear);
    c.set(accumulator, sum);
    return (minimum(maximum(linear, -l1_), l1_) - linear) / quadratic;
  }

 private:
  double power_, initial_, l1_, l2_, shrinkage_, beta_;
};

/// Chen and others, Symbolic Discovery of Optimization Algorithms, arXiv 2302.06675.
class Lion : public Optimizer {
 public:
  explicit Lion(TrainingArguments& a) : beta_1_(a.number("beta_1", 0.9, 1e-30, 1)), beta_2_(a.number("beta_2", 0.99)) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const ir::VariableId slot = c.slot("momentum");
    const Val momentum = c.read(slot), direction = c.b.unary(ir::Unary::Kind::sign, momentum * beta_1_ + gradient * (1 - beta_1_));
    c.set(slot, momentum * beta_2_ + gradient * (1 - beta_2_));
    return weight - direction * c.learning_rate;
  }

 private:
  double beta_1_, beta_2_;
};

}  // namespace

Pointer sgd(TrainingArguments& a) { return std::make_shared<Sgd>(a); }
Pointer rmsprop(TrainingArguments& a) { return std::make_shared<RmsProp>(a); }
Pointer adagrad(TrainingArguments& a) { return std::make_shared<Adagrad>(a); }
Pointer adadelta(TrainingArguments& a) { return std::make_shared<Adadelta>(a); }
Pointer ftrl(TrainingArguments& a) { return std::make_shared<Ftrl>(a); }
Pointer lion(TrainingArguments& a) { return std::make_shared<Lion>(a); }

}  // namespace keratin::optimizers
