// keratin code: the model as C++ source that builds it with the functional API.
#include <cstdio>
#include <fmt/format.h>

#include "codegen/names.h"
#include "compiler/cli/commands.h"
#include "compiler/functional/api_code.h"
#include "compiler/write_files.h"

namespace keratin {

int run_code(const Options& options) {
  Problems problems;
  if (!options.name.empty() && !is_identifier(options.name)) problems.add(fmt::format("--name: '{}' is no C++ identifier; '{}' is", options.name, identifier(options.name)));
  const std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read || !problems.empty()) return report(problems);
  const std::string function = options.name.empty() ? "build_" + identifier(read->model->name) : options.name;
  const Result<std::string> code = functional::api_code(*read->model, read->file.config, function);
  if (!code) problems.add(fmt::format("{}: {}", options.model, code.error()));
  else if (options.output_file.empty()) std::fputs(code->c_str(), stdout);
  else if (const Result<Done> written = write_file(options.output_file, *code); !written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
