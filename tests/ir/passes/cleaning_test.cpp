// eliminate_dead, eliminate_common, eliminate_functions and fold_constants.
#include <catch2/catch.hpp>

#include "gradient_check.h"
#include "ir/passes/eliminate_common.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/eliminate_functions.h"
#include "ir/passes/fold_constants.h"
#include "ir/passes/rewrite.h"

namespace keratin::ir {
namespace {

Type f32(Shape shape) { return {DType::float32, std::move(shape)}; }
std::string text(const Case& c) { return print(c.program, c.program.function(c.function)); }

TEST_CASE("eliminate_dead removes what nobody reads and keeps updates and random numbers") {
  Case c = make_case([](Builder& b) {
    const VariableId v = add_variable(b.program(), "count", f32({2}), 1);
    const Val x = b.parameter(f32({2}), "x"), key = b.parameter({DType::uint64, {}}, "key");
    const Val unused = tanh(exp(x));
    b.name(unused, "unused");
    b.update(v, b.read(v) + x);
    b.add1(Random::Attrs{Random::Kind::uniform, f32({2})}, {key});
    b.output(sqrt(x), "y");
  });
  eliminate_dead(c.program, c.function);
  CHECK(text(c) ==
        "function f(%0 x: float32[2], %1 key: uint64[]) {\n"
        "  %2: float32[2] = read v0 count\n"
        "  %3: float32[2] = binary add(%2, %0)\n"
        "  %4: float32[2] = random uniform float32[2](%1)\n"
        "  %5: float32[2] = unary sqrt(%0)\n"
        "  update v0 count <- %3\n"
        "  return y = %5\n"
        "}\n");
}

TEST_CASE("eliminate_dead drops carries, sequences, invariants and stacked outputs of scans") {
  Case c = make_case([](Builder& b) {
    const FunctionId body = b.new_function("body");
    {
      Builder s(b.program(), body);
      const Val used = s.parameter(f32({2}), "used"), helper = s.parameter(f32({2}), "helper"), idle = s.parameter(f32({2}), "idle");
      const Val x = s.parameter(f32({2}), "x"), z = s.parameter(f32({2}), "z"), w = s.parameter(f32({2}), "w"),
          v = s.parameter(f32({2}), "v");
      s.output(used + helper, "used");
      s.output(helper * w, "helper");
      s.output(idle + z * v, "idle");
      s.output(x + used, "y");
      s.output(idle, "unread");
    }
    const Val start = b.parameter(f32({2}), "start"), x = b.parameter(f32({4, 2}), "x"), z = b.parameter(f32({4, 2}), "z");
    const Val w = b.parameter(f32({2}), "w"), v = b.parameter(f32({2}), "v");
    b.output(b.scan(body, {start, start, start}, {x, z}, {w, v}, 0, 4, false)[3], "y");
  });
  check_same_results(c.program, c.function, 1, [&] { eliminate_dead(c.program, c.function); });
  CHECK(text(c) ==
        "function f(%0 start: float32[2], %1 x: float32[4,2], %2 z: float32[4,2], %3 w: float32[2], %4 v: float32[2]) {\n"
        "  %5: float32[2], %6: float32[2], %7: float32[4,2] = scan body=@2 carries=2 sequences=1 axis=0 length=4(%0, %0, %1, %3)\n"
        "  return y = %7\n"
        "}\n");
  CHECK(print(c.program, c.program.functions[2]) ==
        "function body(%0 used: float32[2], %1 helper: float32[2], %2 x: float32[2], %3 w: float32[2]) {\n"
        "  %4: float32[2] = binary add(%0, %1)\n"
        "  %5: float32[2] = binary mul(%1, %3)\n"
        "  %6: float32[2] = binary add(%2, %0)\n"
        "  return used = %4\n"
        "  return helper = %5\n"
        "  return y = %6\n"
        "}\n");
}

TEST_CASE("eliminate_common merges equal nodes and constants but not random numbers") {
  Case c = make_case([](Builder& b) {
    const Val x = b.parameter(f32({2}), "x"), key = b.parameter({DType::uint64, {}}, "key");
    const Type type = x.type();
    const Val twice = x * b.full(type, 2), e = exp(x), a = twice + e;
    const Val e_again = exp(x), twice_again = b.full(type, 2) * x, also = e_again + twice_again;
    b.output(a - also, "zero");
    const Val plus_zero = x + b.full(type, 0.0), plus_minus_zero = x + b.full(type, -0.0);
    b.output(plus_zero * plus_minus_zero, "y");
    const Val first = b.add1(Random::Attrs{Random::Kind::uniform, type}, {key}),
        second = b.add1(Random::Attrs{Random::Kind::uniform, type}, {key});
    b.output(first + second, "r");
  });
  check_same_results(c.program, c.function, 1, [&] { eliminate_common(c.program, c.function); });
  CHECK(text(c) ==
        "function f(%0 x: float32[2], %1 key: uint64[]) {\n"
        "  %2: float32[] = constant c0 {2}\n"
        "  %3: float32[2] = broadcast to=[2](%2)\n"
        "  %4: float32[2] = binary mul(%0, %3)\n"
        "  %5: float32[2] = unary exp(%0)\n"
        "  %6: float32[2] = binary add(%4, %5)\n"
        "  %7: float32[2] = binary sub(%6, %6)\n"
        "  %8: float32[] = constant c2 {0}\n"
        "  %9: float32[2] = broadcast to=[2](%8)\n"
        "  %10: float32[2] = binary add(%0, %9)\n"
        "  %11: float32[] = constant c3 {-0}\n"
        "  %12: float32[2] = broadcast to=[2](%11)\n"
        "  %13: float32[2] = binary add(%0, %12)\n"
        "  %14: float32[2] = binary mul(%10, %13)\n"
        "  %15: float32[2] = random uniform float32[2](%1)\n"
        "  %16: float32[2] = random uniform float32[2](%1)\n"
        "  %17: float32[2] = binary add(%15, %16)\n"
        "  return zero = %7\n"
        "  return y = %14\n"
        "  return r = %17\n"
        "}\n");
}

TEST_CASE("fold_constants computes what is known, leaves variables, sizes and what would only grow") {
  Case c = make_case([](Builder& b) {
    const VariableId v = add_variable(b.program(), "w", f32({3}), 1);
    const Val root = sqrt(b.number(DType::float32, 16)), known = root + 1.0;
    const Val wide = b.broadcast(known, {3});
    const Val places = b.iota({DType::int32, {3}}, 0), mask = b.compare(Compare::Kind::ge, places, b.full({DType::int32, {3}}, 1));
    b.output(b.select(mask, b.read(v), wide), "y");
    b.output(b.size(kBatch, DType::float32) * known, "n");
    const Val table = b.iota(f32({2}), 0), outside = b.number(DType::int32, 9);
    b.output(b.gather(table, outside, 0), "fails_when_run");
  });
  fold_constants(c.program, c.function);
  eliminate_dead(c.program, c.function);
  verify(c.program);
  CHECK(text(c) ==
        "function f() {\n"
        "  %0: float32[] = constant c5 {5}\n"
        "  %1: float32[3] = broadcast to=[3](%0)\n"
        "  %2: bool[3] = constant c6 {0,1,1}\n"
        "  %3: float32[3] = read v0 w\n"
        "  %4: float32[3] = select(%2, %3, %1)\n"
        "  %5: float32[] = size n\n"
        "  %6: float32[] = binary mul(%5, %0)\n"
        "  %7: float32[2] = iota axis=0\n"
        "  %8: int32[] = constant c3 {9}\n"
        "  %9: float32[] = gather axis=0 checked(%7, %8)\n"
        "  return y = %4\n"
        "  return n = %6\n"
        "  return fails_when_run = %9\n"
        "}\n");
}

TEST_CASE("inline_composites puts bodies in place, also nested ones and results that are operands") {
  Case c = make_case([](Builder& b) {
    const FunctionId inner = b.new_function("inner"), outer = b.new_function("outer");
    {
      Builder s(b.program(), inner);
      const Val x = s.parameter(f32({2}), "x");
      s.output(exp(x), "y");
      s.output(x, "same");
    }
    {
      Builder s(b.program(), outer);
      const Val x = s.parameter(f32({2}), "x");
      const Vals results = s.composite("inner", {}, inner, {tanh(x)});
      s.output(results[0] + results[1], "y");
    }
    const Val x = b.parameter(f32({2}), "x");
    b.output(b.composite("outer", {}, outer, {x})[0] * x, "y");
  });
  check_same_results(c.program, c.function, 1,
                     [&] { inline_composites(c.program, c.function, [](const Composite::Attrs&) { return true; }); });
  rebuild(c.program, c.function, [](Rewriter&, const Node&) { return false; });
  CHECK(text(c) ==
        "function f(%0 x: float32[2]) {\n"
        "  %1: float32[2] = unary tanh(%0)\n"
        "  %2: float32[2] = unary exp(%1)\n"
        "  %3: float32[2] = reshape to=[2](%1)\n"
        "  %4: float32[2] = binary add(%2, %3)\n"
        "  %5: float32[2] = binary mul(%4, %0)\n"
        "  return y = %5\n"
        "}\n");
}

TEST_CASE("eliminate_functions keeps the named functions and their bodies") {
  Case c = make_case([](Builder& b) {
    const auto body = [&](const char* name) {
      const FunctionId id = b.new_function(name);
      Builder s(b.program(), id);
      s.output(exp(s.parameter(f32({2}), "x")), "y");
      return id;
    };
    body("idle");
    const FunctionId used = body("used");
    b.output(b.composite("c", {}, used, {b.parameter(f32({2}), "x")})[0], "y");
  });
  std::vector<FunctionId> kept = {c.function};
  check_same_results(c.program, c.function, 1, [&] { eliminate_functions(c.program, kept); });
  CHECK(kept == std::vector<FunctionId>{FunctionId{0}});
  REQUIRE(c.program.functions.size() == 2);
  CHECK(c.program.functions[1].name == "used");
}

}  // namespace
}  // namespace keratin::ir
