// The layer Merge of Keras 1, which Keras 2.0 still wrote: one class with a mode, now a class for each.
#pragma once

#include "compiler/json/json.h"
#include "ir/support/result.h"

namespace keratin {

/// A serialized Merge ({class_name, config}) as the Add, Multiply, Average, Maximum, Concatenate or Dot of Keras 2 that computes the same.
/// Errors, as phrases behind the layer's path: modes without such a layer (`cos`, Python functions), axes that are no numbers.
Result<Json> modern_merge(const Json& serialized);

}  // namespace keratin
