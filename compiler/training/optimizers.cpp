#include "compiler/training/optimizers.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace keratin {

namespace {

/// Reads the config's own arguments; what is left must be without effect.
class Arguments {
 public:
  explicit Arguments(const Json* config) : config_(config) {}

  double number(const char* key, double standard) {
    seen_.push_back(key);
    const Json* value = config_ ? config_->find(key) : nullptr;
    if (!value || value->is_null()) return standard;
    if (value->is_number()) return value->as_double();
    wrong(key, *value);
    return standard;
  }
  bool flag(const char* key) {
    seen_.push_back(key);
    const Json* value = config_ ? config_->find(key) : nullptr;
    if (!value) return false;
    if (value->is_bool()) return value->as_bool();
    wrong(key, *value);
    return false;
  }
  /// The first argument that is not understood.
  std::string problem() {
    if (!problem_.empty() || !config_ || !config_->is_object()) return problem_;
    for (const auto& [key, value] : config_->as_object()) {
      if (std::find(seen_.begin(), seen_.end(), key) != seen_.end() || key == "name" || key == "is_legacy_optimizer" || key == "jit_compile") continue;
      const bool off = value.is_null() || value == Json(false) || key == "ema_momentum" || key == "ema_overwrite_frequency";
      if (!off) wrong(key, value);
    }
    return problem_;
  }

 private:
  void wrong(std::string_view key, const Json& value) {
    if (problem_.empty()) problem_ = fmt::format("{} {} is not supported", key, value.dump());
  }
  const Json* config_;
  std::vector<std::string> seen_;
  std::string problem_;
};

/// keras.optimizers.SGD.
class Sgd : public Optimizer {
 public:
  explicit Sgd(Arguments& a) : momentum_(a.number("momentum", 0)), nesterov_(a.flag("nesterov")) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const Val change = gradient * c.learning_rate;
    if (momentum_ == 0) return weight - change;
    const ir::VariableId slot = c.slot("momentum");
    const Val moved = c.b.read(slot) * momentum_ - change;
    c.b.update(slot, moved);
    return nesterov_ ? weight + (moved * momentum_ - change) : weight + moved;
  }

 private:
  double momentum_;
  bool nesterov_;
};

/// keras.optimizers.Adam (Kingma and Ba, arXiv 1412.6980; amsgrad: Reddi and others, ICLR 2018).
class Adam : public Optimizer {
 public:
  explicit Adam(Arguments& a) : beta_1_(a.number("beta_1", 0.9)), beta_2_(a.number("beta_2", 0.999)), epsilon_(a.number("epsilon", 1e-7)), amsgrad_(a.flag("amsgrad")) {}

  Val update(StepContext& c, Val weight, Val gradient) const override {
    const auto power = [&](double beta) { return c.b.binary(ir::Binary::Kind::pow, c.b.number(DType::float32, beta), c.step); };
    const Val rate = c.learning_rate * sqrt(1.0 - power(beta_2_)) / (1.0 - power(beta_1_));
    const ir::VariableId m = c.slot("momentum"), v = c.slot("velocity");
    const Val old_mean = c.b.read(m), old_square = c.b.read(v);
    const Val mean = old_mean + (gradient - old_mean) * (1 - beta_1_);
    const Val square = old_square + (gradient * gradient - old_square) * (1 - beta_2_);
    c.b.update(m, mean);
    c.b.update(v, square);
    Val scale = square;
    if (amsgrad_) {
      const ir::VariableId largest = c.slot("velocity_hat");
      scale = maximum(c.b.read(largest), square);
      c.b.update(largest, scale);
    }
    return weight - (mean * rate) / (sqrt(scale) + epsilon_);
  }

 private:
  double beta_1_, beta_2_, epsilon_;
  bool amsgrad_;
};

struct Definition {
  std::string_view class_name;
  std::unique_ptr<Optimizer> (*create)(Arguments&);
};

template <class T>
std::unique_ptr<Optimizer> create(Arguments& arguments) {
  return std::make_unique<T>(arguments);
}

constexpr Definition kOptimizers[] = {{"Adam", create<Adam>}, {"SGD", create<Sgd>}};

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

Result<std::unique_ptr<Optimizer>> read_optimizer(const Json& spec) {
  std::string name;
  const Json* config = nullptr;
  if (spec.is_string()) name = spec.as_string();
  if (const Json* class_name = spec.find("class_name"); class_name && class_name->is_string()) {
    name = class_name->as_string();
    config = spec.find("config");
  }
  for (const Definition& definition : kOptimizers) {
    if (!same_name(definition.class_name, name)) continue;
    Arguments arguments(config);
    std::unique_ptr<Optimizer> optimizer = definition.create(arguments);
    optimizer->learning_rate = arguments.number("learning_rate", same_name(name, "sgd") ? 0.01 : 0.001);
    if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("optimizer: {}: {}", name, problem)};
    return optimizer;
  }
  return Error{fmt::format("optimizer: {} is not supported", name.empty() ? spec.dump() : "'" + name + "'")};
}

}  // namespace keratin
