// keratin summary: the table that Keras prints for the model.
#include <cstdio>

#include "compiler/cli/commands.h"
#include "compiler/view/summary_text.h"
#include "compiler/view/text_table.h"

namespace keratin {

int run_summary(const Options& options) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(options.model, options.weights, problems);
  std::optional<Outline> outline = read ? outline_of(*read, problems) : std::nullopt;
  if (!outline) return report(problems);
  if (options.json) return std::printf("%s\n", summary_json(*outline).dump(2).c_str()), 0;
  const Result<std::string> text = summary_text(*outline, {terminal_columns(), options.expand_nested});
  if (!text) {
    problems.add(text.error());
    return report(problems);
  }
  std::fputs(text->c_str(), stdout);
  return 0;
}

}  // namespace keratin
