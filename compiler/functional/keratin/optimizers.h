// The optimizers of keras.optimizers as structs of their arguments, in Keras's order; and its learning rate schedules.
#pragma once

#include "keratin/arguments.h"

namespace keratin::functional {

/// A learning rate: a number or a schedule.
class LearningRate : public Serialized {
 public:
  using Serialized::Serialized;
  LearningRate(double rate) : Serialized(Json(rate)) {}
};
Json encode(const LearningRate& value);

/// What compile() takes: a name (`adam`), one of the structs below, or a serialized object (a MultiOptimizer).
class Optimizer : public Serialized {
 public:
  using Serialized::Serialized;
  template <class T>
    requires requires { T::kOptimizer; }
  Optimizer(const T& arguments) : Serialized(object_of("keras.optimizers", T::kOptimizer, named(T::kOptimizer, fields_of(arguments)))) {}

 private:
  /// An empty name becomes the class's.
  static Json named(const char* class_name, Json config);
};
/// As an object: ValueError for a name that no optimizer has.
Json encode(const Optimizer& value);

}  // namespace keratin::functional

namespace keratin::optimizers {

using functional::LearningRate;

/// What all optimizers have.
#define KERATIN_COMMON_ARGUMENTS                         \
  std::optional<double> clipnorm{}, clipvalue{}, global_clipnorm{}; \
  bool use_ema = false;                                  \
  double ema_momentum = 0.99;                            \
  std::optional<int64_t> ema_overwrite_frequency{};      \
  std::optional<double> loss_scale_factor{};             \
  std::optional<int64_t> gradient_accumulation_steps{};
/// Lists the fields of an optimizer: its own and those that all have.
#define KERATIN_OPTIMIZER_FIELDS(Name, ...)                                                                                                            \
  static constexpr const char* kOptimizer = #Name;                                                                                                    \
  KERATIN_FIELDS(name, __VA_ARGS__, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor, \
                 gradient_accumulation_steps)
/// Ends the struct of an optimizer whose own arguments come first.
#define KERATIN_OPTIMIZER(Name, ...) \
  KERATIN_COMMON_ARGUMENTS           \
  std::string name{};                \
  KERATIN_OPTIMIZER_FIELDS(Name, __VA_ARGS__)

struct SGD {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(SGD, learning_rate, momentum, nesterov)
};
struct RMSprop {
  LearningRate learning_rate = 0.001;
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(RMSprop, learning_rate, rho, momentum, epsilon, centered)
};
struct Adam {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Adam, learning_rate, beta_1, beta_2, epsilon, amsgrad)
};
struct AdamW {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  KERATIN_OPTIMIZER(AdamW, learning_rate, beta_1, beta_2, epsilon, amsgrad)
};
struct Adadelta {
  LearningRate learning_rate = 0.001;
  double rho = 0.95, epsilon = 1e-7;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Adadelta, learning_rate, rho, epsilon)
};
struct Adagrad {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1, epsilon = 1e-7;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Adagrad, learning_rate, initial_accumulator_value, epsilon)
};
struct Adamax {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Adamax, learning_rate, beta_1, beta_2, epsilon)
};
struct Adafactor {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8, epsilon_1 = 1e-30, epsilon_2 = 1e-3, clip_threshold = 1;
  bool relative_step = true;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Adafactor, learning_rate, beta_2_decay, epsilon_1, epsilon_2, clip_threshold, relative_step)
};
struct Nadam {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Nadam, learning_rate, beta_1, beta_2, epsilon)
};
struct Ftrl {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5, initial_accumulator_value = 0.1;
  double l1_regularization_strength = 0, l2_regularization_strength = 0, l2_shrinkage_regularization_strength = 0, beta = 0;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Ftrl, learning_rate, learning_rate_power, initial_accumulator_value, l1_regularization_strength, l2_regularization_strength,
                    l2_shrinkage_regularization_strength, beta)
};
struct Lion {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.99;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Lion, learning_rate, beta_1, beta_2)
};
struct Lamb {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  std::optional<double> weight_decay{};
  KERATIN_OPTIMIZER(Lamb, learning_rate, beta_1, beta_2, epsilon)
};
struct Muon {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9, adam_beta_2 = 0.999;
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004;
  KERATIN_COMMON_ARGUMENTS
  std::string name{};
  std::vector<std::string> exclude_layers{};
  bool exclude_embeddings = true;
  double muon_a = 3.4445, muon_b = -4.775, muon_c = 2.0315, adam_lr_ratio = 1, momentum = 0.95;
  int64_t ns_steps = 5;
  bool nesterov = true;
  std::optional<double> rms_rate = 0.2;
  KERATIN_OPTIMIZER_FIELDS(Muon, learning_rate, adam_beta_1, adam_beta_2, adam_weight_decay, epsilon, exclude_layers, exclude_embeddings, muon_a, muon_b, muon_c, adam_lr_ratio,
                           momentum, ns_steps, nesterov, rms_rate)
};
struct ScheduleFreeAdamW {
  LearningRate learning_rate = 0.0025;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8;
  int64_t warmup_steps = 0;
  std::optional<double> weight_decay{};
  KERATIN_COMMON_ARGUMENTS
  std::string name = "schedule_free_adam_w";
  KERATIN_OPTIMIZER_FIELDS(ScheduleFreeAdamW, learning_rate, beta_1, beta_2, epsilon, warmup_steps)
};
#undef KERATIN_OPTIMIZER
#undef KERATIN_OPTIMIZER_FIELDS
#undef KERATIN_COMMON_ARGUMENTS

