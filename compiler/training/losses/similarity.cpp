#include <cmath>

#include "compiler/activations/functions.h"
#include "compiler/training/losses/loss.h"

namespace keratin::losses {

namespace {

/// Sums over the given axes; no axes mean all.
struct OverlapAxes {
  explicit OverlapAxes(TrainingArguments& a) {
    for (double axis : a.numbers("axis")) axes.push_back(static_cast<int>(axis));
  }
  std::vector<int> axes;
  bool fits(Val p) const {
    for (int axis : axes)
      if (axis >= p.rank() || axis < -p.rank()) return false;
    return true;
  }
  LossValues wrong(Val p) const { return {p.builder().fail("an axis is outside the predictions' rank")}; }
  Val sum(Val x) const { return x.builder().sum(x, axes); }
};

/// log(sum(exp(x))) over axis 1 of the elements that `mask` keeps; -infinity where it keeps none.
Val log_sum_exp(Val x, Val mask) {
  ir::Builder& b = x.builder();
  const Val lowest = b.number(x.dtype(), -HUGE_VAL);
  const Val largest = stop_gradient(b.max(b.select(mask, x, lowest), {1}, true));
  const Val shift = b.select(b.compare(ir::Compare::Kind::eq, largest, lowest), b.number(x.dtype(), 0), largest);
  const Val kept = b.select(mask, exp(b.select(mask, x - shift, b.number(x.dtype(), 0))), b.number(x.dtype(), 0));
  const Val sum = b.sum(kept, {1}), any = greater(sum, 0);
  const Val finite = log(b.select(any, sum, b.number(x.dtype(), 1))) + b.squeeze(shift, {1});
  return b.select(any, finite, lowest);
}

}  // namespace

LossFunction dice(TrainingArguments& a) {
  return elementwise([axes = OverlapAxes(a)](Val y, Val p) {
    if (!axes.fits(p)) return axes.wrong(p);
    return LossValues{1.0 - 2.0 * axes.sum(y * p) / (axes.sum(y) + axes.sum(p) + kEpsilon)};
  });
}

LossFunction tversky(TrainingArguments& a) {
  return elementwise([axes = OverlapAxes(a), alpha = a.number("alpha", 0.5), beta = a.number("beta", 0.5)](Val y, Val p) {
    if (!axes.fits(p)) return axes.wrong(p);
    const Val both = axes.sum(y * p), only_y = axes.sum((1.0 - p) * y), only_p = axes.sum(p * (1.0 - y));
    return LossValues{1.0 - both / (both + only_y * alpha + only_p * beta + kEpsilon)};
  });
}

/// Sun and others, Circle Loss: A Unified Perspective of Pair Similarity Optimization, CVPR 2020. Predictions are embeddings of length 1.
LossFunction circle(TrainingArguments& a) {
  return [gamma = a.number("gamma", 80), margin = a.number("margin", 0.4), remove_diagonal = a.flag("remove_diagonal", true)](Val y, Val p) {
    ir::Builder& b = p.builder();
    if (y.rank() == 2 && y.dim(1).is_one()) y = b.squeeze(y, {1});
    if (y.rank() != 1 || p.rank() != 2) return LossValues{b.fail("Circle takes labels (examples) and embeddings (examples, width)")};
    y = b.cast(y, DType::int32);
    const Val distance = maximum(1.0 - b.matmul(p, p, false, true), 0);
    Val same = b.compare(ir::Compare::Kind::eq, b.expand_dims(y, 1), b.expand_dims(y, 0));
    const Val other = b.unary(ir::Unary::Kind::logical_not, same);
    if (remove_diagonal) {
      const ir::Type positions{DType::int32, same.shape()};
      const Val off_diagonal = b.compare(ir::Compare::Kind::ne, b.iota(positions, 0), b.iota(positions, 1));
      same = b.binary(ir::Binary::Kind::logical_and, same, off_diagonal);
    }
    const Val same_weight = maximum((margin + distance) * b.cast(same, p.dtype()), 0);
    const Val other_weight = maximum(((1 + margin) - distance) * b.cast(other, p.dtype()), 0);
    const Val attraction = log_sum_exp(-gamma * same_weight * (margin - distance), same);
    const Val repulsion = log_sum_exp(gamma * other_weight * ((1 - margin) - distance), other);
    const Val total = attraction + repulsion;
    // An example without a partner gives -infinity, a loss of 0 and no gradient.
    const Val known = b.compare(ir::Compare::Kind::gt, total, b.number(p.dtype(), -HUGE_VAL));
    const Val values = b.select(known, softplus(b.select(known, total, b.number(p.dtype(), 0))), b.number(p.dtype(), 0));
    return LossValues{values, greater(values, 0)};
  };
}

}  // namespace keratin::losses
