#include "plan_of.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace keratin::ir {

Val weight(Builder& b, Shape shape, const std::string& name) {
  return b.read(add_variable(b.program(), name, {DType::float32, std::move(shape)}, b.program().variables.size() + 1));
}

std::string steps_of(Shape input, const std::function<Val(Builder&, Val)>& build, const PlanOptions& options) {
  Case c = make_case([&](Builder& b) { b.output(build(b, b.parameter({DType::float32, std::move(input)}, "x")), "y"); }, "predict");
  verify(c.program);
  const Result<Plan> plan = make_plan(c.program, options);
  REQUIRE(plan);
  const auto functions = [&](ExpressionId id) {
    std::string text;
    if (!id.valid()) return text;
    for (const Expression::Node& node : plan->expressions[id.index].nodes)
      if (!node.function.empty() && node.function != "constant") text += (text.empty() ? "" : " ") + node.function;
    return "[" + text + "]";
  };
  std::string text;
  for (const Step& step : plan->functions[0].steps) {
    text += (text.empty() ? "" : " ") + step.kernel;
    size_t pointers = 0;
    for (const Arg& arg : step.args) {
      pointers += std::holds_alternative<PointerArg>(arg);
      if (const auto* epilogue = std::get_if<Epilogue>(&arg)) text += (pointers == 4 ? "+" : "") + functions(epilogue->expression);
      if (const auto* functor = std::get_if<FunctorArg>(&arg)) text += functions(functor->expression);
    }
  }
  return text;
}

Val conv2d(Val x, int64_t filters, int64_t kernel, int64_t pad, const std::string& name) {
  Builder& b = x.builder();
  const Val w = weight(b, {Dim(kernel), Dim(kernel), x.dim(-1), Dim(filters)}, name);
  return b.conv(x, w, {{1, 1}, {1, 1}, {pad, pad}, {pad, pad}, 1});
}

Val max_pool(Val x, int64_t size, int64_t stride) {
  return x.builder().window_reduce(x, {Window::Kind::max, {1, size, size, 1}, {1, stride, stride, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}});
}

}  // namespace keratin::ir
