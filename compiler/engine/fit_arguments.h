// The arguments of keras.Model.fit as JSON: the options of our loop, and what it takes as columns.
#pragma once

#include <utility>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/json/json.h"
#include "ir/support/result.h"
#include "keratin/training/fit.h"

namespace keratin {

struct FitArguments {
  kr::FitOptions options;
  std::vector<std::pair<int64_t, double>> class_weights;  // class and weight
};

/// Those that are left out have Keras's defaults. Errors name the argument.
Result<FitArguments> read_fit(const Json& arguments);

/// `{"0": 1, "1": 2.5}`: class and weight. Errors name the entry.
Result<std::vector<std::pair<int64_t, double>>> read_class_weights(const Json& given);

/// Sample weights by the classes of the targets: class ids, one-hot rows, or bits. Error: targets of a higher rank.
Result<Array> class_weights_of(const Array& targets, const std::vector<std::pair<int64_t, double>>& weights);

}  // namespace keratin