/// Scales the loss of another optimizer by a factor that grows until gradients overflow.
struct LossScaleOptimizer {
  functional::Optimizer inner_optimizer{};
  double initial_scale = 32768;
  int64_t dynamic_growth_steps = 2000;
  std::string name = "loss_scale_optimizer";
  static constexpr const char* kOptimizer = "LossScaleOptimizer";
  KERATIN_FIELDS(name, inner_optimizer, initial_scale, dynamic_growth_steps)
};

namespace schedules {

/// A schedule as a learning rate.
#define KERATIN_SCHEDULE(Name, ...)                                                                                                    \
  operator LearningRate() const { return functional::object_of("keras.optimizers.schedules", #Name, functional::fields_of(*this)); } \
  KERATIN_FIELDS(__VA_ARGS__)

#define KERATIN_RATE_DECAY(Name)                                                                                \
  struct Name {                                                                                                 \
    double initial_learning_rate = 0;                                                                           \
    int64_t decay_steps = 0;                                                                                    \
    double decay_rate = 0;                                                                                      \
    bool staircase = false;                                                                                     \
    std::string name = #Name;                                                                                   \
    KERATIN_SCHEDULE(Name, initial_learning_rate, decay_steps, decay_rate, staircase, name)                     \
  };
KERATIN_RATE_DECAY(ExponentialDecay)
KERATIN_RATE_DECAY(InverseTimeDecay)
#undef KERATIN_RATE_DECAY
struct PolynomialDecay {
  double initial_learning_rate = 0;
  int64_t decay_steps = 0;
  double end_learning_rate = 0.0001, power = 1;
  bool cycle = false;
  std::string name = "PolynomialDecay";
  KERATIN_SCHEDULE(PolynomialDecay, initial_learning_rate, decay_steps, end_learning_rate, power, cycle, name)
};
struct CosineDecay {
  double initial_learning_rate = 0;
  int64_t decay_steps = 0;
  double alpha = 0;
  std::string name = "CosineDecay";
  std::optional<double> warmup_target{};
  int64_t warmup_steps = 0;
  KERATIN_SCHEDULE(CosineDecay, initial_learning_rate, decay_steps, alpha, name, warmup_target, warmup_steps)
};
struct PiecewiseConstantDecay {
  functional::Ints boundaries{};
  std::vector<double> values{};
  std::string name = "PiecewiseConstantDecay";
  KERATIN_SCHEDULE(PiecewiseConstantDecay, boundaries, values, name)
};
#undef KERATIN_SCHEDULE

}  // namespace schedules
}  // namespace keratin::optimizers
