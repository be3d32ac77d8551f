// Learning-rate schedules (keras.optimizers.schedules): float32 functions of the steps before this one.
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

namespace {

Val power(Val base, Val exponent) { return base.builder().binary(ir::Binary::Kind::pow, base, exponent); }
Val power(double base, Val exponent) { return power(exponent.builder().number(DType::float32, base), exponent); }
Val floor(Val x) { return x.builder().unary(ir::Unary::Kind::floor, x); }
Val cosine(Val fraction) { return 0.5 * (1.0 + fraction.builder().unary(ir::Unary::Kind::cos, fraction * std::numbers::pi)); }
Val constant(Val like, double value) { return like.builder().number(DType::float32, value); }

double initial_rate(TrainingArguments& a) { return a.number("initial_learning_rate", 0); }
double steps(TrainingArguments& a, std::string_view key) { return a.number(key, 1, 1e-30, 1e30); }

Schedule exponential(TrainingArguments& a) {
  return [rate = initial_rate(a), length = steps(a, "decay_steps"), decay = a.number("decay_rate", 1), stairs = a.flag("staircase")](Val step) {
    const Val fraction = step / length;
    return power(decay, stairs ? floor(fraction) : fraction) * rate;
  };
}

Schedule inverse_time(TrainingArguments& a) {
  return [rate = initial_rate(a), length = steps(a, "decay_steps"), decay = a.number("decay_rate", 1), stairs = a.flag("staircase")](Val step) {
    const Val fraction = step / length;
    return rate / ((stairs ? floor(fraction) : fraction) * decay + 1.0);
  };
}

Schedule polynomial(TrainingArguments& a) {
  return [rate = initial_rate(a), length = steps(a, "decay_steps"), end = a.number("end_learning_rate", 1e-4), exponent = a.number("power", 1),
          cycle = a.flag("cycle")](Val step) {
    ir::Builder& b = step.builder();
    Val total = constant(step, length);
    if (cycle) total = total * maximum(b.unary(ir::Unary::Kind::ceil, step / length), 1);
    else step = minimum(step, length);
    return power(1.0 - step / total, constant(step, exponent)) * (rate - end) + end;
  };
}

Schedule piecewise(TrainingArguments& a) {
  const std::vector<double> bounds = a.numbers("boundaries"), values = a.numbers("values");
  if (values.size() != bounds.size() + 1) a.refuse("values", "one more than boundaries");
  return [bounds, values](Val step) {
    Val rate = constant(step, values.back());
    for (size_t i = bounds.size(); i-- > 0;)
      rate = step.builder().select(step.builder().compare(ir::Compare::Kind::le, step, constant(step, bounds[i])), constant(step, values[i]), rate);
    return rate;
  };
}

Schedule cosine_decay(TrainingArguments& a) {
  return [rate = initial_rate(a), length = steps(a, "decay_steps"), alpha = a.number("alpha", 0), target = a.optional_number("warmup_target"),
          warmup = a.number("warmup_steps", 0)](Val step) {
    const auto decayed = [&](Val done, double from) { return (cosine(done / length) * (1 - alpha) + alpha) * from; };
    if (!target) return decayed(minimum(step, length), rate);
    step = minimum(step, length + warmup);
    const Val decay = decayed(step - warmup, *target);
    if (warmup == 0) return decay;
    return step.builder().select(less(step, warmup), step / warmup * (*target - rate) + rate, decay);
  };
}

/// Loshchilov and Hutter, SGDR, ICLR 2017.
Schedule cosine_restarts(TrainingArguments& a) {
  return [rate = initial_rate(a), length = steps(a, "first_decay_steps"), longer = a.number("t_mul", 2), lower = a.number("m_mul", 1), alpha = a.number("alpha", 0)](Val step) {
    Val done = step / length, restarts;
    if (longer == 1) {
      restarts = floor(done);
      done = done - restarts;
    } else {
      restarts = floor(log(1.0 - done * (1 - longer)) / std::log(longer));
      done = (done - (1.0 - power(longer, restarts)) / (1 - longer)) / power(longer, restarts);
    }
    return (power(lower, restarts) * cosine(done) * (1 - alpha) + alpha) * rate;
  };
}

struct Definition {
  std::string_view class_name;
  Schedule (*create)(TrainingArguments&);
};

constexpr Definition kSchedules[] = {{"CosineDecay", cosine_decay},      {"CosineDecayRestarts", cosine_restarts}, {"ExponentialDecay", exponential},
                                     {"InverseTimeDecay", inverse_time}, {"PiecewiseConstantDecay", piecewise},    {"PolynomialDecay", polynomial}};

}  // namespace

Result<Schedule> read_schedule(const Json& spec) {
  const Serialized given = serialized(spec);
  for (const Definition& definition : kSchedules) {
    if (definition.class_name != given.name) continue;
    TrainingArguments arguments(given.config);
    arguments.ignore({"name"});
    Schedule schedule = definition.create(arguments);
    if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("{}: {}", given.name, problem)};
    return schedule;
  }
  return Error{fmt::format("learning rate {} is not supported", given.name.empty() ? spec.dump() : "'" + given.name + "'")};
}

}  // namespace keratin
