#include "compiler/training/losses.h"

#include <fmt/format.h>

#include "compiler/activations/functions.h"

namespace keratin {

struct LossDefinition {
  std::string_view class_name;
  std::vector<std::string_view> names;  // of the function, and short ones
  bool has_logits = false;              // takes from_logits
  Val (*values)(const Loss&, Val y, Val prediction);  // one per example and position
};

namespace {

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

Val mean_last(Val x) { return x.builder().mean(x, {-1}); }
Val squared(Val x) { return x * x; }

Val clipped(Val p) { return minimum(maximum(p, kEpsilon), 1 - kEpsilon); }

/// -log softmax(logits)[label]: tf.nn.sparse_softmax_cross_entropy_with_logits.
Val sparse_cross_entropy(Val label, Val logits) {
  ir::Builder& b = logits.builder();
  const int64_t classes = logits.dim(-1).size;
  const Val chosen = b.one_hot(b.cast(label, DType::int32), classes, logits.dtype());
  return -b.sum(chosen * log_softmax(logits, {logits.rank() - 1}), {-1});
}

Val mean_squared_error(const Loss&, Val y, Val prediction) { return mean_last(squared(prediction - same_rank(y, prediction))); }
Val mean_absolute_error(const Loss&, Val y, Val prediction) { return mean_last(abs(prediction - same_rank(y, prediction))); }

Val sparse_categorical_crossentropy(const Loss& loss, Val y, Val prediction) {
  ir::Builder& b = prediction.builder();
  if (y.rank() == prediction.rank() && y.dim(-1).is_one()) y = b.squeeze(y, {y.rank() - 1});
  const Val logits = loss.from_logits ? prediction : recovered_logits(prediction);
  return sparse_cross_entropy(y, logits.poisoned() ? log(clipped(prediction)) : logits);
}

Val categorical_crossentropy(const Loss& loss, Val y, Val prediction) {
  ir::Builder& b = prediction.builder();
  const Val logits = loss.from_logits ? prediction : recovered_logits(prediction);
  if (!logits.poisoned()) return -b.sum(y * log_softmax(logits, {logits.rank() - 1}), {-1});
  return -b.sum(y * log(clipped(prediction / b.sum(prediction, {-1}, true))), {-1});
}

Val binary_crossentropy(const Loss& loss, Val y, Val prediction) {
  y = same_rank(y, prediction);
  const Val logits = loss.from_logits ? prediction : recovered_logits(prediction);
  if (logits.poisoned()) {
    const Val p = clipped(prediction);
    return mean_last(-(y * log(p) + (1.0 - y) * log(1.0 - p)));
  }
  // tf.nn.sigmoid_cross_entropy_with_logits: max(z, 0) - z y + log(1 + exp(-|z|)).
  return mean_last(maximum(logits, 0) - logits * y + prediction.builder().unary(ir::Unary::Kind::log1p, exp(-abs(logits))));
}

const std::vector<LossDefinition>& losses() {
  static const std::vector<LossDefinition> table = {
      {"BinaryCrossentropy", {"binary_crossentropy", "bce"}, true, binary_crossentropy},
      {"CategoricalCrossentropy", {"categorical_crossentropy"}, true, categorical_crossentropy},
      {"MeanAbsoluteError", {"mean_absolute_error", "mae"}, false, mean_absolute_error},
      {"MeanSquaredError", {"mean_squared_error", "mse"}, false, mean_squared_error},
      {"SparseCategoricalCrossentropy", {"sparse_categorical_crossentropy"}, true, sparse_categorical_crossentropy},
  };
  return table;
}

const LossDefinition* find_loss(std::string_view name) {
  for (const LossDefinition& loss : losses()) {
    if (loss.class_name == name) return &loss;
    for (std::string_view alias : loss.names)
      if (alias == name) return &loss;
  }
  return nullptr;
}

/// Weights with the rank of the values: an axis of extent 1 comes or goes at the end.
Val fitted(Val weight, Val values) {
  ir::Builder& b = values.builder();
  if (weight.rank() == values.rank() + 1 && weight.dim(-1).is_one()) weight = b.squeeze(weight, {weight.rank() - 1});
  while (!weight.poisoned() && weight.rank() < values.rank()) weight = b.expand_dims(weight, -1);
  return b.cast(weight, values.dtype());
}

}  // namespace

Result<Loss> read_loss(const Json& spec) {
  Loss loss;
  std::string name;
  const Json* config = nullptr;
  if (spec.is_string()) name = spec.as_string();
  if (const Json* class_name = spec.find("class_name"); class_name && class_name->is_string()) {
    name = class_name->as_string();
    config = spec.find("config");
  }
  if (name == "function" && config && config->is_string()) {
    name = config->as_string();
    config = nullptr;
  }
  loss.definition = find_loss(name);
  if (!loss.definition) return Error{fmt::format("loss: {} is not supported", name.empty() ? spec.dump() : "'" + name + "'")};
  if (!config || !config->is_object()) return loss;
  for (const auto& [key, value] : config->as_object()) {
    if (key == "name" || key == "dtype" || key == "fn") continue;
    if (key == "reduction" && value.is_string()) {
      loss.reduction = value.as_string();
      if (loss.reduction != "sum_over_batch_size" && loss.reduction != "sum") return Error{fmt::format("loss: {}: reduction: '{}' is not supported", name, loss.reduction)};
    } else if (key == "from_logits" && loss.definition->has_logits && value.is_bool()) {
      loss.from_logits = value.as_bool();
    } else if ((key == "label_smoothing" && value.is_number() && value.as_double() == 0) || (key == "axis" && value == Json(-1)) || (key == "ignore_class" && value.is_null())) {
      continue;
    } else {
      return Error{fmt::format("loss: {}: {} {} is not supported", name, key, value.dump())};
    }
  }
  return loss;
}

Val recovered_logits(Val prediction) {
  ir::Builder& b = prediction.builder();
  for (const ir::Node& node : b.function().nodes) {
    if (node.outputs[0] != prediction.id()) continue;
    const auto* composite = node.op.as<ir::Composite>();
    const auto* unary = node.op.as<ir::Unary>();
    if ((composite && composite->kind == "softmax") || (unary && unary->kind == ir::Unary::Kind::sigmoid)) return Val(&b, node.inputs[0]);
  }
  return {};
}

Val same_rank(Val y, Val prediction) {
  ir::Builder& b = prediction.builder();
  if (y.rank() == prediction.rank() + 1 && y.dim(-1).is_one()) y = b.squeeze(y, {y.rank() - 1});
  else if (y.rank() + 1 == prediction.rank() && prediction.dim(-1).is_one()) y = b.expand_dims(y, -1);
  return b.cast(y, prediction.dtype());
}

Val loss_value(const Loss& loss, Val y, Val prediction, Val mask, Val weight) {
  ir::Builder& b = prediction.builder();
  Val values = loss.definition->values(loss, y, prediction);
  if (values.poisoned()) return values;
  const auto count = [&](Val x) {
    Val total = b.number(values.dtype(), 1);
    for (int axis = 0; axis < x.rank(); ++axis) total = total * b.size(x.dim(axis), values.dtype());
    return total;
  };
  if (!mask.poisoned()) {
    // Kept entries weigh total / kept, so that the mean over all is the mean over them (keras.losses.loss.apply_mask).
    mask = b.cast(mask, values.dtype());
    if (loss.reduction != "sum") mask = mask * (count(mask) / (b.sum(mask, {}) + kEpsilon));
    weight = weight.poisoned() ? mask : fitted(weight, mask) * mask;
  }
  if (!weight.poisoned()) values = values * fitted(weight, values);
  const Val sum = b.sum(values, {});
  return loss.reduction == "sum" ? sum : sum / count(values);
}

}  // namespace keratin
