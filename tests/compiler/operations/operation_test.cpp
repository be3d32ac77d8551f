#include "compiler/operations/operation.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fmt/format.h>

#include "compiler/data/file_bytes.h"
#include "operation_run.h"

namespace keratin::test {

namespace {

/// max|a - b| / max(1, max|b|) of two trees of equal shape; infinity where they differ otherwise.
double distance(const Json& a, const Json& b, double& largest) {
  const auto number = [](const Json& value) { return value.is_bool() ? static_cast<double>(value.as_bool()) : value.as_double(); };
  if (b.is_array() != a.is_array()) return INFINITY;
  if (!b.is_array()) {
    largest = std::max(largest, std::fabs(number(b)));
    return std::fabs(number(a) - number(b));
  }
  if (a.as_array().size() != b.as_array().size()) return INFINITY;
  double most = 0;
  for (size_t i = 0; i < b.as_array().size(); ++i) most = std::max(most, distance(a.as_array()[i], b.as_array()[i], largest));
  return most;
}

std::string problems_of(std::string_view op, std::string_view config, std::vector<std::string_view> args) {
  OperationRun run;
  std::vector<CallValue> values;
  for (std::string_view arg : args) values.push_back({json(arg)});
  run.call(std::string(op) + ".op", json(config), values);
  return run.problems();
}

}  // namespace

// One line of the file is one call: operation, config, constant arguments, and what numpy gives.
TEST_CASE("operations give numpy's values") {
  const Result<Bytes> file = read_file(KERATIN_OPERATION_VALUES);
  REQUIRE(file.ok());
  const Json rows = json(file.value().text());
  REQUIRE(rows.as_array().size() > 200);
  for (const Json& row : rows.as_array()) {
    INFO(row.dump());
    OperationRun run;
    std::vector<CallValue> args;
    for (const Json& arg : row.find("args")->as_array()) args.push_back({arg});
    const std::vector<CallValue> outputs = run.call(row.find("op")->as_string() + ".op", *row.find("config"), args);
    CHECK(run.problems() == "");
    const Json::Array& expected = row.find("outputs")->as_array();
    REQUIRE(outputs.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      double largest = 1;
      const double error = distance(to_json(run.evaluate(outputs[i])), expected[i], largest);
      CHECK(error / largest < 2e-6);
    }
    CHECK(name_of(run.type(outputs[0]).dtype) == row.find("dtype")->as_string());
  }
}

TEST_CASE("sizes follow the batch") {
  OperationRun run;
  const CallValue x = run.input({2, 3, 4}, std::vector<double>(24, 1), DType::float32, true);
  const auto shape = [&](std::string_view op, std::string_view config, std::vector<CallValue> more = {}) {
    std::vector<CallValue> args = {x};
    args.insert(args.end(), more.begin(), more.end());
    const std::vector<CallValue> outputs = run.call(std::string(op) + ".op", json(config), args);
    return outputs.empty() || outputs[0].tensor()->value.poisoned() ? "" : ir::to_string(run.type(outputs[0]).shape);
  };
  CHECK(shape("Reshape", R"({"newshape":[-1,6]})") == "[2n,6]");
  CHECK(shape("Reshape", R"({"newshape":[null,-1]})") == "[n,12]");
  CHECK(shape("Reshape", R"({"newshape":[-1]})") == "[12n]");
  CHECK(shape("Mean", R"({"axis":0,"keepdims":true})") == "[1,3,4]");
  CHECK(shape("Repeat", R"({"repeats":2,"axis":0})") == "[2n,3,4]");
  CHECK(shape("Flip", R"({"axis":null})") == "[n,3,4]");
  CHECK(shape("Concatenate", R"({"axis":0})", {}) == "[n,3,4]");
  CHECK(shape("Roll", R"({"shift":1,"axis":0})") == "[n,3,4]");
  CHECK(shape("GetItem", "{}", {{json("-1")}}) == "[3,4]");
  CHECK(shape("GetItem", "{}", {{json(R"([{"class_name":"__slice__","config":{"start":1,"stop":null,"step":null}}])")}}) == "[n-1,3,4]");
  CHECK(run.problems() == "");
}

TEST_CASE("a size that holds for one number of examples only fixes it") {
  const auto wanted = [](std::string_view op, std::string_view config, std::vector<CallValue> more = {}) {
    OperationRun run;
    std::vector<CallValue> args = {run.input({1, 1, 5}, std::vector<double>(5, 1), DType::float32, true)};
    args.insert(args.end(), more.begin(), more.end());
    run.call(std::string(op) + ".op", json(config), args);
    CHECK(run.problems() == "");
    return run.wanted_batch();
  };
  CHECK(wanted("BroadcastTo", R"({"shape":[3,4,5]})") == 3);
  CHECK(wanted("Reshape", R"({"newshape":[4,5]})") == 4);
  CHECK(wanted("Slice", R"({"shape":[2,1,5]})", {{json("[1,0,0]")}}) == 3);
  CHECK(wanted("Unstack", R"({"num":7,"axis":0})") == 7);
  CHECK(wanted("Negative", "{}") == std::nullopt);
}

TEST_CASE("what an operation cannot do is refused by name") {
  CHECK(find_operation("WhileLoop") == nullptr);
  CHECK(problems_of("Mean", R"({"axis":3})", {"[[1.0]]"}) == "model.keras: node: axis: 3 is outside the 2 dimensions of the tensor");
  CHECK(problems_of("Mean", R"({"axis":[0,-2]})", {"[[1.0]]"}) == "model.keras: node: axis: one axis is named twice");
  CHECK(problems_of("Mean", R"({"axes":0})", {"[[1.0]]"}) == "model.keras: node: axes: unknown key with value 0");
  CHECK(problems_of("Add", "{}", {"[1.0,2.0]", "[1.0,2.0,3.0]"}).find("do not broadcast") != std::string::npos);
  CHECK(problems_of("Add", "{}", {"1", "2", "3"}) == "model.keras: node: is called with 3 arguments, of which 2 are known");
  CHECK(problems_of("Add", "{}", {"1"}) == "model.keras: node: x2: is missing");
  CHECK(problems_of("Add", "{}", {"1", R"("a")"}) == R"(model.keras: node: x2: "a" is no tensor, number or array)");
  CHECK(problems_of("Where", "{}", {"[true]"}).find("not supported") != std::string::npos);
  CHECK(problems_of("Take", R"({"axis":0})", {"[1.0,2.0]", "[2]"}) == "model.keras: node: indices: index 2 is outside the 2 elements of axis 0");
  CHECK(problems_of("GetItem", "{}", {"[1.0,2.0]", "2"}) == "model.keras: node: key: index 2 is outside the 2 elements of axis 0");
  CHECK(problems_of("GetItem", "{}", {"[1.0,2.0]", "[0,0]"}) == "model.keras: node: key: has 2 indices, the tensor has 1 dimensions");
  CHECK(problems_of("GetItem", "{}", {"[1.0,2.0]", "[[true,false]]"}).find("is not supported") != std::string::npos);
  CHECK(problems_of("Reshape", R"({"newshape":[3,-1]})", {"[1.0,2.0]"}) == "model.keras: node: newshape: (2,) cannot become (3, -1)");
  CHECK(problems_of("Einsum", R"({"subscripts":"ab,b->c"})", {"[[1.0]]", "[1.0]"}) == "model.keras: node: einsum: no operand of 'ab,b->c' has axis 'c'");
  CHECK(problems_of("Pad", R"({"pad_width":[[3,0]],"mode":"reflect"})", {"[1.0,2.0]"}).find("mirrored") != std::string::npos);
  CHECK(problems_of("Pad", R"({"pad_width":1,"mode":"wrap"})", {"[1.0]"}) == "model.keras: node: mode: 'wrap' is not one of constant, reflect, symmetric, edge");
  CHECK(problems_of("Norm", R"({"ord":"nuc","axis":[0,1]})", {"[[1.0]]"}) == R"(model.keras: node: ord: "nuc" over 2 axes is not supported)");
  CHECK(problems_of("OneHot", R"({"num_classes":3,"sparse":true})", {"[1]"}) == "model.keras: node: sparse: true is not supported");
  CHECK(problems_of("Cast", R"({"dtype":"complex64"})", {"[1]"}) == R"(model.keras: node: dtype: type "complex64" is not supported)");
  CHECK(problems_of("Det", "{}", {"[[1,0,0,0,0],[0,1,0,0,0],[0,0,1,0,0],[0,0,0,1,0],[0,0,0,0,1]]"}).find("at most 4x4") != std::string::npos);
}

TEST_CASE("an argument of the call that is not known is refused") {
  OperationRun run;
  run.call("Softmax.op", json(R"({"axis":-1})"), {{json("[1.0]")}}, {{"mask", {json("[true]")}}, {"x", {json("null")}}});
  CHECK(run.problems() == "model.keras: node: mask: this argument of the call is not known");
}

TEST_CASE("a computed index is checked against what it reads") {
  OperationRun run;
  const CallValue x = run.input({4}, {10, 20, 30, 40}), index = run.input({3}, {-1, 0, 2}, DType::int32);
  const std::vector<CallValue> taken = run.call("Take.op", json(R"({"axis":0})"), {x, index});
  CHECK(to_json(run.evaluate(taken[0])) == json("[40.0,10.0,30.0]"));
}

}  // namespace keratin::test
