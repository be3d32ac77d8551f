// The measure of recorded cases (conformance README): max|a - b| / max(1, max|b|), with two guards.
#pragma once

#include <string>

#include "compiler/data/array.h"

namespace keratin {

struct Difference {
  double error = 0;     // infinity where shapes differ, or infinities and NaN stand at other places
  std::string reason;   // why infinity
};

/// `expected` is the recorded array. Besides the measure, |a - b| may not exceed a tenth of |b| in L2 norm where any value is above 1e-6.
Difference compare_arrays(const Array& actual, const Array& expected);

}  // namespace keratin
