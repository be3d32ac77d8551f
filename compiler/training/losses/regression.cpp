#include <cmath>

#include "compiler/activations/functions.h"
#include "compiler/training/losses/loss.h"

namespace keratin::losses {

namespace {

Val mean_last(Val x) { return x.builder().mean(x, {-1}); }

/// A loss that is the mean over the last axis of a function of target and prediction.
template <class F>
LossFunction mean_of(F values) {
  return elementwise([values](Val y, Val p) { return LossValues{mean_last(values(y, p))}; }, true);
}

}  // namespace

LossFunction mean_squared_error(TrainingArguments&) {
  return mean_of([](Val y, Val p) { return square(y - p); });
}

LossFunction mean_absolute_error(TrainingArguments&) {
  return mean_of([](Val y, Val p) { return abs(y - p); });
}

LossFunction mean_absolute_percentage_error(TrainingArguments&) {
  return elementwise([](Val y, Val p) { return LossValues{100.0 * mean_last(abs((y - p) / maximum(abs(y), kEpsilon)))}; }, true);
}

LossFunction mean_squared_logarithmic_error(TrainingArguments&) {
  return mean_of([](Val y, Val p) { return square(log(maximum(p, kEpsilon) + 1.0) - log(maximum(y, kEpsilon) + 1.0)); });
}

LossFunction huber(TrainingArguments& a) {
  return mean_of([delta = a.number("delta", 1)](Val y, Val p) {
    ir::Builder& b = p.builder();
    const Val error = p - y, size = abs(error);
    const Val inside = b.compare(ir::Compare::Kind::le, size, b.broadcast(b.number(p.dtype(), delta), p.shape()));
    return b.select(inside, square(error) * 0.5, size * delta - 0.5 * delta * delta);
  });
}

LossFunction log_cosh(TrainingArguments&) {
  return mean_of([](Val y, Val p) {
    const Val x = p - y;
    return x + softplus(x * -2.0) - std::log(2.0);
  });
}

LossFunction cosine_similarity(TrainingArguments& a) {
  const auto values = [axis = static_cast<int>(a.integer("axis", -1, INT64_MIN))](Val y, Val p) {
    ir::Builder& b = p.builder();
    if (axis >= p.rank() || axis < -p.rank()) return LossValues{b.fail("the axis is outside the predictions' rank")};
    return LossValues{-b.sum(normalized(y, axis) * normalized(p, axis), {axis})};
  };
  return elementwise(values, true);
}

LossFunction poisson(TrainingArguments&) {
  return elementwise([](Val y, Val p) { return LossValues{mean_last(p - y * log(p + kEpsilon))}; });
}

LossFunction kl_divergence(TrainingArguments&) {
  return elementwise([](Val y, Val p) {
    y = clip(y, kEpsilon, 1);
    p = clip(p, kEpsilon, 1);
    return LossValues{p.builder().sum(y * log(y / p), {-1})};
  });
}

}  // namespace keratin::losses
