#include <cstdio>

#include "compiler/cli/commands.h"

namespace keratin {

int report(const Problems& problems) {
  for (const std::string& message : problems.messages()) std::fprintf(stderr, "error: %s\n", message.c_str());
  return 2;
}

PipelineOptions pipeline_options(const Options& options) {
  PipelineOptions pipeline;
  pipeline.plan.fuse = !options.no_fuse;
  pipeline.plan.reuse = !options.no_reuse;
  pipeline.recompute = !options.no_recompute;
  pipeline.plan.relaxed = options.relaxed;
  return pipeline;
}

}  // namespace keratin
