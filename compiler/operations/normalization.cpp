// Norms, normalizations and attention (keras.ops.normalize, layer_normalization, dot_product_attention, ...).
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "compiler/activations/functions.h"
#include "compiler/operations/operation.h"

namespace keratin {

namespace {

using Binary = ir::Binary::Kind;
using Axes = std::vector<int>;

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

Val to_float(Val x) { return x.poisoned() || is_float(x.dtype()) ? x : x.builder().cast(x, DType::float32); }

/// At least float32, where Keras makes its statistics.
Val widened(Val x) { return x.poisoned() || x.dtype() == DType::float64 ? x : x.builder().cast(x, DType::float32); }

/// A parameter of a normalization, brought to the axes of x that it belongs to.
Val beside(Arguments& a, std::string_view name, Val x, const Axes& axes) {
  Val value = a.tensor(name);
  if (value.poisoned()) return value;
  value = a.b.cast(value, x.dtype());
  if (value.rank() != static_cast<int>(axes.size())) return value;  // broadcast from the right as it is
  Shape shape(std::vector<Dim>(static_cast<size_t>(x.rank()), Dim(1)));
  for (size_t i = 0; i < axes.size(); ++i) shape[axes[i]] = value.dim(static_cast<int>(i));
  return a.b.reshape(value, shape);
}

// ---- norms ------------------------------------------------------------------------------------------------------------

Val vector_norm(Arguments& a, Val x, double order, const Axes& axes, bool keepdims) {
  if (order == 2) return sqrt(a.b.sum(x * x, axes, keepdims));
  const Val size = abs(x);
  if (std::isinf(order)) return a.b.reduce(order > 0 ? ir::Reduce::Kind::max : ir::Reduce::Kind::min, size, axes, keepdims);
  if (order == 1) return a.b.sum(size, axes, keepdims);
  if (order == 0) return a.b.sum(a.b.cast(a.b.cast(x, DType::boolean), x.dtype()), axes, keepdims);
  const auto power = [&](Val value, double exponent) { return a.b.binary(Binary::pow, value, a.b.number(value.dtype(), exponent)); };
  return power(a.b.sum(power(size, order), axes, keepdims), 1 / order);
}

/// Largest or smallest sum of absolute values of columns (1) or rows (inf).
Val matrix_norm(Arguments& a, Val x, double order, int rows, int columns, bool keepdims) {
  if (order != 1 && order != -1 && !std::isinf(order)) return a.fail("ord", fmt::format("{} of a matrix is not supported", order));
  const bool by_columns = !std::isinf(order);
  const Val sums = a.b.sum(abs(x), {by_columns ? rows : columns}, true);
  return a.b.reduce(order > 0 ? ir::Reduce::Kind::max : ir::Reduce::Kind::min, sums, {std::min(rows, columns), std::max(rows, columns)}, keepdims);
}

Val norm(Arguments& a) {
  const Val x = to_float(a.tensor("x"));
  if (x.poisoned()) return x;
  const Axes axes = a.axes("axis", x.rank());
  const std::vector<int64_t> listed = a.given("axis") ? *a.integers("axis") : std::vector<int64_t>{};
  const bool keepdims = a.boolean("keepdims", false);
  if (a.failed() || axes.empty()) return x.rank() == 0 ? abs(x) : a.fail("axis", "is an empty list");
  if (!a.given("ord")) return vector_norm(a, x, 2, axes, keepdims);
  const Json order = a.constant("ord");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double number = 2;
  if (order.is_number()) number = order.as_double();
  else if (order == Json("inf")) number = kInfinity;
  else if (order == Json("-inf")) number = -kInfinity;
  else if (order == Json("euclidean") || (order == Json("fro") && axes.size() == 2)) return vector_norm(a, x, 2, axes, keepdims);
  else return a.fail("ord", fmt::format("{} over {} axes is not supported", order.dump(), axes.size()));
  if (axes.size() == 1) return vector_norm(a, x, number, axes, keepdims);
  if (axes.size() != 2) return a.fail("ord", fmt::format("{} over {} axes has no meaning", order.dump(), axes.size()));
  const bool swapped = listed.size() == 2 && *ir::normalize_axis(listed[0], x.rank()) == axes[1];
  return matrix_norm(a, x, number, axes[swapped ? 1 : 0], axes[swapped ? 0 : 1], keepdims);
}

Val normalize(Arguments& a) {
  Val x = to_float(a.tensor("x"));
  if (x.poisoned()) return x;
  if (x.rank() == 0) x = a.b.expand_dims(x, 0);
  const int64_t order = a.integer("order", 2);
  if (order < 1) return a.fail("order", fmt::format("{} is below 1", order));
  const double epsilon = a.number("epsilon", kEpsilon);
  const Axes axes = a.given("axis") ? a.axes("axis", x.rank()) : Axes{x.rank() - 1};
  if (a.failed()) return {};
  if (order == 2) return x * minimum(rsqrt(a.b.sum(x * x, axes, true)), 1 / epsilon);
  return x / maximum(vector_norm(a, x, static_cast<double>(order), axes, true), epsilon);
}

// ---- normalizations ---------------------------------------------------------------------------------------------------

Axes last_axes(Arguments& a, Val x) { return a.given("axis") ? a.axes("axis", x.rank()) : Axes{x.rank() - 1}; }

Val rms_norm(Arguments& a) {
  const Val given = to_float(a.tensor("x"));
  if (given.poisoned()) return given;
  const Val x = widened(given);
  const Axes axes = last_axes(a, x);
  const double epsilon = a.number("epsilon", kEpsilon);
  if (a.failed()) return {};
  Val y = x * rsqrt(a.b.mean(x * x, axes, true) + epsilon);
  if (a.given("scale")) y = y * beside(a, "scale", x, axes);
  return a.b.cast(y, given.dtype());
}

Val layer_norm(Arguments& a) {
  const Val given = to_float(a.tensor("x"));
  if (given.poisoned()) return given;
  const Val x = widened(given);
  const Axes axes = last_axes(a, x);
  const double epsilon = a.number("epsilon", kEpsilon);
  const bool by_rms = a.boolean("rms_scaling", false);
  if (a.failed()) return {};
  const Val centered = x - a.b.mean(x, axes, true);
  const Val scale = rsqrt(a.b.mean(centered * centered, axes, true) + epsilon);
  Val y = (by_rms ? x : centered) * scale;
  if (a.given("gamma")) y = y * beside(a, "gamma", x, axes);
  if (a.given("beta") && !by_rms) y = y + beside(a, "beta", x, axes);
  return a.b.cast(y, given.dtype());
}

Val batch_norm(Arguments& a) {
  const Val given = to_float(a.tensor("x"));
  if (given.poisoned()) return given;
  const Val x = widened(given);
  const Axes axes = {a.axis("axis", x.rank())};
  if (a.failed()) return {};
  Val scale = rsqrt(beside(a, "variance", x, axes) + a.number("epsilon", 1e-3));
  if (a.given("scale")) scale = scale * beside(a, "scale", x, axes);
  Val y = (x - beside(a, "mean", x, axes)) * scale;
  if (a.given("offset")) y = y + beside(a, "offset", x, axes);
  return y.poisoned() ? y : a.b.cast(y, given.dtype());
}

// ---- attention --------------------------------------------------------------------------------------------------------

/// Scores [n, heads, t, s] without those that the mask or causality forbids.
Val masked(Arguments& a, Val scores) {
  Val allowed;
  if (a.given("mask")) allowed = a.as(a.operand("mask"), DType::boolean);
  if (a.boolean("is_causal", false)) {
    const ir::Type plane{DType::int32, {scores.dim(-2), scores.dim(-1)}};
    const Val past = a.b.compare(ir::Compare::Kind::ge, a.b.iota(plane, 0), a.b.iota(plane, 1));
    allowed = allowed.poisoned() ? past : a.b.binary(Binary::logical_and, allowed, past);
  }
  if (allowed.poisoned()) return scores;
  return a.b.select(allowed, scores, a.b.number(scores.dtype(), -0.7 * static_cast<double>(std::numeric_limits<float>::max())));
}

/// query [n, t, heads, h], key and value [n, s, groups, h]; each group of key heads serves heads / groups query heads.
Val attention(Arguments& a) {
  const Vals x = a.promoted({a.operand("query"), a.operand("key"), a.operand("value")}, kWeakFloat);
  for (const Val& operand : x) {
    if (operand.poisoned()) return {};
    if (operand.rank() != 4) return a.fail(fmt::format("takes query, key and value of 4 dimensions, not {}", ir::keras_shape(operand.shape())));
  }
  const Val query = x[0];
  Val key = x[1], value = x[2];
  const Dim heads = query.dim(2), groups = key.dim(2), width = query.dim(3);
  if (!heads.is_static() || !groups.is_static() || groups.size < 1 || heads.size % groups.size != 0 || value.dim(2) != groups || !width.is_static())
    return a.fail(fmt::format("{} heads of query do not fit {} of key and {} of value", ir::to_string(heads), ir::to_string(groups), ir::to_string(value.dim(2))));
  key = a.b.repeat(key, heads.size / groups.size, 2);
  value = a.b.repeat(value, heads.size / groups.size, 2);
  Val scores = widened(a.b.einsum("btnh,bsnh->bnts", {query, key}));
  if (scores.poisoned()) return scores;
  scores = scores * a.number("scale", 1 / std::sqrt(static_cast<double>(width.size)));
  if (const std::optional<double> cap = a.optional_number("attn_logits_soft_cap")) scores = tanh(scores / *cap) * *cap;
  if (a.given("bias")) scores = scores + a.as(a.operand("bias"), scores.dtype());
  const Val weights = softmax(masked(a, scores), {-1});
  return weights.poisoned() ? weights : a.b.einsum("bnts,bsnh->btnh", {a.b.cast(weights, value.dtype()), value});
}

}  // namespace

const OperationTable& normalization_operations() {
  static const OperationTable table = {
      {"BatchNorm", "axis epsilon", "x mean variance offset scale", [](Arguments& a) { return one(batch_norm(a)); }},
      {"DotProductAttention", "is_causal flash_attention attn_logits_soft_cap", "query key value bias mask scale", [](Arguments& a) { return one(attention(a)); }},
      {"LayerNorm", "axis epsilon rms_scaling", "x gamma beta", [](Arguments& a) { return one(layer_norm(a)); }},
      {"Norm", "ord axis keepdims", "x", [](Arguments& a) { return one(norm(a)); }},
      {"Normalize", "axis order epsilon", "x", [](Arguments& a) { return one(normalize(a)); }},
      {"RMSNorm", "axis epsilon", "x scale", [](Arguments& a) { return one(rms_norm(a)); }},
  };
  return table;
}

}  // namespace keratin
