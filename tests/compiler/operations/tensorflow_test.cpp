// Calls of TensorFlow functions and graph nodes in files of tf.keras.
#include <catch2/catch.hpp>

#include "compiler/operations/tf_functions.h"
#include "compiler/operations/tf_nodes.h"
#include "operation_run.h"

namespace keratin::test {

namespace {

struct Called {
  std::string problems;
  Json value;
};

Called call_function(std::string_view function, std::vector<CallValue> args, CallValue::Dict kwargs = {}) {
  OperationRun run("2.15.0-tf");
  const std::vector<CallValue> outputs = run.call("TFOpLambda", Json(Json::Object{{"function", Json(std::string(function))}}), std::move(args), std::move(kwargs));
  if (!run.problems().empty()) return {run.problems(), {}};
  Json::Array values;
  for (const CallValue& output : outputs) values.push_back(to_json(run.evaluate(output)));
  return {"", values.size() == 1 ? values[0] : Json(values)};
}

Called call_node(std::string_view node_def, std::string_view constants, std::vector<CallValue> args) {
  OperationRun run("2.3.0-tf");
  const Json config(Json::Object{{"node_def", json(node_def)}, {"constants", json(constants)}});
  std::vector<KTensor> tensors;
  CallValue::List list;
  for (const CallValue& arg : args) {  // constants of the test become tensors
    const std::vector<CallValue> made = run.call("ConvertToTensor.op", json("{}"), {arg});
    list.push_back(made[0]);
  }
  const std::vector<CallValue> outputs = run.call("TensorFlowOpLayer", config, {{list}});
  if (!run.problems().empty()) return {run.problems(), {}};
  Json::Array values;
  for (const CallValue& output : outputs) values.push_back(to_json(run.evaluate(output)));
  return {"", values.size() == 1 ? values[0] : Json(values)};
}

CallValue c(std::string_view text) { return {json(text)}; }

}  // namespace

TEST_CASE("every TensorFlow function leads to an operation") {
  for (const TfTable* table : {&tf_renamed_functions(), &tf_special_functions()})
    for (const TfFunction& function : *table) {
      INFO(function.name);
      CHECK((function.build || find_operation(function.operation)));
    }
  for (const TfNodeOp& op : tf_node_ops()) {
    INFO(op.op);
    CHECK(find_tf_function(op.function));
  }
}

TEST_CASE("TFOpLambda: TensorFlow's argument names, defaults and types") {
  CHECK(call_function("math.add", {c("[1.0,2.0]")}, {{"y", c("1")}}).value == json("[2.0,3.0]"));
  CHECK(call_function("__operators__.rsub", {c("[1.0,2.0]")}, {{"y", c("5.0")}}).value == json("[4.0,3.0]"));
  CHECK(call_function("math.subtract", {c("1.0")}, {{"y", c("[0.5]")}}).value == json("[0.5]"));
  CHECK(call_function("math.reduce_sum", {c("[[1.0,2.0],[3.0,4.0]]")}, {{"axis", c("1")}}).value == json("[3.0,7.0]"));
  CHECK(call_function("concat", {c("[[1.0],[2.0]]")}, {{"axis", c("0")}, {"axis", c("0")}}).value == json("[1.0,2.0]"));
  CHECK(call_function("split", {c("[1.0,2.0,3.0]")}, {{"num_or_size_splits", c("[1,-1]")}}).value == json("[[1.0],[2.0,3.0]]"));
  CHECK(call_function("reshape", {c("[1.0,2.0]")}, {{"shape", c(R"({"class_name":"__tuple__","items":[2,-1]})")}}).value == json("[[1.0],[2.0]]"));
  CHECK(call_function("one_hot", {c("[1]")}, {{"depth", c("2")}, {"on_value", c("3.0")}, {"off_value", c("1.0")}}).value == json("[[1.0,3.0]]"));
  CHECK(call_function("nn.leaky_relu", {c("[-1.0,2.0]")}, {{"alpha", c("0.5")}}).value == json("[-0.5,2.0]"));
  CHECK(call_function("pad", {c("[1.0,2.0,3.0]")}, {{"paddings", c("[[1,0]]")}, {"mode", c(R"("REFLECT")")}}).value == json("[2.0,1.0,2.0,3.0]"));
  CHECK(call_function("nn.max_pool", {c("[[[[1.0],[2.0]],[[3.0],[0.0]]]]")},
                      {{"ksize", c("[1,2,2,1]")}, {"strides", c("[1,2,2,1]")}, {"padding", c(R"("VALID")")}, {"data_format", c(R"("NHWC")")}})
            .value == json("[[[[3.0]]]]"));
  CHECK(call_function("math.argmax", {c("[1.0,3.0,2.0]")}).value == json("1"));
  CHECK(call_function("tf.math.squared_difference", {c("[1.0]")}, {{"y", c("3.0")}}).value == json("[4.0]"));
  CHECK(call_function("math.truediv", {c("[1,3]")}, {{"y", c("2")}}).value == json("[0.5,1.5]"));
}

TEST_CASE("lists of numbers take the tensor's type") {
  OperationRun run("2.15.0-tf");
  const CallValue x = run.input({2}, {1, 2}, DType::float16);
  const std::vector<CallValue> y = run.call("TFOpLambda", json(R"({"function":"math.multiply"})"), {x}, {{"y", c("[2.0,3.0]")}});
  CHECK(run.type(y[0]).dtype == DType::float16);
}

TEST_CASE("sizes that the graph computes from shapes are known") {
  OperationRun run("2.15.0-tf");
  const CallValue x = run.input({2, 3, 4}, std::vector<double>(24, 1), DType::float32, true);
  const auto lambda = [&](std::string_view function, std::vector<CallValue> args, CallValue::Dict kwargs = {}) {
    return run.call("TFOpLambda", Json(Json::Object{{"function", Json(std::string(function))}}), std::move(args), std::move(kwargs))[0];
  };
  const CallValue shape = lambda("shape", {x});
  const CallValue batch = lambda("__operators__.getitem", {shape}, {{"slice_spec", c("0")}});
  const CallValue product = lambda("math.multiply", {batch}, {{"y", c("3")}});
  const CallValue::List wanted = {product, c("4")};
  const CallValue y = lambda("reshape", {x}, {{"shape", {wanted}}});
  CHECK(run.problems() == "");
  CHECK(ir::to_string(run.type(y).shape) == "[3n,4]");
  const CallValue back = lambda("reshape", {y}, {{"shape", shape}});
  CHECK(ir::to_string(run.type(back).shape) == "[n,3,4]");
}

TEST_CASE("TFOpLambda refuses what it does not know") {
  CHECK(call_function("math.polygamma", {c("1.0")}).problems == "model.keras: node: function: the TensorFlow function math.polygamma is not supported");
  CHECK(call_function("math.add", {c("[1.0]")}, {{"z", c("1")}}).problems.find("argument z is not supported") != std::string::npos);
  CHECK(call_function("math.reduce_mean", {c("[1,2]")}).problems == "model.keras: node: the mean of int32 is not supported");
  CHECK(call_function("split", {c("[1.0,2.0,3.0]")}, {{"num_or_size_splits", c("2")}}).problems.find("3 elements are no 2 equal parts") != std::string::npos);
}

TEST_CASE("TensorFlowOpLayer: inputs by position, attributes decoded") {
  CHECK(call_node(R"({"name":"r","op":"Reshape","input":["x","s"],"attr":{"T":{"type":"DT_FLOAT"}}})", R"({"1":[-1,2]})", {c("[1.0,2.0,3.0,4.0]")}).value == json("[[1.0,2.0],[3.0,4.0]]"));
  CHECK(call_node(R"("{\"op\": \"Sub\", \"attr\": {}}")", R"({"0":1.0})", {c("[0.25]")}).value == json("[0.75]"));
  CHECK(call_node(R"({"op":"ConcatV2","attr":{"N":{"i":"2"}}})", R"({"2":0})", {c("[1.0]"), c("[2.0]")}).value == json("[1.0,2.0]"));
  CHECK(call_node(R"({"op":"Mean","attr":{"keep_dims":{"b":true}}})", R"({"1":[1]})", {c("[[1.0,3.0]]")}).value == json("[[2.0]]"));
  CHECK(call_node(R"({"op":"Cast","attr":{"DstT":{"type":"DT_INT32"},"SrcT":{"type":"DT_FLOAT"},"Truncate":{"b":false}}})", "{}", {c("[1.75]")}).value == json("[1]"));
  CHECK(call_node(R"({"op":"DepthToSpace","attr":{"data_format":{"s":"TkhXQw=="},"block_size":{"i":"2"}}})", "{}", {c("[[[[1.0,2.0,3.0,4.0]]]]")}).value ==
        json("[[[[1.0],[2.0]],[[3.0],[4.0]]]]"));
  CHECK(call_node(R"({"op":"StridedSlice","attr":{"begin_mask":{"i":"1"},"end_mask":{"i":"1"},"shrink_axis_mask":{"i":"2"},"new_axis_mask":{"i":"0"},"ellipsis_mask":{"i":"0"}}})",
                  R"({"1":[0,-1],"2":[0,0],"3":[1,1]})", {c("[[1.0,2.0],[3.0,4.0]]")})
            .value == json("[2.0,4.0]"));
  CHECK(call_node(R"({"op":"Split","attr":{"num_split":{"i":"2"}}})", R"({"0":0})", {c("[1.0,2.0]")}).value == json("[[1.0],[2.0]]"));
  CHECK(call_node(R"({"op":"Squeeze","attr":{"squeeze_dims":{"list":{"i":["0"]}}}})", "{}", {c("[[1.0]]")}).value == json("[1.0]"));
}

TEST_CASE("TensorFlowOpLayer refuses what it does not know") {
  CHECK(call_node(R"({"op":"Lgamma","attr":{}})", "{}", {c("[1.0]")}).problems == "model.keras: node: node_def: the TensorFlow op Lgamma is not supported");
  CHECK(call_node(R"("op: \"Sub\"")", "{}", {c("[1.0]")}).problems == "model.keras: node: node_def: is no NodeDef in JSON");
  CHECK(call_node(R"({"op":"Relu","attr":{"mystery":{"i":"3"}}})", "{}", {c("[1.0]")}).problems == "model.keras: node: node_def: attribute mystery of Relu with value 3 is not supported");
}

}  // namespace keratin::test
