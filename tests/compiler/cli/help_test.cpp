// Every verb has a help text with an example that the tool itself can parse.
#include <catch2/catch.hpp>

#include "tests/compiler/cli/run_tool.h"

namespace keratin {
namespace {

TEST_CASE("every verb's help ends with an example of that verb") {
  const ToolRun all = run_tool("--help");
  CHECK(all.status == 0);
  for (const std::string verb : {"bench", "check", "compile", "gradients", "layers", "plot", "predict", "summary", "weights"}) {
    INFO(verb);
    CHECK(all.out.find("\n  " + verb) != std::string::npos);
    const ToolRun help = run_tool(verb + " --help");
    CHECK(help.status == 0);
    CHECK(help.out.find("Example:\n  keratin " + verb) != std::string::npos);
  }
}

TEST_CASE("README lists every verb") {
  const std::string readme = TestFolder::read_whole(KERATIN_README);
  for (const std::string verb : {"bench", "check", "compile", "gradients", "layers", "plot", "predict", "summary", "weights"}) {
    INFO(verb);
    CHECK(readme.find("| `keratin " + verb) != std::string::npos);
  }
}

}  // namespace
}  // namespace keratin
