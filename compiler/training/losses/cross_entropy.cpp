#include "compiler/activations/functions.h"
#include "compiler/training/losses/loss.h"

namespace keratin::losses {

namespace {

Val clipped(Val p) { return clip(p, kEpsilon, 1 - kEpsilon); }
Val power(Val x, double exponent) { return x.builder().binary(ir::Binary::Kind::pow, x, x.builder().number(x.dtype(), exponent)); }

/// What the cross-entropies have in common.
struct Options {
  explicit Options(TrainingArguments& a)
      : from_logits(a.flag("from_logits")), smoothing(a.number("label_smoothing", 0, 0, 1)), axis(static_cast<int>(a.integer("axis", -1, INT64_MIN))) {}
  bool from_logits;
  double smoothing;
  int axis;

  int position(Val p) const { return axis < 0 ? axis + p.rank() : axis; }
  bool fits(Val p) const { return position(p) >= 0 && position(p) < p.rank(); }
  LossValues wrong(Val p) const { return {p.builder().fail("the axis is outside the predictions' rank")}; }
};

Val smoothed_bits(Val y, double smoothing) { return smoothing == 0 ? y : y * (1 - smoothing) + 0.5 * smoothing; }
Val smoothed_classes(Val y, double smoothing) {
  return smoothing == 0 ? y : y * (1 - smoothing) + smoothing / static_cast<double>(y.dim(-1).size);
}

/// tf.nn.sigmoid_cross_entropy_with_logits: max(z, 0) - z y + log(1 + exp(-|z|)).
Val sigmoid_entropy(Val y, Val z) { return maximum(z, 0) - z * y + z.builder().unary(ir::Unary::Kind::log1p, exp(-abs(z))); }

Val bit_entropy(Val y, Val p, bool from_logits) {
  const Val logits = from_logits ? p : recovered_logits(p);
  if (!logits.poisoned()) return sigmoid_entropy(y, logits);
  p = clipped(p);
  return -(y * log(p) + (1.0 - y) * log(1.0 - p));
}

}  // namespace

LossFunction binary_crossentropy(TrainingArguments& a) {
  return elementwise([o = Options(a)](Val y, Val p) {
    if (!o.fits(p)) return o.wrong(p);
    ir::Builder& b = p.builder();
    return LossValues{b.mean(bit_entropy(smoothed_bits(y, o.smoothing), p, o.from_logits), {o.axis})};
  });
}

LossFunction binary_focal_crossentropy(TrainingArguments& a) {
  return elementwise([o = Options(a), balanced = a.flag("apply_class_balancing"), alpha = a.number("alpha", 0.25), gamma = a.number("gamma", 2)](Val y, Val p) {
    if (!o.fits(p)) return o.wrong(p);
    ir::Builder& b = p.builder();
    y = smoothed_bits(y, o.smoothing);
    if (o.from_logits) p = sigmoid(p);
    const Val right = y * p + (1.0 - y) * (1.0 - p);
    Val values = power(1.0 - right, gamma) * bit_entropy(y, p, false);
    if (balanced) values = (y * alpha + (1.0 - y) * (1 - alpha)) * values;
    return LossValues{b.mean(values, {o.axis})};
  });
}

LossFunction categorical_crossentropy(TrainingArguments& a) {
  return elementwise([o = Options(a)](Val y, Val p) {
    if (!o.fits(p)) return o.wrong(p);
    ir::Builder& b = p.builder();
    y = smoothed_classes(y, o.smoothing);
    const Val logits = o.from_logits ? p : recovered_logits(p);
    if (!logits.poisoned()) return LossValues{-b.sum(y * log_softmax(logits, {o.position(p)}), {o.axis})};
    return LossValues{-b.sum(y * log(clipped(p / b.sum(p, {o.axis}, true))), {o.axis})};
  });
}

LossFunction categorical_focal_crossentropy(TrainingArguments& a) {
  return elementwise([o = Options(a), alpha = a.number("alpha", 0.25), gamma = a.number("gamma", 2)](Val y, Val p) {
    if (!o.fits(p)) return o.wrong(p);
    ir::Builder& b = p.builder();
    y = smoothed_classes(y, o.smoothing);
    if (o.from_logits) p = softmax(p, {o.position(p)});
    p = clipped(p / b.sum(p, {o.axis}, true));
    return LossValues{b.sum(power(1.0 - p, gamma) * alpha * (-y * log(p)), {o.axis})};
  });
}

LossFunction categorical_generalized_cross_entropy(TrainingArguments& a) {
  return [q = a.number("q", 0.5, 1e-30, 1)](Val y, Val p) {
    ir::Builder& b = p.builder();
    const Val chosen = b.one_hot(b.cast(y, DType::int32), p.dim(-1).size, p.dtype());
    return LossValues{(1.0 - power(b.sum(p * chosen, {-1}), q)) / q};
  };
}

LossFunction sparse_categorical_crossentropy(TrainingArguments& a) {
  const int64_t axis = a.integer("axis", -1, INT64_MIN);
  return [axis, from_logits = a.flag("from_logits"), ignored = a.optional_integer("ignore_class")](Val y, Val p) {
    ir::Builder& b = p.builder();
    if (axis != -1 && axis != p.rank() - 1) return LossValues{b.fail("sparse_categorical_crossentropy takes the last axis only")};
    if (y.rank() == p.rank() && y.dim(-1).is_one()) y = b.squeeze(y, {y.rank() - 1});
    y = b.cast(y, DType::int32);
    Val logits = from_logits ? p : recovered_logits(p), kept;
    if (ignored) {
      // Keras blanks the ignored predictions first, which hides the softmax before them.
      kept = b.compare(ir::Compare::Kind::ne, y, b.number(DType::int32, static_cast<double>(*ignored)));
      y = b.select(kept, y, b.number(DType::int32, 0));
      p = b.select(b.expand_dims(kept, -1), p, b.number(p.dtype(), 0));
      logits = from_logits ? p : Val();
    }
    if (logits.poisoned()) logits = log(clipped(p));
    const Val chosen = b.one_hot(y, p.dim(-1).size, p.dtype());
    Val values = -b.sum(chosen * log_softmax(logits, {p.rank() - 1}), {-1});
    if (ignored) values = b.select(kept, values, b.number(values.dtype(), 0));
    return LossValues{values, kept};
  };
}

}  // namespace keratin::losses
