// keratin plot: the text of the graphs, and what Graphviz makes of it where it is installed.
#include <catch2/catch.hpp>

#include "compiler/build/run_program.h"
#include "compiler/view/plot_text.h"
#include "compiler/pipeline.h"
#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

std::string dot_of(const std::string& file, const std::string& options = "") {
  const TestFolder folder;
  const ToolRun run = run_tool("plot '" + file + "' " + options + " -o " + folder.path("plot.dot"));
  INFO(run.err);
  REQUIRE(run.status == 0);
  return folder.read("plot.dot");
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("a box for each layer with name, class and shapes, an edge for each tensor") {
  const std::string text = dot_of(case_file("gru.keras"));
  CHECK(text.find("<b>rnn</b> (GRU)") != std::string::npos);
  CHECK(text.find("Input shape: <b>(None, 5, 3)</b>") != std::string::npos);
  CHECK(text.find("Output shape: <b>(None, 4)</b>") != std::string::npos);
  CHECK(count(text, "[label=") == count(text, " -> ") + 1);  // a path
}

TEST_CASE("a shared layer is one box that is read twice") {
  const std::string text = dot_of(case_file("graph_shared_twice.keras"));
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(case_file("graph_shared_twice.keras"), std::nullopt, problems);
  REQUIRE(read);
  CHECK(count(text, "[label=") == read->model->layers.size());
}

TEST_CASE("nested models are boxes, or frames around their layers") {
  const std::string file = case_file("graph_nested_functional.keras");
  const std::string closed = dot_of(file), open = dot_of(file, "--expand-nested");
  CHECK(count(closed, "(Functional)") >= 1);
  CHECK(count(closed, "subgraph") == 0);
  CHECK(count(open, "(Functional)") == 0);
  CHECK(count(open, "subgraph cluster_") == count(closed, "(Functional)"));
  CHECK(count(open, " -> ") > count(closed, " -> "));
}

TEST_CASE("the IR has a box for each node, framed by layer") {
  const std::string text = dot_of(case_file("gru.keras"), "--ir");
  CHECK(text.find("rnn/gru_cell/kernel") != std::string::npos);
  CHECK(text.find("label=\"composite gru") != std::string::npos);
  CHECK(text.find("label=\"rnn: GRU(") != std::string::npos);
}

TEST_CASE("the plan is a chart of buffers within the workspace") {
  const std::string file = KERATIN_EXAMPLES "/digits_cnn.keras";
  const std::string text = dot_of(file, "--plan");
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(file, std::nullopt, problems);
  REQUIRE(read);
  const Result<PlannedModel> planned = plan_model(expand_and_bind(*read, {}, problems), file, {});
  REQUIRE(planned.ok());
  const ir::PlannedFunction& predict = planned->plan.functions.back();
  CHECK(text.find("workspace of " + std::to_string(predict.workspace_bytes.at(1)) + " bytes for one example") != std::string::npos);
  size_t scratch = 0;
  for (const ir::Buffer& buffer : predict.buffers) scratch += buffer.role == ir::BufferRole::scratch && buffer.first >= 0;
  CHECK(scratch > 0);
  CHECK(count(text, "tooltip=") == scratch);
}

TEST_CASE("Graphviz draws all of them") {
  if (!find_program("dot")) return;
  const TestFolder folder;
  const std::string model = "'" + case_file("graph_nested_functional.keras") + "'";
  for (const char* what : {"", "--expand-nested", "--ir", "--plan"}) {
    INFO(what);
    const ToolRun run = run_tool("plot " + model + " " + what + " -o " + folder.path("plot.svg"));
    CHECK(run.err.empty());
    CHECK(run.status == 0);
    CHECK(folder.read("plot.svg").find("</svg>") != std::string::npos);
  }
  CHECK(run_tool("plot " + model + " -o " + folder.path("plot.png")).status == 0);
  CHECK(folder.read("plot.png").starts_with("\x89PNG"));
}

TEST_CASE("what cannot be drawn is refused") {
  const TestFolder folder;
  const std::string model = "'" + case_file("gru.keras") + "'";
  const ToolRun format = run_tool("plot " + model + " -o " + folder.path("plot.pdf"));
  CHECK(format.status == 2);
  CHECK(format.err == "error: -o: '" + folder.path("plot.pdf") + "' is no .svg, .png or .dot file\n");
  const ToolRun program = run_tool("plot " + model + " -o " + folder.path("plot.svg"), "PATH=/nonexistent");
  CHECK(program.status == 2);
  CHECK(program.err == "error: plot: the program dot of Graphviz is not on PATH; install it, or ask for a .dot file\n");
  const std::string unbuilt = KERATIN_CLI_TESTS "/summaries/not_built.json";
  const ToolRun connections = run_tool("plot '" + unbuilt + "' -o " + folder.path("plot.dot"));
  CHECK(connections.status == 2);
  CHECK(connections.err == "error: " + unbuilt + ": was saved before it knew its input's shape: nothing connects its layers yet\n");
  CHECK(run_tool("plot " + model + " --shape x=3 -o " + folder.path("plot.dot")).status == 2);
  CHECK(run_tool("plot " + model + " --ir --plan -o " + folder.path("plot.dot")).status == 2);
  CHECK(folder.names().empty());
}

}  // namespace
}  // namespace keratin
