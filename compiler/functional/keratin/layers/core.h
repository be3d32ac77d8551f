// Activation, Embedding, Masking, Identity, ActivityRegularization (keras.layers).
#pragma once

#include "keratin/arguments.h"

namespace keratin::layers {

/// The arguments of Activation.
struct ActivationArguments {
  NamedOnly named_only{};
  ActivationFunction activation{};  // required
  Regularizer activity_regularizer{};
  KERATIN_ARGUMENTS(activation, activity_regularizer)
  static void resolve(ActivationArguments& arguments) {
    if (arguments.activation.json().is_null()) functional::fail_missing("activation");
  }
};

/// Applies a function to every element (softmax: along the last axis).
class Activation : public Layer {
 public:
  using Arguments = ActivationArguments;
  explicit Activation(Arguments arguments);
  explicit Activation(ActivationFunction activation, Arguments arguments = {})
      : Activation((arguments.activation = std::move(activation), std::move(arguments))) {}
};

/// The arguments of Embedding.
struct EmbeddingArguments {
  NamedOnly named_only{};
  Positive input_dim{}, output_dim{};
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer{}, activity_regularizer{};
  Constraint embeddings_constraint{};
  bool mask_zero = false;
  KERATIN_ARGUMENTS(input_dim, output_dim, embeddings_initializer, embeddings_regularizer, activity_regularizer, embeddings_constraint,
                    mask_zero)
  static constexpr const char* kUnused[] = {"quantization_config"};
};

/// Rows of a table by ids: (...) -> (..., output_dim); with mask_zero id 0 is masked.
class Embedding : public Layer {
 public:
  using Arguments = EmbeddingArguments;
  explicit Embedding(Arguments arguments);
  Embedding(int64_t input_dim, int64_t output_dim, Arguments arguments = {})
      : Embedding((arguments.input_dim = input_dim, arguments.output_dim = output_dim, std::move(arguments))) {}
};

/// The arguments of Masking.
struct MaskingArguments {
  NamedOnly named_only{};
  double mask_value = 0;
  KERATIN_ARGUMENTS(mask_value)
};

/// Masks the steps whose features all equal mask_value.
class Masking : public Layer {
 public:
  using Arguments = MaskingArguments;
  explicit Masking(Arguments arguments = {});
};

/// The arguments of Identity.
struct IdentityArguments {
  NamedOnly named_only{};
  KERATIN_ARGUMENTS()
};

/// Gives what it takes.
class Identity : public Layer {
 public:
  using Arguments = IdentityArguments;
  explicit Identity(Arguments arguments = {});
};

/// The arguments of ActivityRegularization.
struct ActivityRegularizationArguments {
  NamedOnly named_only{};
  double l1 = 0, l2 = 0;
  KERATIN_ARGUMENTS(l1, l2)
};

/// Gives what it takes and adds l1 * sum |x| + l2 * sum x^2, per example, to the loss.
class ActivityRegularization : public Layer {
 public:
  using Arguments = ActivityRegularizationArguments;
  explicit ActivityRegularization(Arguments arguments = {});
};

}  // namespace keratin::layers
