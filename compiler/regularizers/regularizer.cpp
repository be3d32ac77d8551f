#include "compiler/regularizers/regularizer.h"

#include <fmt/format.h>

namespace keratin {

namespace {

double number_of(const Json* config, std::string_view key, double fallback) {
  const Json* value = config ? config->find(key) : nullptr;
  return value && value->is_number() ? value->as_double() : fallback;
}

Val l1_l2(Val w, double l1, double l2) {
  ir::Builder& b = w.builder();
  Val total;
  if (l1 != 0) total = b.sum(abs(w), {}) * l1;
  if (l2 != 0) {
    Val squares = b.sum(w * w, {}) * l2;
    total = total.poisoned() ? squares : total + squares;
  }
  return total;
}

/// factor * mean of |off-diagonal| of the Gram matrix of the L2-normalised rows (or columns) (Keras: OrthogonalRegularizer).
Val orthogonal(CallContext& ctx, Val w, double factor, bool rows) {
  if (w.rank() != 2) return ctx.fail_value("OrthogonalRegularizer takes weights of rank 2");
  ir::Builder& b = ctx.b;
  if (!rows) w = b.transpose(w, {1, 0});
  const int64_t size = w.dim(0).size;
  Val unit = w * rsqrt(maximum(b.sum(w * w, {1}, true), 1e-12));
  Val gram = b.matmul(unit, unit, false, true);
  Val diagonal = b.cast(b.compare(ir::Compare::Kind::eq, b.iota({DType::int32, gram.shape()}, 0), b.iota({DType::int32, gram.shape()}, 1)), w.dtype());
  const double pairs = static_cast<double>(size) * static_cast<double>(size - 1) / 2.0;
  return b.sum(abs(gram * (1.0 - diagonal)), {}) * (0.5 * factor / pairs);
}

}  // namespace

Val regularization(CallContext& ctx, const Json& config, Val weight) {
  if (config.is_null() || weight.poisoned()) return {};
  const Json* name = config.is_string() ? &config : config.find("class_name");
  const Json* arguments = config.is_string() ? nullptr : config.find("config");
  if (!name || !name->is_string()) return ctx.fail_value(fmt::format("{} is no regularizer", config.dump()));
  const std::string& kind = name->as_string();
  if (kind == "L1" || kind == "l1") return l1_l2(weight, number_of(arguments, "l1", 0.01), 0);
  if (kind == "L2" || kind == "l2") return l1_l2(weight, 0, number_of(arguments, "l2", 0.01));
  if (kind == "L1L2" || kind == "l1_l2" || kind == "l1l2") return l1_l2(weight, number_of(arguments, "l1", config.is_string() ? 0.01 : 0), number_of(arguments, "l2", config.is_string() ? 0.01 : 0));
  if (kind == "OrthogonalRegularizer" || kind == "orthogonal_regularizer") {
    const Json* mode = arguments ? arguments->find("mode") : nullptr;
    return orthogonal(ctx, weight, number_of(arguments, "factor", 0.01), !(mode && mode->is_string() && mode->as_string() == "columns"));
  }
  return ctx.fail_value(fmt::format("regularizer {} is not known", kind));
}

}  // namespace keratin
