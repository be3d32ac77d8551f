// keratin plot: the model, its IR or the memory of its code as a drawing.
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdlib.h>

#include "compiler/build/run_program.h"
#include "compiler/cli/commands.h"
#include "compiler/cli/plot_text.h"
#include "compiler/pipeline.h"
#include "compiler/write_files.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

/// Zeros where weights would be: the plan is the same for all values, but wants some.
void fill_with_zeros(ir::Program& program) {
  for (ir::Variable& variable : program.variables)
    if (!variable.initial) variable.initial = std::make_shared<const ir::Tensor>(variable.type.dtype, variable.type.shape.at(0));
}

std::optional<std::string> compiler_dot(ReadModel& read, const Options& options, Problems& problems) {
  ExpandOptions expansion;
  expansion.shapes = options.shapes;
  ExpandedModel expanded = expand(*read.model, options.model, expansion, problems);
  if (!problems.empty()) return std::nullopt;
  if (options.ir) {
    optimize(expanded.program);
    return ir_dot(expanded.program);
  }
  fill_with_zeros(expanded.program);
  Result<PlannedModel> planned = plan_model(std::move(expanded), options.model, {});
  if (!planned) return problems.add(planned.error()), std::nullopt;
  return memory_dot(planned->plan);
}

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder that is gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "keratin_plot_XXXXXX").string();
    if (::mkdtemp(name.data())) path = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

/// What Graphviz makes of the text; `format` is svg or png.
Result<std::string> drawn(const std::string& text, const std::string& format) {
  const std::optional<std::string> program = find_program("dot");
  if (!program) return Error{"plot: the program dot of Graphviz is not on PATH; install it, or ask for a .dot file"};
  const Folder folder;
  if (folder.path.empty()) return Error{"plot: no folder for temporary files can be made"};
  const fs::path source = folder.path / "plot.dot", target = folder.path / ("plot." + format), log = folder.path / "log";
  if (Result<Done> written = write_file(source.string(), text); !written) return Error{written.error()};
  if (!run_program({*program, "-T" + format, "-o", target.string(), source.string()}, log.string()))
    return Error{fmt::format("plot: {} failed: {}", *program, read_whole(log))};
  return read_whole(target);
}

}  // namespace

int run_plot(const Options& options) {
  Problems problems;
  const std::string format = fs::path(options.output_file).extension().string();
  if (format != ".svg" && format != ".png" && format != ".dot") problems.add(fmt::format("-o: '{}' is no .svg, .png or .dot file", options.output_file));
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  if (!read || !problems.empty()) return report(problems);
  std::optional<std::string> text;
  if (options.ir || options.plan) {
    text = compiler_dot(*read, options, problems);
  } else if (read->model->unbuilt) {
    problems.add(fmt::format("{}: was saved before it knew its input's shape: nothing connects its layers yet", options.model));
  } else if (const std::optional<Outline> outline = outline_of(*read, problems)) {
    text = model_dot(*outline, options.expand_nested);
  }
  if (!text) return report(problems);
  Result<std::string> image = format == ".dot" ? Result<std::string>(*text) : drawn(*text, format.substr(1));
  if (!image) problems.add(image.error());
  else if (Result<Done> written = write_file(options.output_file, *image); !written) problems.add(written.error());
  return problems.empty() ? 0 : report(problems);
}

}  // namespace keratin
