// Recorded cases as data of handles.
#pragma once

#include <filesystem>
#include <keratin/model.h>
#include <map>
#include <string>

#include "compiler/data/npz.h"

namespace recorded {

/// The limits of the cases that have their own.
class Limits {
 public:
  std::map<std::string, double> own;
  double of(const std::string& name) const;
};
Limits limits_of(const std::filesystem::path& folder);

/// The worst of the recorded outputs, or why there are none; empty: all within the limit.
std::string difference(const keratin::functional::Model& model, const keratin::NamedArrays& recorded, double limit);

/// Whether some input or output is text, which handles do not take.
bool has_texts(const keratin::NamedArrays& arrays);

}  // namespace recorded
