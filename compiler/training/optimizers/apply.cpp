#include <fmt/format.h>
#include <map>

#include "compiler/training/losses/loss.h"
#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

namespace {

const ir::Type kCounter{DType::int64, {}}, kScalar{DType::float32, {}};

Val multiple_of(Val count, int64_t divisor) {
  ir::Builder& b = count.builder();
  const Val rest = b.binary(ir::Binary::Kind::mod, count, b.number(count.dtype(), static_cast<double>(divisor)));
  return b.compare(ir::Compare::Kind::eq, rest, b.number(count.dtype(), 0));
}

Val both(Val a, Val b) {
  if (a.poisoned()) return b;
  return b.poisoned() ? a : a.builder().binary(ir::Binary::Kind::logical_and, a, b);
}

/// One optimizer's whole step over its weights; `gate` as in StepContext.
class Application {
 public:
  Application(ir::Builder& b, const Optimizer& optimizer, std::string prefix, Val gate)
      : optimizer_(optimizer), c_{b, {}, {}, gate, std::move(prefix), nullptr, {}, {}}, always_(gate) {}

  OptimizerState run(std::vector<TrainedWeight> weights) {
    ir::Builder& b = c_.b;
    begin_part(b, c_.prefix + "rates", "what the updates of all weights share");
    c_.shared_origin = b.origin();
    state_.iteration = c_.variable("iteration", kCounter, ir::Role::counter, 0);
    if (!optimizer_.schedule)
      state_.learning_rate = c_.variable("learning_rate", kScalar, ir::Role::hyperparameter, optimizer_.learning_rate);
    const Val before = b.read(state_.iteration);
    c_.set(state_.iteration, before + 1.0);
    c_.learning_rate = optimizer_.schedule ? optimizer_.schedule(b.cast(before, DType::float32)) : b.read(*state_.learning_rate);
    const Val round = b.number(DType::int64, static_cast<double>(optimizer_.accumulation));
    const Val updates = optimizer_.accumulation > 1 ? b.binary(ir::Binary::Kind::floor_div, before, round) : before;
    c_.step = b.cast(updates, DType::float32) + 1.0;
    if (optimizer_.loss_scale)
      for (TrainedWeight& weight : weights) {
        begin_update(weight.id);
        weight.gradient = weight.gradient / *optimizer_.loss_scale;
      }
    Val round_ends;
    if (optimizer_.accumulation > 1) {
      round_ends = c_.once([&] { return multiple_of(before + 1.0, optimizer_.accumulation); });
      accumulate(weights, round_ends);
    }
    clip(weights);
    b.set_origin(c_.shared_origin);
    c_.gate = both(always_, round_ends);
    optimizer_.begin(c_);
    for (const TrainedWeight& weight : weights) update(weight, round_ends, updates);
    return std::move(state_);
  }

 private:
  /// What follows belongs to the update of that weight.
  void begin_update(ir::VariableId id) {
    weight_ = c_.b.program().variable(id);
    c_.weight = &weight_;
    ir::OriginId& origin = origins_[id];
    if (origin.valid()) return c_.b.set_origin(origin);
    begin_part(c_.b, weight_.name + "/update", "update of " + weight_.name);
    origin = c_.b.origin();
  }

  void clip(std::vector<TrainedWeight>& weights) {
    ir::Builder& b = c_.b;
    const auto squares = [&](const TrainedWeight& weight) {
      begin_update(weight.id);
      return b.sum(weight.gradient * weight.gradient, {});
    };
    if (optimizer_.clip_norm && *optimizer_.clip_norm > 0) {
      for (TrainedWeight& weight : weights) weight.gradient = weight.gradient * *optimizer_.clip_norm / maximum(sqrt(squares(weight)), *optimizer_.clip_norm);
    } else if (optimizer_.global_clip_norm && *optimizer_.global_clip_norm > 0) {
      Val total;
      for (const TrainedWeight& weight : weights) {
        const Val sum = squares(weight);
        total = total.poisoned() ? sum : c_.once([&] { return total + sum; });
      }
      const Val scale = c_.once([&] { return scale_to_norm(sqrt(total)); });
      for (TrainedWeight& weight : weights) {
        begin_update(weight.id);
        weight.gradient = weight.gradient * scale;
      }
    } else if (optimizer_.clip_value && *optimizer_.clip_value > 0) {
      for (TrainedWeight& weight : weights) {
        begin_update(weight.id);
        weight.gradient = minimum(maximum(weight.gradient, -*optimizer_.clip_value), *optimizer_.clip_value);
      }
    }
  }

  /// The factor by which all gradients are clipped. The difference is 0, or not a number where the norm is infinite (tf.clip_by_global_norm).
  Val scale_to_norm(Val length) const {
    return minimum(1.0 / length, 1 / *optimizer_.global_clip_norm) * *optimizer_.global_clip_norm + (length - length);
  }

  void accumulate(std::vector<TrainedWeight>& weights, Val round_ends) {
    for (TrainedWeight& weight : weights) {
      begin_update(weight.id);
      const ir::VariableId slot = c_.slot("gradient_accumulator");
      const Val sum = weight.gradient + c_.read(slot);
      c_.set(slot, c_.b.select(round_ends, c_.b.number(sum.dtype(), 0), sum));
      weight.gradient = sum / static_cast<double>(optimizer_.accumulation);
    }
  }

