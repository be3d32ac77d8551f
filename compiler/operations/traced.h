// Integers that the graph computes from shapes and constants, such as tf.shape(x)[0] * 4: known to the compiler, linear in the batch size.
#pragma once

#include <optional>
#include <vector>

#include "ir/builder.h"

namespace keratin {

/// The elements of an integer value of rank 0 or 1, or nullopt where they depend on data or are not linear in the batch size.
std::optional<std::vector<ir::Dim>> traced_integers(ir::Val value);

/// The extents of x as an int vector that traced_integers understands.
ir::Val shape_vector(ir::Val x, DType dtype);

}  // namespace keratin
