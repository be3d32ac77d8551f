#include <cstdio>

#include "compiler/cli/commands.h"

namespace keratin {

int report(const Problems& problems) {
  for (const std::string& message : problems.messages()) std::fprintf(stderr, "error: %s\n", message.c_str());
  return 2;
}

}  // namespace keratin
