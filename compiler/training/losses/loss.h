// Losses as Keras computes them: values per example, then mask, sample weights and reduction. A loss is one function in the file of its
// kind and one row in losses.cpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/training/arguments.h"
#include "ir/builder.h"

namespace keratin {

using ir::Val;
using ir::Vals;

/// One number per example (and position), with the mask that the loss itself makes (ignored classes); poisoned: none.
struct LossValues {
  Val values;
  Val mask{};
};

/// A loss with its arguments bound, before the reduction: (targets, predictions). Targets have the predictions' dtype, or are integers.
using LossFunction = std::function<LossValues(Val y, Val prediction)>;

struct LossDefinition {
  std::string_view class_name;
  std::vector<std::string_view> short_names;
  LossFunction (*create)(TrainingArguments&);
};

/// All losses, sorted by class name.
const std::vector<LossDefinition>& loss_definitions();
/// By class name, function name or short name; nullptr: none.
const LossDefinition* find_loss(std::string_view name);

/// A loss of a compile configuration, read and checked.
struct Loss {
  std::string name;
  std::string reduction = "sum_over_batch_size";  // sum_over_batch_size | mean | sum | mean_with_sample_weight | none
  LossFunction values;                            // empty: crossentropy, chosen by shapes (`crossentropy`, `ce`)
};

/// Reads a name (`mse`), or an object with class_name and config. Errors name the loss or the argument.
Result<Loss> read_loss(const Json& spec);

/// The scalar that keras.losses.Loss.__call__ gives. `mask` is the prediction's own, `weight` the sample weights; both may be poisoned.
Val loss_value(const Loss& loss, Val y, Val prediction, Val mask, Val weight);

// ---- what losses and metrics share
inline constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

/// The values in front of a final softmax or sigmoid, which the TensorFlow backend computes cross-entropies from; poisoned where there is none.
Val recovered_logits(Val prediction);
/// Both with one rank: a last axis of extent 1 is dropped or added (keras.losses.loss.squeeze_or_expand_to_same_rank).
void to_same_rank(Val& a, Val& b, bool expand_rank_1 = true);
/// Sample weights times the mask, which counts total / kept where the reduction is a mean; poisoned where both are.
Val masked_weight(Val weight, Val mask, bool mean);
/// The binary or categorical cross-entropy that `accuracy` and `crossentropy` stand for, from shapes.
enum class LabelKind : uint8_t { binary, sparse, categorical };
LabelKind label_kind(Val y, Val prediction);
/// A loss of targets and predictions that are combined element by element: targets are cast, `same_rank` gives both one rank, and shapes that
/// do not fit are an error.
LossFunction elementwise(LossFunction values, bool same_rank = false);
/// Nodes added from here on belong to this part of the training step, which no layer is.
void begin_part(ir::Builder& b, const std::string& path, const std::string& description);
/// x / y, 0 where y is 0.
Val divide_no_nan(Val x, Val y);
Val square(Val x);
/// x / max(|x|, epsilon) along an axis.
Val normalized(Val x, int axis);
/// The number of elements as a scalar.
Val element_count(Val x, DType dtype);

// ---- families, one file each
namespace losses {
LossFunction mean_squared_error(TrainingArguments&);
LossFunction mean_absolute_error(TrainingArguments&);
LossFunction mean_absolute_percentage_error(TrainingArguments&);
LossFunction mean_squared_logarithmic_error(TrainingArguments&);
LossFunction huber(TrainingArguments&);
LossFunction log_cosh(TrainingArguments&);
LossFunction cosine_similarity(TrainingArguments&);
LossFunction poisson(TrainingArguments&);
LossFunction kl_divergence(TrainingArguments&);

LossFunction hinge(TrainingArguments&);
LossFunction squared_hinge(TrainingArguments&);
LossFunction categorical_hinge(TrainingArguments&);

LossFunction binary_crossentropy(TrainingArguments&);
LossFunction binary_focal_crossentropy(TrainingArguments&);
LossFunction categorical_crossentropy(TrainingArguments&);
LossFunction categorical_focal_crossentropy(TrainingArguments&);
LossFunction categorical_generalized_cross_entropy(TrainingArguments&);
LossFunction sparse_categorical_crossentropy(TrainingArguments&);

LossFunction dice(TrainingArguments&);
LossFunction tversky(TrainingArguments&);
LossFunction circle(TrainingArguments&);
LossFunction ctc(TrainingArguments&);
}  // namespace losses

}  // namespace keratin
