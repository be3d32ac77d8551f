// One function per command, each in a file of its own: reads files first, writes files last.
#pragma once

#include "compiler/cli/options.h"
#include "compiler/pipeline.h"
#include "compiler/problems.h"

namespace keratin {

/// Each returns the exit status: 0 fine, 1 a comparison failed, 2 the user's input is at fault, 3 our bug or a failing compiler.
int run_bench(const Options& options);
int run_check(const Options& options);
int run_check_model(const Options& options);  // `check` with a model in place of --cases
int run_code(const Options& options);
int run_compile(const Options& options);
int run_evaluate(const Options& options);
int run_fit(const Options& options);
int run_layers(const Options& options);
int run_predict(const Options& options);
int run_gradients(const Options& options);
int run_plot(const Options& options);
int run_summary(const Options& options);
int run_weights(const Options& options);

/// What --no-fuse, --no-reuse, --no-recompute and --relaxed ask of the pipeline.
PipelineOptions pipeline_options(const Options& options);

/// Prints each problem as one `error: ...` line to stderr and returns 2.
int report(const Problems& problems);

}  // namespace keratin
