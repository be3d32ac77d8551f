#include <catch2/catch.hpp>

#include "gradient_check.h"
#include "ir/passes/eliminate_common.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/fold_constants.h"
#include "ir/passes/simplify.h"

namespace keratin::ir {
namespace {

Type f32(Shape shape) { return {DType::float32, std::move(shape)}; }

void clean(Program& program, FunctionId function) {
  fold_constants(program, function);
  simplify(program, function, true);
  eliminate_common(program, function);
  eliminate_dead(program, function);
}

/// With and without cleaning up.
void check(const std::function<void(Builder&)>& fill, int64_t batch = 2) {
  Case c = make_case(fill);
  check_gradients(c.program, c.function, batch);
  check_gradients(c.program, c.function, batch, clean);
}

constexpr int64_t kUnits = 3;

/// Gates of one LSTM step; the body of a scan with carries (h, c), sequences (z, mask), invariant (u).
FunctionId lstm_body(Builder& outer, bool wrap) {
  const FunctionId cell = outer.new_function("cell");
  {
    Builder b(outer.program(), cell);
    const Val z = b.parameter(f32({kBatch, 4 * kUnits}), "z"), h = b.parameter(f32({kBatch, kUnits}), "h"),
        c = b.parameter(f32({kBatch, kUnits}), "c");
    const Val u = b.parameter(f32({kUnits, 4 * kUnits}), "u");
    const Val gates = z + b.dense(h, u);
    const auto gate = [&](int64_t i) { return b.slice(gates, 1, i * kUnits, (i + 1) * kUnits); };
    const Val next_c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2));
    b.output(sigmoid(gate(3)) * tanh(next_c), "h");
    b.output(next_c, "c");
  }
  const FunctionId body = outer.new_function("step");
  Builder b(outer.program(), body);
  const Val h = b.parameter(f32({kBatch, kUnits}), "h"), c = b.parameter(f32({kBatch, kUnits}), "c");
  const Val z = b.parameter(f32({kBatch, 4 * kUnits}), "z"), mask = b.parameter({DType::boolean, {kBatch}}, "mask");
  const Val u = b.parameter(f32({kUnits, 4 * kUnits}), "u");
  Vals next;
  if (wrap) {
    next = b.composite("lstm_cell", {}, cell, {z, h, c, u});
  } else {
    const Val gates = z + b.dense(h, u);
    const auto gate = [&](int64_t i) { return b.slice(gates, 1, i * kUnits, (i + 1) * kUnits); };
    const Val next_c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2));
    next = {sigmoid(gate(3)) * tanh(next_c), next_c};
  }
  const Val keep = b.reshape(mask, {kBatch, 1});
  const Val next_h = b.select(keep, next[0], h);
  b.output(next_h, "h");
  b.output(b.select(keep, next[1], c), "c");
  b.output(next_h, "y");
  return body;
}

void lstm(Builder& b, bool wrap, bool reverse, bool sequences_out) {
  const VariableId w = add_variable(b.program(), "w", f32({2, 4 * kUnits}), 1),
      u = add_variable(b.program(), "u", f32({kUnits, 4 * kUnits}), 2);
  const Val x = b.parameter(f32({kBatch, 5, 2}), "x"), mask = b.parameter({DType::boolean, {kBatch, 5}}, "mask");
  const Val h = b.parameter(f32({kBatch, kUnits}), "h0"), c = b.parameter(f32({kBatch, kUnits}), "c0");
  const Vals results = b.scan(lstm_body(b, wrap), {h, c}, {b.dense(x, b.read(w)), mask}, {b.read(u)}, 1, 5, reverse);
  b.output(results[0], "h");
  b.output(results[1], "c");
  if (sequences_out) b.output(results[2], "y");
}

TEST_CASE("gradients of a masked LSTM") {
  for (bool wrap : {false, true})
    for (bool reverse : {false, true})
      for (bool sequences_out : {false, true}) check([&](Builder& b) { lstm(b, wrap, reverse, sequences_out); });
}

TEST_CASE("gradients of recurrent weights are one contraction after the loop") {
  Case c = make_case([](Builder& b) { lstm(b, false, false, true); });
  check_gradients(c.program, c.function, 2, clean);
  for (const Function& function : c.program.functions) {
    if (function.name != "step_grad") continue;
    for (const Node& node : function.nodes)
      if (const auto* dot = node.op.as<Dot>()) CHECK(dot->left_contract == std::vector<int>{1});  // dh = dz u', not du
  }
}

TEST_CASE("gradients through a counter carry, an invariant of other kinds and scalar values") {
  check([](Builder& b) {
    const FunctionId body = b.new_function("body");
    {
      Builder s(b.program(), body);
      const Val count = s.parameter({DType::int32, {}}, "count"), state = s.parameter(f32({kBatch, 2}), "state"),
          factor = s.parameter(f32({}), "factor");
      const Val x = s.parameter(f32({kBatch, 2}), "x"), bias = s.parameter(f32({2}), "bias"), gain = s.parameter(f32({2}), "gain");
      const Val next = tanh(state * factor + x * gain) + bias;
      s.output(count + 1, "count");
      s.output(next, "state");
      s.output(factor * 0.5 + s.cast(count, DType::float32) * factor * factor, "factor");
      s.output(next * next, "y");
    }
    const Val x = b.parameter(f32({kBatch, 4, 2}), "x"), state = b.parameter(f32({kBatch, 2}), "s0"), factor = b.parameter(f32({}), "f0");
    const Val bias = b.parameter(f32({2}), "bias"), gain = b.parameter(f32({2}), "gain");
    const Vals out = b.scan(body, {b.number(DType::int32, 0), state, factor}, {x}, {bias, gain}, 1, 4, false);
    b.output(out[1], "state");
    b.output(out[3], "y");
  });
}

