// Losses as Keras computes them: values per example, then mask, sample weights and reduction. One row of losses.cpp per loss.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/json/json.h"
#include "ir/builder.h"

namespace keratin {

using ir::Val;

/// A loss of a compile configuration, read and checked.
struct Loss {
  const struct LossDefinition* definition = nullptr;
  std::string reduction = "sum_over_batch_size";  // sum_over_batch_size | sum | mean_with_sample_weight | none
  bool from_logits = false;
  int axis = -1;
};

/// Reads a name (`mse`), or an object with class_name and config. Errors name the loss or the argument.
Result<Loss> read_loss(const Json& spec);

/// The scalar that keras.losses.Loss.__call__ gives. `mask` is the prediction's own, `weight` the sample weights; both may be poisoned.
Val loss_value(const Loss& loss, Val y, Val prediction, Val mask, Val weight);

/// The values in front of a final softmax or sigmoid, which the TensorFlow backend computes cross-entropies from; poisoned where there is none.
Val recovered_logits(Val prediction);

/// y with the rank of the prediction: a last axis of extent 1 dropped or added (keras.losses.loss.squeeze_or_expand_to_same_rank).
Val same_rank(Val y, Val prediction);

}  // namespace keratin
