// keratin check MODEL [CASE.npz].
#include <catch2/catch.hpp>

#include "compiler/data/npz.h"
#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

std::string quoted(const std::string& name) { return "'" + case_file(name) + "'"; }

TEST_CASE("recorded values pass array by array") {
  const ToolRun run = run_tool("check " + quoted("gru.keras") + " " + quoted("gru.npz") + " --engine reference");
  INFO(run.err);
  CHECK(run.status == 0);
  for (const char* name : {"ok   output/rnn ", "ok   input_gradient/x ", "ok   weight_gradient/rnn/gru_cell/kernel ", " of 1e-05\n", " of 1e-04\n"}) {
    INFO(name);
    CHECK(run.out.find(name) != std::string::npos);
  }
  CHECK(run_tool("check " + quoted("gru.keras") + " " + quoted("gru.npz") + " --engine reference --quiet").out.empty());
}

TEST_CASE("a wrong value fails with the name of its array") {
  const TestFolder folder;
  NamedArrays arrays = *read_arrays(case_file("gru.npz"));
  for (auto& [name, array] : arrays)
    if (name == "output/rnn") array.data<float>()[3] += 0.001f;
  REQUIRE(write_npz(folder.path("wrong.npz"), arrays).ok());
  const ToolRun run = run_tool("check " + quoted("gru.keras") + " " + folder.path("wrong.npz") + " --engine reference --quiet");
  CHECK(run.status == 1);
  CHECK(run.out.starts_with("FAIL output/rnn "));
  CHECK(run.out.find("1.00e-03 of 1e-05") != std::string::npos);
}

TEST_CASE("emitted code is compared with the reference engine on inputs of the tool's own") {
  const TestFolder cache;
  for (const char* name : {"embedding.keras", "graph_nested_functional.keras"}) {
    const ToolRun run = run_tool("check " + quoted(name), "KERATIN_CACHE_DIR=" + cache.path("cache"));
    INFO(name << run.err);
    CHECK(run.status == 0);
    CHECK(run.out.starts_with("ok   output/"));
  }
}

TEST_CASE("a check says what it lacks") {
  const TestFolder folder;
  CHECK(run_tool("check").status == 2);
  CHECK(run_tool("check " + quoted("gru.keras") + " --engine reference").status == 2);
  CHECK(run_tool("check " + quoted("gru.keras") + " --cases " + folder.path("")).status == 2);
  CHECK(run_tool("check " + quoted("gru.keras") + " --filter x").status == 2);
  REQUIRE(write_npz(folder.path("inputs.npz"), {{"input/x", find_array(*read_arrays(case_file("gru.npz")), "input/x")->to(DType::float32)}}).ok());
  const ToolRun nothing = run_tool("check " + quoted("gru.keras") + " " + folder.path("inputs.npz") + " --engine reference");
  CHECK(nothing.status == 2);
  CHECK(nothing.err == "error: " + folder.path("inputs.npz") + ": records no output/<name>\n");
}

}  // namespace
}  // namespace keratin
