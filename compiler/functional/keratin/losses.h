// The losses of keras.losses as structs of their arguments, in Keras's order.
#pragma once

#include "keratin/named.h"

namespace keratin::losses {

using functional::Ints;
/// `none` is not among them: a training step needs one number.
using Reduction = functional::OneOf<"sum_over_batch_size", "sum", "mean", "mean_with_sample_weight">;

#define KERATIN_LOSS(Name, ...) KERATIN_NAMED("keras.losses", Name, __VA_ARGS__)

struct BinaryCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  Reduction reduction{};
  std::string name = "binary_crossentropy";
  KERATIN_LOSS(BinaryCrossentropy, name, reduction, from_logits, label_smoothing, axis)
};
struct BinaryFocalCrossentropy {
  bool apply_class_balancing = false;
  double alpha = 0.25, gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  Reduction reduction{};
  std::string name = "binary_focal_crossentropy";
  KERATIN_LOSS(BinaryFocalCrossentropy, name, reduction, from_logits, label_smoothing, axis, apply_class_balancing, alpha, gamma)
};
struct CategoricalCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  Reduction reduction{};
  std::string name = "categorical_crossentropy";
  KERATIN_LOSS(CategoricalCrossentropy, name, reduction, from_logits, label_smoothing, axis)
};
struct CategoricalFocalCrossentropy {
  double alpha = 0.25, gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  int64_t axis = -1;
  Reduction reduction{};
  std::string name = "categorical_focal_crossentropy";
  KERATIN_LOSS(CategoricalFocalCrossentropy, name, reduction, from_logits, label_smoothing, axis, alpha, gamma)
};
struct CategoricalGeneralizedCrossEntropy {
  double q = 0.5;
  Reduction reduction{};
  std::string name = "categorical_generalized_cross_entropy";
  KERATIN_LOSS(CategoricalGeneralizedCrossEntropy, name, reduction, q)
};
struct SparseCategoricalCrossentropy {
  bool from_logits = false;
  std::optional<int64_t> ignore_class{};
  Reduction reduction{};
  int64_t axis = -1;
  std::string name = "sparse_categorical_crossentropy";
  KERATIN_LOSS(SparseCategoricalCrossentropy, name, reduction, from_logits, ignore_class, axis)
};
struct Circle {
  double gamma = 80, margin = 0.4;
  bool remove_diagonal = true;
  Reduction reduction{};
  std::string name = "circle";
  KERATIN_LOSS(Circle, name, reduction, gamma, margin, remove_diagonal)
};
struct CosineSimilarity {
  int64_t axis = -1;
  Reduction reduction{};
  std::string name = "cosine_similarity";
  KERATIN_LOSS(CosineSimilarity, name, reduction, axis)
};
struct Dice {
  Reduction reduction{};
  std::string name = "dice";
  Ints axis{};
  KERATIN_LOSS(Dice, name, reduction, axis)
};
struct Tversky {
  double alpha = 0.5, beta = 0.5;
  Reduction reduction{};
  std::string name = "tversky";
  Ints axis{};
  KERATIN_LOSS(Tversky, name, reduction, alpha, beta, axis)
};
struct Huber {
  double delta = 1;
  Reduction reduction{};
  std::string name = "huber_loss";
  KERATIN_LOSS(Huber, name, reduction, delta)
};

/// The losses without arguments of their own.
#define KERATIN_PLAIN_LOSS(Name, standard) \
  struct Name {                            \
    Reduction reduction{};                 \
    std::string name = standard;           \
    KERATIN_LOSS(Name, name, reduction)    \
  };
KERATIN_PLAIN_LOSS(CTC, "ctc")
KERATIN_PLAIN_LOSS(CategoricalHinge, "categorical_hinge")
KERATIN_PLAIN_LOSS(Hinge, "hinge")
KERATIN_PLAIN_LOSS(KLDivergence, "kl_divergence")
KERATIN_PLAIN_LOSS(LogCosh, "log_cosh")
KERATIN_PLAIN_LOSS(MeanAbsoluteError, "mean_absolute_error")
KERATIN_PLAIN_LOSS(MeanAbsolutePercentageError, "mean_absolute_percentage_error")
KERATIN_PLAIN_LOSS(MeanSquaredError, "mean_squared_error")
KERATIN_PLAIN_LOSS(MeanSquaredLogarithmicError, "mean_squared_logarithmic_error")
KERATIN_PLAIN_LOSS(Poisson, "poisson")
KERATIN_PLAIN_LOSS(SquaredHinge, "squared_hinge")
#undef KERATIN_PLAIN_LOSS
#undef KERATIN_LOSS

}  // namespace keratin::losses
