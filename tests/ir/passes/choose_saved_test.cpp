// choose_saved: which values of forward backward still reads, and that results stay the same.
#include "ir/passes/choose_saved.h"

#include <catch2/catch.hpp>

#include "gradient_check.h"
#include "ir/passes/differentiate.h"
#include "ir/passes/eliminate_common.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/simplify.h"

namespace keratin::ir {
namespace {

constexpr int64_t kFeatures = 32;

bool is_backward(const Program& program, const Node& node) { return node.origin.valid() && program.origins[node.origin.index].backward; }

bool is_small(const Shape& shape) { return shape.rank() < 2 || shape[0].is_static(); }

/// The ops of forward nodes whose results, of a batch, backward reads.
std::vector<std::string> saved(const Program& program, FunctionId id) {
  const Function& f = program.function(id);
  std::vector<std::string> list;
  for (const Node& node : f.nodes) {
    if (is_backward(program, node) || is_small(f.type(node.outputs[0]).shape) || node.op.as<Broadcast>() || node.op.as<Read>()) continue;
    const auto reads = [&](const Node& reader) { return is_backward(program, reader) && std::find(reader.inputs.begin(), reader.inputs.end(), node.outputs[0]) != reader.inputs.end(); };
    if (std::any_of(f.nodes.begin(), f.nodes.end(), reads)) list.emplace_back(node.op.info().name);
  }
  return list;
}

/// What is saved of a layer between two products, before and after the pass.
struct Saved {
  std::vector<std::string> before, after;
};

Saved saved_of(const std::function<Val(Builder&, Val)>& layer) {
  Case c = make_case([&](Builder& b) {
    b.program().origins.push_back({"layer", "layer: Layer", false});
    const Type square{DType::float32, {kFeatures, kFeatures}};
    const VariableId first = add_variable(b.program(), "first", square, 1), second = add_variable(b.program(), "second", square, 2);
    const Val x = b.parameter({DType::float32, {kBatch, kFeatures}}, "x");
    b.set_origin(OriginId{0});
    b.output(b.dense(layer(b, b.dense(x, b.read(first)) * 0.1), b.read(second)), "y");
  });
  GradientRequest request;
  request.outputs = {0};
  request.variables = {VariableId{0}, VariableId{1}};
  const FunctionId backward = differentiate(c.program, c.function, request);
  simplify(c.program, backward);
  eliminate_common(c.program, backward);
  eliminate_dead(c.program, backward);
  Saved result;
  result.before = saved(c.program, backward);
  check_same_results(c.program, backward, 3, [&] { choose_saved(c.program, backward); });
  eliminate_dead(c.program, backward);
  result.after = saved(c.program, backward);
  return result;
}

using Ops = std::vector<std::string>;

TEST_CASE("of GELU its operand alone is saved") {
  const Saved gelu = saved_of([](Builder& b, Val x) { return x * 0.5 * (b.unary(Unary::Kind::erf, x * 0.7071) + 1.0); });
  CHECK(gelu.before.size() > 2);
  CHECK(gelu.after == Ops{"binary", "binary"});  // the operand, and the result that the next product reads
}

TEST_CASE("of ReLU its result alone is saved") {
  CHECK(saved_of([](Builder&, Val x) { return maximum(x, 0); }).after == Ops{"binary"});
}

TEST_CASE("normalised values are computed anew from what the statistics are computed from") {
  const Saved norm = saved_of([](Builder& b, Val x) {
    const Val centred = x - b.mean(x, {0}, true), normal = centred * rsqrt(b.mean(centred * centred, {0}, true) + 1e-3);
    return normal * sigmoid(normal);
  });
  CHECK(norm.after == Ops{"binary", "binary"});  // the operand of the mean, and the result
  CHECK(norm.before.size() > 2);
}

TEST_CASE("a value that only one of backward's expressions reads stays saved rather than its operand") {
  const Saved tanh_ = saved_of([](Builder&, Val x) { return tanh(x); });
  CHECK(tanh_.after == tanh_.before);
}

TEST_CASE("a function without backward stays as it is") {
  Case c = make_case([](Builder& b) { b.output(tanh(b.parameter({DType::float32, {kBatch, 3}}, "x")) * 2.0, "y"); });
  const std::string before = print(c.program);
  choose_saved(c.program, c.function);
  CHECK(print(c.program) == before);
}

}  // namespace
}  // namespace keratin::ir
