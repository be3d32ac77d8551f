// Keras's summary of a model (keras.src.utils.summary_utils.print_summary), as text without colour and as JSON.
#pragma once

#include <string>

#include "compiler/view/outline.h"

namespace keratin {

struct SummaryOptions {
  int columns = 80;            // of the terminal; Keras leaves four of them free and takes 88 at most, 108 with connections
  bool expand_nested = false;  // rows for the layers of nested models
};

/// Byte for byte what Keras prints for the model opened from its file. Errors: the terminal is too narrow.
Result<std::string> summary_text(const Outline& outline, const SummaryOptions& options);

/// {name, class_name, layers: [{name, class_name, output_shapes, parameters, built, connected_to, layers}], total, trainable,
/// non_trainable, optimizer: {parameters, bytes}}; None is null.
Json summary_json(const Outline& outline);

/// `(None, 10)`.
std::string shape_text(const OpenShape& shape);

}  // namespace keratin
