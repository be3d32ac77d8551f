#include "compiler/problems.h"

namespace keratin {

void Problems::add(std::string message) {
  if (known_.insert(message).second) messages_.push_back(std::move(message));
}

}  // namespace keratin
