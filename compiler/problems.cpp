#include "compiler/problems.h"

#include <algorithm>

namespace keratin {

void Problems::add(std::string message) {
  if (std::find(messages_.begin(), messages_.end(), message) == messages_.end()) messages_.push_back(std::move(message));
}

}  // namespace keratin
