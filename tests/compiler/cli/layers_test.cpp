// The list of layers is complete, and README shows it as it is.
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "compiler/cli/layer_table.h"
#include "compiler/layers/layer.h"
#include "compiler/layers/missing_layers.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

std::set<std::string> keras_layers() {
  std::istringstream lines(TestFolder::read_whole(KERATIN_CLI_TESTS "/keras_layers.txt"));
  std::set<std::string> names;
  for (std::string name; lines >> name;) names.insert(name);
  return names;
}

TEST_CASE("every layer class of Keras is in the registry or in the list of missing ones, not in both") {
  const std::set<std::string> names = keras_layers();
  REQUIRE(names.size() == 145);
  std::set<std::string> missing;
  for (const MissingLayer& layer : missing_layers()) {
    INFO(layer.name);
    CHECK_FALSE(layer.reason.empty());
    CHECK(missing.insert(std::string(layer.name)).second);
    CHECK(names.contains(std::string(layer.name)));
  }
  for (const std::string& name : names) {
    INFO(name << ": a class of layers.def leaves missing_layers.cpp, one without a line there has a reason here");
    CHECK((find_layer(name) != nullptr) != missing.contains(name));
  }
}

TEST_CASE("a line of keratin layers says forward, gradient, or why not") {
  const std::string text = layers_text();
  CHECK(text.find("\nDense                                         forward, gradient\n") != std::string::npos);
  CHECK(text.find("\nLambda                                        no (holds Python bytecode; operations of keras.ops in a functional model do the same)\n") != std::string::npos);
  CHECK(text.find("\nLocallyConnected1D                            forward, gradient; implementation 1, channels_last\n") != std::string::npos);
  CHECK(text.find(".op ") == std::string::npos);
}

TEST_CASE("keratin layers --json has the same") {
  const Json list = layers_json();
  REQUIRE(list.as_array().size() == layer_states().size());
  for (const Json& entry : list.as_array()) {
    if (entry.find("name")->as_string() != "Conv2D") continue;
    CHECK(entry.dump() == R"({"name": "Conv2D", "aliases": ["Convolution2D"], "forward": true, "gradient": true, "remark": ""})");
  }
}

TEST_CASE("README holds the table of keratin layers --markdown") {
  const std::string readme = TestFolder::read_whole(KERATIN_README), begin = "<!-- layers -->\n", end = "<!-- end of layers -->";
  const size_t from = readme.find(begin), to = readme.find(end);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  INFO("put the output of keratin layers --markdown between the two markers");
  CHECK(readme.substr(from + begin.size(), to - from - begin.size()) == layers_markdown());
}

}  // namespace
}  // namespace keratin
