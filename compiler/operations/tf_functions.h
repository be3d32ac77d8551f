// TensorFlow's functions as tf.keras files name them: each is an operation of ours under other argument names, or has a meaning of its own.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "compiler/operations/operation.h"

namespace keratin {

struct TfFunction {
  std::string_view name;       // `math.reduce_mean`
  std::string_view operation;  // Keras's class: `Mean`; empty where `build` is set
  /// The function's arguments in order, each with the operation's name for it where that differs: `input_tensor:x axis keepdims`.
  std::string_view arguments;
  Json::Object defaults;       // what TensorFlow takes where the call says nothing, under the operation's names
  std::function<Vals(Arguments&)> build;
};

using TfTable = std::vector<TfFunction>;

/// Plain renamings, and functions with a meaning of their own.
const TfTable& tf_renamed_functions();
const TfTable& tf_special_functions();

/// The function of that name, with `tf.` or `compat.v1.` in front or not; nullptr where it is not supported.
const TfFunction* find_tf_function(std::string_view name);

/// Runs it on a call's arguments under TensorFlow's names.
KTensors run_tf_function(const TfFunction& function, CallContext& ctx, const CallInputs& inputs);

}  // namespace keratin
