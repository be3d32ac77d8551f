// Sorting and what follows from it (keras.ops.sort, top_k, median, ...).
#include <fmt/format.h>

#include "compiler/operations/moves.h"
#include "compiler/operations/operation.h"

namespace keratin {

namespace {

/// Values and indices along the axis; None: of all elements.
Vals sorted(Arguments& a) {
  Val x = a.tensor("x");
  if (x.poisoned()) return {{}, {}};
  const bool flat = !a.given("axis");
  if (flat) x = flattened(a, x);
  if (x.poisoned()) return {{}, {}};
  const int axis = flat ? 0 : a.axis("axis", x.rank());
  Vals results = a.b.sort(axis_to_end(x, axis), false);
  for (Val& result : results) result = axis_from_end(result, axis);
  return results;
}

Vals top_k(Arguments& a) {
  const Val x = a.tensor("x");
  const int64_t k = a.integer("k", 1);
  a.boolean("sorted", true);  // any order is allowed without it
  if (x.poisoned()) return {{}, {}};
  if (x.rank() == 0) return {a.fail("takes at least 1 dimension, not 0"), {}};
  if (k < 1 || (x.dim(-1).is_static() && k > x.dim(-1).size)) return {a.fail("k", fmt::format("{} of {} elements", k, ir::to_string(x.dim(-1)))), {}};
  return a.b.sort(x, true, k);
}

/// Whether the score of the target is among the k best of its row.
Val in_top_k(Arguments& a) {
  const Val targets = a.tensor("targets"), scores = a.tensor("predictions");
  if (targets.poisoned() || scores.poisoned()) return {};
  if (scores.rank() != 2 || targets.rank() != 1) return a.fail("takes targets of 1 dimension and predictions of 2");
  const Val own = a.b.gather(scores, targets, 1, 1);
  if (own.poisoned()) return own;
  const Val better = a.b.compare(ir::Compare::Kind::gt, scores, a.b.expand_dims(own, -1));
  return less(a.b.sum(a.b.cast(better, DType::int32), {-1}), static_cast<double>(a.integer("k")));
}

Val median(Arguments& a) {
  Val x = a.tensor("x");
  if (x.poisoned()) return x;
  if (!is_float(x.dtype())) x = a.b.cast(x, DType::float32);
  const std::vector<int> axes = a.axes("axis", x.rank());
  const bool keepdims = a.boolean("keepdims", false);
  if (a.failed() || axes.empty()) return x;
  Shape kept = x.shape();
  Shape merged;
  std::vector<int> order;
  int64_t count = 1;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
      order.push_back(axis);
      merged.dims.push_back(x.dim(axis));
    }
  const Shape outside = merged;
  for (int axis : axes) {
    if (!x.dim(axis).is_static()) return a.fail("axis", "the median of the batch is not supported: the number of examples is not known");
    order.push_back(axis);
    count *= x.dim(axis).size;
    kept[axis] = 1;
  }
  if (count < 1) return a.fail("axis", "has no elements");
  merged.dims.push_back(count);
  const Val in_order = a.b.sort(a.b.reshape(a.b.transpose(x, order), merged), false)[0];
  const Val middle = a.b.slice(in_order, in_order.rank() - 1, (count - 1) / 2, count / 2 + 1);
  return a.b.reshape(a.b.mean(middle, {-1}), keepdims ? kept : outside);
}

}  // namespace

const OperationTable& sort_operations() {
  static const OperationTable table = {
      {"Argsort", "axis", "x", [](Arguments& a) { return one(sorted(a)[1]); }},
      {"InTopK", "k", "targets predictions", [](Arguments& a) { return one(in_top_k(a)); }},
      {"Median", "axis keepdims", "x", [](Arguments& a) { return one(median(a)); }},
      {"Sort", "axis", "x", [](Arguments& a) { return one(sorted(a)[0]); }},
      {"TopK", "k sorted is_stable", "x", top_k},
  };
  return table;
}

}  // namespace keratin
