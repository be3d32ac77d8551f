// The composite attention as one kernel that reads heads and masks where they lie.
#include <catch2/catch.hpp>

#include "plan_of.h"

namespace keratin::ir {
namespace {

/// As the layer builds it; the body has the right types only, as the kernel does not look into it.
Vals attention(Builder& b, Val q, Val k, Val v, Val mask = {}, bool causal = false) {
  Vals operands = {q, k, v};
  if (!mask.poisoned()) operands.push_back(mask);
  const FunctionId body = b.new_function("attention");
  Builder inner(b.program(), body);
  for (const Val& operand : operands) inner.parameter(operand.type(), "operand");
  inner.output(inner.zeros({q.dtype(), {q.dim(0), q.dim(1), q.dim(2), v.dim(3)}}), "y");
  inner.output(inner.zeros({q.dtype(), {q.dim(0), q.dim(2), q.dim(1), k.dim(1)}}), "weights");
  return b.composite("attention",
                     {{"scale", 0.5}, {"masked_score", -1e9}, {"add_masked_score", int64_t{0}}, {"zero_masked", int64_t{0}}, {"causal", int64_t{causal}}, {"masked", int64_t{!mask.poisoned()}}}, body, operands);
}

Val heads(Builder& b, Val x, int64_t count, int64_t dim) {
  const Val y = b.dense(x, weight(b, {x.dim(-1), Dim(count * dim)})) + weight(b, {Dim(count * dim)}, "bias");
  return b.reshape(y, {x.dim(0), x.dim(1), count, dim});
}

/// The gradients of q, k and v, of a body that has the right types only.
Vals attention_grad(Builder& b, const Vals& operands, bool masked, bool zero_masked) {
  const FunctionId body = b.new_function("attention_grad");
  Builder inner(b.program(), body);
  for (const Val& operand : operands) inner.parameter(operand.type(), "operand");
  for (size_t i = 0; i < 3; ++i) inner.output(inner.zeros(operands[i].type()), "d");
  return b.composite("attention_grad",
                     {{"scale", 0.5}, {"masked_score", -1e9}, {"add_masked_score", int64_t{0}}, {"zero_masked", int64_t{zero_masked}}, {"causal", int64_t{0}}, {"masked", int64_t{masked}}, {"gradients", "0,1,2"}},
                     body, operands);
}

const Shape kSequence = {kBatch, 6, 8};

TEST_CASE("attention with its projections is five kernels and no copy") {
  CHECK(steps_of(kSequence, [](Builder& b, Val x) {
          const Val y = attention(b, heads(b, x, 2, 4), heads(b, x, 2, 4), heads(b, x, 2, 3))[0];
          return b.dense(b.reshape(y, {kBatch, 6, 6}), weight(b, {6, 8}));
        }) == "dense+ dense+ dense+ attention dense");
}

TEST_CASE("heads that lie in one product of three are read there") {
  CHECK(steps_of(kSequence, [](Builder& b, Val x) {
          const Val all = b.reshape(b.dense(x, weight(b, {8, 24})), {kBatch, 6, 3, 2, 4});
          const auto part = [&](int64_t i) { return b.reshape(b.slice(all, 2, i, i + 1), {kBatch, 6, 2, 4}); };
          return attention(b, part(0), part(1), part(2))[0];
        }) == "dense attention");
}

TEST_CASE("a mask is read as it is broadcast") {
  CHECK(steps_of(kSequence, [](Builder& b, Val x) {
          const Val steps = greater(b.reshape(b.slice(x, 2, 0, 1), {kBatch, 1, 1, 6}), 0);
          const Val h = b.reshape(x, {kBatch, 6, 2, 4});
          return attention(b, h, h, h, b.broadcast(steps, {kBatch, 2, 6, 6}), true)[0];
        }) == "map_scalar[greater] attention");
}

TEST_CASE("heads whose neighbours are apart are copied") {
  CHECK(steps_of(kSequence, [](Builder& b, Val x) {
          const Val h = b.transpose(b.reshape(x, {kBatch, 6, 4, 2}), {0, 1, 3, 2});
          return attention(b, h, h, h)[0];
        }) == "map[] attention");
}

TEST_CASE("half precision attends step by step") {
  std::string why;
  make_case(
      [&](Builder& b) {
        const Val x = b.parameter({DType::float16, {kBatch, 6, 2, 4}}, "x");
        b.output(attention(b, x, x, x)[0], "y");
        why = why_no_kernel(b.program(), b.function(), b.function().nodes.back());
      },
      "predict");
  CHECK(why == "scores, softmax and sum one after another: the kernel does not round to float16");
}

TEST_CASE("attention's gradient is one kernel that reads heads where they lie") {
  const auto steps = [](bool gradient_of_weights) {
    return steps_of(kSequence, [=](Builder& b, Val x) {
      const Val h = heads(b, x, 2, 4);
      const Vals forward = attention(b, h, h, h);
      const Val d_weights = gradient_of_weights ? forward[1] : b.zeros(forward[1].type());
      const Vals d = attention_grad(b, {h, h, h, forward[0], forward[1], h, d_weights}, false, false);
      return d[0] + d[1] + d[2];
    });
  };
  CHECK(steps(false) == "dense+ attention attention_grad map[add add]");
  CHECK(steps(true) == "dense+ attention attention_grad map[add add]");
}

TEST_CASE("attention's gradient leaves masks to the steps where masked places may weigh something") {
  for (const bool zero_masked : {false, true}) {
    std::string why;
    make_case(
        [&](Builder& b) {
          const Val x = b.parameter({DType::float32, {kBatch, 6, 2, 4}}, "x"), mask = b.parameter({DType::boolean, {kBatch, 2, 6, 6}}, "mask");
          const Vals forward = attention(b, x, x, x, mask);
          b.output(attention_grad(b, {x, x, x, mask, forward[0], forward[1], x, forward[1]}, true, zero_masked)[0], "d");
          why = why_no_kernel(b.program(), b.function(), b.function().nodes.back());
        },
        "predict");
    CHECK(why == (zero_masked ? "" : "gradients of scores, softmax and sum one after another: the kernel does not read masks"));
  }
}

}  // namespace
}  // namespace keratin::ir
