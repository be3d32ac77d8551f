// keratin layers: every layer class and what is supported of it.
#include <cstdio>

#include "compiler/cli/commands.h"
#include "compiler/cli/layer_table.h"

namespace keratin {

int run_layers(const Options& options) {
  const std::string text = options.json ? layers_json().dump(2) + "\n" : options.markdown ? layers_markdown() : layers_text();
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace keratin
