// Results against recorded values, array by array (conformance README: keys, measure, limits).
#pragma once

#include <string>
#include <vector>

#include "compiler/data/npz.h"

namespace keratin {

constexpr double kForwardLimit = 1e-5, kGradientLimit = 1e-4;

struct ArrayError {
  std::string name;    // as recorded: `output/probabilities`, `weight_gradient/dense/kernel`
  double error = 0;    // infinity where the arrays cannot be compared
  double limit = 0;
  std::string reason;  // why infinity
  bool passed() const { return error <= limit; }
};

/// Every `output/<name>` of the recorded arrays against the result of that name.
std::vector<ArrayError> forward_errors(const NamedArrays& actual, const NamedArrays& recorded, double limit);

/// Every recorded gradient against `gradient/<path>`; large ones are recorded as their first values, sum and norm. A recorded path may lack
/// outer names, or have more.
std::vector<ArrayError> gradient_errors(const NamedArrays& actual, const NamedArrays& recorded, double limit);

/// The one that failed first, else the one with the largest error; nullptr for none.
const ArrayError* worst_of(const std::vector<ArrayError>& errors);

/// The arrays whose names begin with `prefix`, without it.
NamedArrays below(const NamedArrays& arrays, const std::string& prefix);

}  // namespace keratin