  void update(const TrainedWeight& weight, Val round_ends, Val updates) {
    ir::Builder& b = c_.b;
    begin_update(weight.id);
    const Val old = b.read(weight.id);
    Val value = old;
    if (const std::optional<double> decay = optimizer_.decay_of(weight_)) value = value - value * *decay * c_.learning_rate;
    value = c_.kept_unless(round_ends, optimizer_.update(c_, value, weight.gradient), old);
    if (optimizer_.average_momentum) value = averaged(weight.id, value, updates);
    if (weight.constraint) value = weight.constraint(value);
    b.update(weight.id, c_.kept_unless(always_, value, old));
  }

  /// Moves the weight's average; what the weight becomes.
  Val averaged(ir::VariableId id, Val value, Val updates) {
    ir::Builder& b = c_.b;
    const ir::VariableId slot = c_.slot("average");
    const Val momentum = c_.once([&] {
      return b.cast(b.compare(ir::Compare::Kind::ne, updates, b.number(DType::int64, 0)), value.dtype()) * *optimizer_.average_momentum;
    });
    const Val average = b.read(slot) * momentum + value * c_.once([&] { return 1.0 - momentum; });
    b.update(slot, c_.kept_unless(always_, average, b.read(slot)));
    state_.averages.emplace_back(id, slot);
    if (optimizer_.average_overwrite == 0) return value;
    return b.select(c_.once([&] { return multiple_of(updates + 1.0, optimizer_.average_overwrite); }), average, value);
  }

  const Optimizer& optimizer_;
  StepContext c_;
  Val always_;  // gate of what happens in every step, whether a round of accumulation ends or not
  OptimizerState state_;
  ir::Variable weight_;  // being updated; a copy, as slots are added to the program
  std::map<ir::VariableId, ir::OriginId> origins_;
};

/// Doubles the scale after so many finite steps, halves it after an infinite one; whether this step is finite.
Val update_scale(ir::Builder& b, const DynamicLossScale& scale, ir::VariableId variable, const std::vector<TrainedWeight>& weights) {
  Val finite;
  for (const TrainedWeight& weight : weights)
    finite = both(finite, b.reduce(ir::Reduce::Kind::all, b.unary(ir::Unary::Kind::is_finite, weight.gradient), {}));
  const ir::VariableId counter = add_variable(b.program(), "optimizer/step_counter", kCounter, ir::Role::counter, 0);
  const Val count = b.read(counter), factor = b.read(variable), zero = b.number(DType::int64, 0);
  const Val grows = b.compare(ir::Compare::Kind::eq, count, b.number(DType::int64, static_cast<double>(scale.growth_steps - 1)));
  b.update(counter, b.select(finite, b.select(grows, zero, count + 1.0), zero));
  b.update(variable, b.select(finite, b.select(grows, factor * 2.0, factor), factor * 0.5));
  return finite;
}

}  // namespace

Val loss_scale(ir::Builder& b, const OptimizerSetup& setup, std::optional<ir::VariableId>& dynamic) {
  if (setup.dynamic_scale) {
    dynamic = add_variable(b.program(), "optimizer/dynamic_scale", kScalar, ir::Role::slot, setup.dynamic_scale->initial);
    return b.read(*dynamic);
  }
  return setup.loss_scale ? b.number(DType::float32, *setup.loss_scale) : Val();
}

OptimizerState apply_optimizer(ir::Builder& b, const OptimizerSetup& setup, std::vector<TrainedWeight> weights,
                               std::optional<ir::VariableId> dynamic_scale) {
  Val gate;
  if (dynamic_scale) {
    begin_part(b, "optimizer/scale", "the loss scale");
    const Val scale = b.read(*dynamic_scale);
    gate = update_scale(b, *setup.dynamic_scale, *dynamic_scale, weights);
    for (TrainedWeight& weight : weights) weight.gradient = weight.gradient / scale;
  }
  if (setup.parts.size() == 1) return Application(b, *setup.parts[0].optimizer, "optimizer/", gate).run(std::move(weights));
  OptimizerState all;
  all.iteration = add_variable(b.program(), "optimizer/iteration", kCounter, ir::Role::counter, 0);
  const Val before = b.read(all.iteration);
  b.update(all.iteration, gate.poisoned() ? before + 1.0 : b.select(gate, before + 1.0, before));
  for (size_t i = 0; i < setup.parts.size(); ++i) {
    std::vector<TrainedWeight> own;
    for (const TrainedWeight& weight : weights)
      if (setup.part_of(b.program().variable(weight.id).name) == static_cast<int>(i)) own.push_back(weight);
    if (own.empty()) continue;
    const OptimizerState state = Application(b, *setup.parts[i].optimizer, fmt::format("optimizer/{}/", i), gate).run(std::move(own));
    all.averages.insert(all.averages.end(), state.averages.begin(), state.averages.end());
  }
  return all;
}

}  // namespace keratin
