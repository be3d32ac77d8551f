// Summaries, byte for byte as Keras 3.15 printed them for the same files on a terminal of 80 columns.
#include <catch2/catch.hpp>

#include "compiler/view/summary_text.h"
#include "compiler/view/text_table.h"
#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

std::string recorded(const std::string& name) { return TestFolder::read_whole(KERATIN_CLI_TESTS "/summaries/" + name); }

Outline outline_of_file(const std::string& file) {
  Problems problems;
  std::optional<ReadModel> read = read_graph_of(file, std::nullopt, problems);
  std::optional<Outline> outline = read ? outline_of(*read, problems) : std::nullopt;
  for (const std::string& message : problems.messages()) UNSCOPED_INFO(message);
  REQUIRE(outline);
  return *outline;
}

void check_summary(const std::string& file, const std::string& expected, const SummaryOptions& options = {}) {
  const Result<std::string> text = summary_text(outline_of_file(file), options);
  REQUIRE(text.ok());
  INFO(file);
  CHECK(*text == recorded(expected));
}

TEST_CASE("summaries of recorded cases are Keras's") {
  for (const char* name : {"bidirectional_concat.keras", "embedding.keras", "graph_mixed_float16.keras", "graph_nested_functional.keras", "graph_shared_twice.keras", "gru.keras",
                           "k2_several_inputs_outputs.h5", "k3_json_sharded_lstm.json", "masked_lstm_last.keras", "mha_self.keras"}) {
    const std::string file = name;
    check_summary(case_file(file), file.substr(0, file.find('.')) + ".txt");
  }
}

TEST_CASE("a compiled model's optimizer counts in its summary") { check_summary(KERATIN_EXAMPLES "/digits_cnn.keras", "digits_cnn.txt"); }

TEST_CASE("nested models are expanded, and the terminal's width is Keras's") {
  check_summary(case_file("graph_nested_functional.keras"), "graph_nested_functional_expanded.txt", {80, true});
  check_summary(case_file("graph_nested_functional.keras"), "graph_nested_functional_60_columns.txt", {60, false});
  check_summary(case_file("graph_nested_functional.keras"), "graph_nested_functional_140_columns.txt", {140, false});
}

TEST_CASE("open dimensions are None wherever they reach") { check_summary(KERATIN_CLI_TESTS "/summaries/open_image.json", "open_image.txt"); }

TEST_CASE("a Sequential without input shape shows what is not built") { check_summary(KERATIN_CLI_TESTS "/summaries/not_built.json", "not_built.txt"); }

TEST_CASE("long and wide names wrap as in Keras") { check_summary(KERATIN_CLI_TESTS "/summaries/long_names.json", "long_names.txt"); }

TEST_CASE("words wrap, and what no line holds is cut or folded") {
  CHECK(wrap_text("several words here", 8, false) == std::vector<std::string>{"several ", "words ", "here"});
  CHECK(wrap_text("(None, 12345678901234)", 8, false) == std::vector<std::string>{"(None, ", "1234567…"});
  CHECK(wrap_text("abcdefghij", 4, true) == std::vector<std::string>{"abcd", "efgh", "ij"});
  CHECK(display_width("日本 a\u0301") == 6);
}

TEST_CASE("the tool prints the table, and the same as JSON") {
  const std::string file = "'" + case_file("graph_nested_functional.keras") + "'";
  const ToolRun narrow = run_tool("summary " + file, "COLUMNS=60");
  CHECK(narrow.status == 0);
  CHECK(narrow.out == recorded("graph_nested_functional_60_columns.txt"));
  const ToolRun json = run_tool("summary --json " + file);
  REQUIRE(json.status == 0);
  const Result<Json> parsed = Json::parse(json.out);
  REQUIRE(parsed.ok());
  const Outline outline = outline_of_file(case_file("graph_nested_functional.keras"));
  CHECK(parsed->find("trainable")->find("parameters")->as_int() == outline.trainable.number);
  CHECK(parsed->find("layers")->as_array().size() == outline.layers.size());
}

TEST_CASE("a summary that cannot be is one error") {
  const ToolRun narrow = run_tool("summary '" + case_file("gru.keras") + "'", "COLUMNS=15");
  CHECK(narrow.status == 2);
  CHECK(narrow.err == "error: a terminal of 15 columns is too narrow for a summary\n");
  const ToolRun lambda = run_tool("summary '" + case_file("reject_lambda.keras") + "'");
  CHECK(lambda.status == 2);
  CHECK(lambda.out.empty());
  CHECK(lambda.err.find("Lambda holds Python bytecode") != std::string::npos);
  CHECK(run_tool("summary --json --expand-nested '" + case_file("gru.keras") + "'").status == 2);
}

}  // namespace
}  // namespace keratin