TEST_CASE("gradients of a scan in a scan") {
  check([](Builder& b) {
    const FunctionId inner = b.new_function("inner"), outer = b.new_function("outer");
    {
      Builder s(b.program(), inner);
      const Val h = s.parameter(f32({kBatch, 2}), "h"), x = s.parameter(f32({kBatch, 2}), "x"), u = s.parameter(f32({2, 2}), "u");
      const Val next = tanh(s.dense(h, u) + x);
      s.output(next, "h");
      s.output(next * x, "y");
    }
    {
      Builder s(b.program(), outer);
      const Val h = s.parameter(f32({kBatch, 2}), "h"), rows = s.parameter(f32({3, kBatch, 2}), "rows"), u = s.parameter(f32({2, 2}), "u");
      const Vals results = s.scan(inner, {h}, {rows}, {sigmoid(u)}, 0, 3, true);
      s.output(sigmoid(results[0]), "h");
      s.output(results[1] * 2.0, "y");
    }
    const Val x = b.parameter(f32({4, 3, kBatch, 2}), "x");
    const Vals out = b.scan(outer, {b.parameter(f32({kBatch, 2}), "h0")}, {x}, {b.parameter(f32({2, 2}), "u")}, 0, 4, false);
    b.output(out[0], "h");
    b.output(out[1], "y");
  });
}

TEST_CASE("gradients of a convolutional recurrence") {
  for (int axis : {0, 1})
    check([&](Builder& b) {
      const ConvGeometry same{{1, 1}, {1, 1}, {1, 0}, {1, 1}, 1};
      const FunctionId body = b.new_function("body");
      {
        Builder s(b.program(), body);
        const Val h = s.parameter(f32({kBatch, 3, 4, 2}), "h"), x = s.parameter(f32({kBatch, 3, 4, 2}), "x"),
            k = s.parameter(f32({3, 2, 2, 2}), "k");
        const Val next = tanh(s.conv(h, k, same) + x);
        s.output(next, "h");
        s.output(next, "y");
      }
      Shape shape{kBatch, 3, 4, 2};
      shape.dims.insert(shape.dims.begin() + axis, Dim(3));
      const Vals out = b.scan(body, {b.zeros(f32({kBatch, 3, 4, 2}))}, {b.parameter(f32(shape), "x")},
                              {b.parameter(f32({3, 2, 2, 2}), "k")}, axis, 3, false);
      b.output(out[1], "y");
    });
}

FunctionId softmax_body(Builder& b, const Type& type) {
  const FunctionId body = b.new_function("softmax");
  Builder s(b.program(), body);
  const Val x = s.parameter(type, "x");
  const Val e = exp(x - stop_gradient(s.max(x, {-1}, true)));
  s.output(e / s.sum(e, {-1}, true), "y");
  CHECK(s.take_errors() == std::vector<std::string>{});
  return body;
}

TEST_CASE("gradients of a composite, also of one in a scan and of a scan in one") {
  const Type type = f32({kBatch, 4});
  check([&](Builder& b) {
    const Val x = b.parameter(type, "x");
    b.output(b.composite("softmax", {{"axes", std::string("1")}}, softmax_body(b, type), {x * 2.0})[0], "y");
  });
  const auto scanned = [&](Builder& b, Val x, Val h) {
    const FunctionId body = b.new_function("body");
    {
      Builder s(b.program(), body);
      const Val state = s.parameter(type, "h"), step = s.parameter(type, "x");
      s.output(s.composite("softmax", {{"axes", std::string("1")}}, softmax_body(s, type), {state * step})[0], "h");
    }
    return b.scan(body, {h}, {x}, {}, 1, 3, false)[0];
  };
  check([&](Builder& b) {
    const Val x = b.parameter(f32({kBatch, 3, 4}), "x"), h = b.parameter(type, "h");
    b.output(scanned(b, x, h), "y");
  });
  check([&](Builder& b) {
    const FunctionId body = b.new_function("recurrent");
    {
      Builder s(b.program(), body);
      const Val x = s.parameter(f32({kBatch, 3, 4}), "x"), h = s.parameter(type, "h");
      s.output(scanned(s, x, h), "y");
      s.output(h, "same");
    }
    const Vals results = b.composite("recurrent", {}, body, {b.parameter(f32({kBatch, 3, 4}), "x"), b.parameter(type, "h")});
    b.output(results[0] * results[1], "y");
  });
}

TEST_CASE("a softmax's gradient reads the softmax it is given") {
  const Type type = f32({kBatch, 4});
  Case c = make_case([&](Builder& b) {
    const Val x = b.parameter(type, "x");
    b.output(b.composite("softmax", {{"axes", std::string("1")}}, softmax_body(b, type), {x})[0], "y");
  });
  check_gradients(c.program, c.function, 2, clean);
  const Function& grad = c.program.function(c.program.find("softmax_grad"));
  CHECK(grad.parameter_names == std::vector<std::string>{"x", "y", "d_y"});
  CHECK(grad.output_names == std::vector<std::string>{"d_x"});
}

}  // namespace
}  // namespace keratin::ir
