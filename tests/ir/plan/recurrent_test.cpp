// lstm, gru and simple_rnn as whole kernels, and what is not taken whole.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

struct Layer {
  std::string kind = "lstm";
  int64_t gates = 4, units = 20;
  std::map<std::string, Composite::Attribute> attributes = {};
  bool masked = false;
  DType dtype = DType::float32;
};

/// The composite as the layer builds it; the body has the right types only, as kernels do not look into it.
Vals recurrent(Builder& b, Val x, const Layer& layer, Vals states = {}) {
  const int64_t columns = layer.gates * layer.units;
  const bool two_biases = layer.attributes.contains("reset_after") && std::get<int64_t>(layer.attributes.at("reset_after")) != 0;
  Vals operands = {x, weight(b, {x.dim(-1), Dim(columns)}), weight(b, {Dim(layer.units), Dim(columns)}), weight(b, two_biases ? Shape{2, columns} : Shape{columns})};
  const size_t count = layer.kind == "lstm" ? 2 : 1;
  while (states.size() < count) states.push_back(b.zeros({DType::float32, {x.dim(0), layer.units}}));
  operands.insert(operands.end(), states.begin(), states.end());
  if (layer.masked) operands.push_back(greater(b.reshape(b.slice(x, 2, 0, 1), {x.dim(0), x.dim(1)}), 0));
  std::map<std::string, Composite::Attribute> attributes = {{"units", layer.units}, {"activation", "tanh"}, {"recurrent_activation", "sigmoid"}, {"use_bias", int64_t{1}}, {"keras2", int64_t{0}}, {"weights", int64_t{3}},
                                                            {"masked", int64_t{layer.masked}}};
  for (const auto& [key, value] : layer.attributes) attributes[key] = value;
  const bool sequences = attributes.contains("return_sequences");
  const FunctionId body = b.new_function(layer.kind);
  Builder inner(b.program(), body);
  for (const Val& operand : operands) inner.parameter(operand.type(), "operand");
  inner.output(inner.zeros({DType::float32, sequences ? Shape{x.dim(0), x.dim(1), layer.units} : Shape{x.dim(0), layer.units}}), "y");
  for (size_t i = 0; i < count; ++i) inner.output(inner.zeros({DType::float32, {x.dim(0), layer.units}}), "state");
  return b.composite(layer.kind, attributes, body, operands);
}

const Shape kSequence = {kBatch, 7, 5};

TEST_CASE("recurrent layers are one projection and one kernel") {
  CHECK(steps_of(kSequence, [](Builder& b, Val x) { return recurrent(b, x, {})[0]; }) == "dense+ lstm");
  CHECK(steps_of(kSequence, [](Builder& b, Val x) { return recurrent(b, x, {"gru", 3, 16, {{"reset_after", int64_t{1}}}})[0]; }) == "dense+ gru");
  CHECK(steps_of(kSequence, [](Builder& b, Val x) { return recurrent(b, x, {"gru", 3, 16, {{"reset_after", int64_t{0}}}})[0]; }) == "dense+ gru");
  CHECK(steps_of(kSequence, [](Builder& b, Val x) { return recurrent(b, x, {"simple_rnn", 1, 16})[0]; }) == "dense+ simple_rnn");
}

TEST_CASE("initial states, masks and states that are read are operands of the kernel") {
  CHECK(steps_of(kSequence, [](Builder& b, Val x) {
          const Val h = b.reshape(b.slice(x, 1, 0, 1), {kBatch, 5});
          const Vals outputs = recurrent(b, x, {"lstm", 4, 5, {{"return_sequences", int64_t{1}}}, true}, {h, exp(h)});
          return outputs[0] + b.expand_dims(outputs[1] + outputs[2], 1);
        }) == "map[exp] map_scalar[greater] dense+ map[] lstm map[add] map[add]");
}

TEST_CASE("both directions are written side by side, the backward one in the order of time") {
  const auto steps = steps_of(kSequence, [](Builder& b, Val x) {
    const Val forward = recurrent(b, x, {"lstm", 4, 16, {{"return_sequences", int64_t{1}}}})[0];
    const Val backward = recurrent(b, x, {"lstm", 4, 16, {{"return_sequences", int64_t{1}}, {"go_backwards", int64_t{1}}}})[0];
    return b.concatenate({forward, b.reverse(backward, {1})}, 2);
  });
  CHECK(steps == "dense+ lstm dense+ lstm");
}

/// Why the first composite of a program is no kernel.
std::string reason(const Layer& layer, bool computed_weights = false) {
  std::string why;
  make_case(
      [&](Builder& b) {
        const Val x = b.parameter({layer.dtype, kSequence}, "x");
        const Vals outputs = recurrent(b, b.cast(x, DType::float32), layer);
        Node node = b.function().nodes.back();
        if (computed_weights) node.inputs[1] = exp(Val(&b, node.inputs[1])).id();
        if (layer.dtype != DType::float32) node.inputs[0] = x.id();
        why = why_no_kernel(b.program(), b.function(), node);
        b.output(outputs[0], "y");
      },
      "predict");
  return why;
}

TEST_CASE("what the kernels do not take is a loop, with the reason") {
  CHECK(reason({}).empty());
  CHECK(reason({"lstm", 4, 8, {{"activation", "relu"}, {"recurrent_activation", "hard_sigmoid"}}}).empty());
  CHECK(reason({"lstm", 4, 8, {{"activation", "softsign"}}}) == "a loop over its steps: the kernel has no activation softsign");
  CHECK(reason({"gru", 3, 8, {{"recurrent_activation", ""}, {"reset_after", int64_t{1}}}}) == "a loop over its steps: the kernel has no recurrent_activation with arguments");
  CHECK(reason({}, true) == "a loop over its steps: its weights are computed");
  CHECK(reason({"lstm", 4, 8, {}, false, DType::float16}) == "a loop over its steps: the kernel does not round to float16");
}

}  // namespace
}  // namespace keratin::ir
