#include <cstdio>
#include <fmt/format.h>

#include "compiler/cli/commands.h"
#include "compiler/data/file_bytes.h"
#include "compiler/pipeline.h"
#include "compiler/write_files.h"

namespace keratin {

int run_compile(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read) return report(problems);
  ExpandOptions expansion;
  expansion.batch = options.batch;
  expansion.shapes = options.shapes;
  ExpandedModel expanded = expand_and_bind(*read, expansion, problems);
  if (!problems.empty()) return report(problems);
  if (options.stop_after == "expand") return std::fputs(ir::print(expanded.program).c_str(), stdout), 0;
  if (options.stop_after == "optimize") {
    optimize(expanded.program);
    return std::fputs(ir::print(expanded.program).c_str(), stdout), 0;
  }
  PipelineOptions pipeline;
  pipeline.plan.fuse = !options.no_fuse;
  pipeline.plan.reuse = !options.no_reuse;
  pipeline.plan.relaxed = options.relaxed;
  Result<PlannedModel> planned = plan_model(std::move(expanded), options.model, pipeline);
  if (!planned) problems.add(planned.error());
  if (!problems.empty()) return report(problems);
  if (options.stop_after == "plan") return std::fputs(print(planned->plan).c_str(), stdout), 0;
  const Bundle bundle = emit(planned->plan, emit_options(*read, *planned->program, options.name, options.name_space));
  if (Result<Done> written = write_bundle(bundle, options.directory); !written) {
    problems.add(written.error());
    return report(problems);
  }
  if (options.verbose) std::fputs(print(planned->plan).c_str(), stderr);
  return 0;
}

}  // namespace keratin
