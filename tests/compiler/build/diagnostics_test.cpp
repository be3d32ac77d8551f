// Emitted sources that are broken on purpose: what the compiler says names the layer.
#include "compiler/build/diagnostics.h"

#include <algorithm>

#include "tests/compiler/build/build_test.h"

namespace keratin {
namespace {

/// The golden bundle `training`, with one text of its training code replaced.
class Broken {
 public:
  Broken(const std::string& text, const std::string& replacement) {
    for (const char* name : {"training.h", "training_train.cpp"}) files.push_back({name, TestFolder::read_whole(std::string(KERATIN_GOLDEN) + "/training/" + name)});
    std::string& source = files[1].content;
    const size_t at = source.find(text);
    REQUIRE(at != std::string::npos);
    line = static_cast<size_t>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), '\n')) + 1;
    source.replace(at, text.size(), replacement);
  }

  /// The message's line about the place that was changed.
  std::string message(Builder builder) const {
    try {
      build({files, {"-O0"}, builder});
    } catch (const BuildFailure& failure) {
      const std::string begin = fmt::format("\ntraining_train.cpp:{}:", line);
      const size_t at = failure.message.find(begin);
      return at == std::string::npos ? failure.message : failure.message.substr(at + 1, failure.message.find('\n', at + 1) - at - 1);
    }
    return "";
  }

  std::vector<EmittedFile> files;
  size_t line = 0;
};

bool names(const std::string& message, const std::string& layer) { return message.find("no_such") != std::string::npos && message.ends_with(" (of " + layer + ")"); }

TEST_CASE("a wrong call is the layer's whose paragraph it is in") {
  const TestFolder folder;
  const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
  const Broken first("kr::matmul<float, false, ThenAddTanh", "kr::no_such<float");
  const Broken second("kr::matmul<float, true, ThenMulSubMul", "kr::no_such<float");
  const Broken update("o.hidden_bias_momentum, {1}), kr::out", "o.no_such, {1}), kr::out");
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    CHECK(names(first.message(builder), "hidden: Dense(7, tanh)"));
    CHECK(names(second.message(builder), "out: Dense(3), gradient + hidden: Dense(7, tanh), gradient"));
    CHECK(names(update.message(builder), "update of hidden/bias"));
  }
}

TEST_CASE("a wrong function of elements is the layer's that uses it first; what is no layer's names none") {
  const TestFolder folder;
  const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
  const Broken function("return kr::tanh(x + y);", "return kr::no_such(x + y);");
  const Broken entry("if (!space.holds(batch))", "if (!space.no_such(batch))");
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    CHECK(names(function.message(builder), "hidden: Dense(7, tanh)"));
    const std::string none = entry.message(builder);
    CHECK(none.find("no_such") != std::string::npos);
    CHECK(none.find("(of ") == std::string::npos);
  }
}

TEST_CASE("places are those of the bundle's files") {
  const std::string source =
      "struct Sum {\n  int x;  // one\n};\n\nint block(int n) {\n  (void)n;\n\n  // a: Dense(3)        x[2] -> y[3]\n  f(1);\n  for (;;) {\n    f(2);\n  }\n\n  // b: LSTM(3)\n  f(Sum{});\n\n  return 0;\n}\n";
  const std::vector<EmittedFile> files = {{"m.h", ""}, {"m.cpp", source}};
  for (size_t line : {8u, 9u, 10u, 11u, 12u}) CHECK(layer_of(source, line) == "a: Dense(3)");
  for (size_t line : {1u, 2u, 14u, 15u}) CHECK(layer_of(source, line) == "b: LSTM(3)");
  for (size_t line : {0u, 4u, 5u, 6u, 7u, 13u, 17u, 18u, 19u, 90u}) CHECK(layer_of(source, line) == "");
  CHECK(with_layers("/some where/m.cpp:9:3: error: no f\n", files) == "m.cpp:9:3: error: no f (of a: Dense(3))\n");
  CHECK(with_layers("m.cpp:15: allocates memory", files) == "m.cpp:15: allocates memory (of b: LSTM(3))");
  CHECK(with_layers("/x/m.h:3:1: error: no", files) == "m.h:3:1: error: no");
  for (const char* other : {"/x/other.cpp:9:3: error\n", "In file included from /x/m.cpp:9:\n", "    9 | m.cpp:9:\n", "/x/m.cpp: In function 'f':\n", "error: see m.cpp:9:1\n", "warm.cpp:9:3: error\n", ""})
    CHECK(with_layers(other, files) == other);
}

}  // namespace
}  // namespace keratin
