// What holds for every op, checked on its samples.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "tests/ir/samples.h"

namespace keratin::ir::test {

namespace {

struct Listed {
  std::string name;
  OpInfo info;
  Samples samples;
};

std::vector<Listed> all_samples() {
  std::vector<Listed> list;
#define KERATIN_OP(Name) list.push_back({#Name, Name::info, samples_##Name()});
#include "ir/ops/ops.def"
#undef KERATIN_OP
  return list;
}

/// A program whose function `forward` is the node of the sample.
struct Forward {
  Program program;
  FunctionId function;
  Types types;  // of the results
};

Forward build(const Sample& sample) {
  Forward forward;
  const Op op = sample.op(forward.program);
  forward.program.functions.push_back({});
  forward.function = {static_cast<uint32_t>(forward.program.functions.size() - 1)};
  forward.program.function(forward.function).name = "forward";
  Builder b(forward.program, forward.function);
  Vals operands;
  for (const Type& type : sample.types) operands.push_back(b.parameter(type, "x"));
  for (Val result : b.add(op, operands)) {
    const std::vector<std::string> errors = b.take_errors();
    INFO((errors.empty() ? "" : errors[0]));
    REQUIRE(!result.poisoned());
    forward.types.push_back(result.type());
    b.output(result, "y");
  }
  return forward;
}

Tensors run(const Forward& forward, const Sample& sample, const Tensors& values, bool in_double) {
  Evaluator evaluator(forward.program, sample.batch, in_double);
  Result<Tensors> results = evaluator.run(forward.function, values);
  INFO((results.ok() ? "" : results.error()));
  REQUIRE(results.ok());
  return *results;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool same(const Tensor& a, const Tensor& b) {
  if (a.dtype != b.dtype || a.shape != b.shape || a.integers != b.integers) return false;
  return std::equal(a.floats.begin(), a.floats.end(), b.floats.begin(), b.floats.end(), [](double x, double y) { return same(x, y); });
}

std::string text(const Tensor& tensor) {
  if (tensor.floats.empty() && tensor.integers.empty()) return "nothing";
  std::string all = to_string(type_of(tensor)) + " {";
  for (int64_t i = 0; i < tensor.count(); ++i) all += std::to_string(tensor.number(i)) + " ";
  return all + "}";
}

/// The results read through the strided view that the op says it is.
void check_view(const AffineView& view, const Sample& sample, const Tensor& result) {
  const Tensor& from = sample.values[0];
  REQUIRE(view.axis.size() == result.shape.size());
  REQUIRE(view.step.size() == result.shape.size());
  REQUIRE(view.start.size() == from.shape.size());
  const std::vector<int64_t> strides = row_major_strides(from.shape);
  for_each_coordinate(result.shape, [&](int64_t i, const std::vector<int64_t>& at) {
    int64_t source = 0;
    for (size_t axis = 0; axis < strides.size(); ++axis) source += view.start[axis].at(sample.batch) * strides[axis];
    for (size_t axis = 0; axis < at.size(); ++axis)
      if (view.axis[axis] >= 0) source += at[axis] * view.step[axis] * strides[static_cast<size_t>(view.axis[axis])];
    REQUIRE(source >= 0);
    REQUIRE(source < from.count());
    CHECK(from.number(source) == result.number(i));
  });
}

void check_lowering(const OpInfo& info, const Op& op, const Forward& forward, const Sample& sample, const Tensors& results) {
  const Lowering lowering = lower(op, sample.types, forward.types);
  CHECK(std::holds_alternative<PointwiseFunction>(lowering) == info.pointwise);
  if (auto* function = std::get_if<PointwiseFunction>(&lowering)) CHECK_FALSE(function->name.empty());
  if (auto* view = std::get_if<AffineView>(&lowering)) check_view(*view, sample, results[0]);
  if (std::holds_alternative<ReshapeView>(lowering)) {
    CHECK(results[0].floats == sample.values[0].floats);
    CHECK(results[0].integers == sample.values[0].integers);
  }
  if (auto* family = std::get_if<KernelFamily>(&lowering)) CHECK(family->name == info.name);
}

/// A function of (operands, gradients of the float results) that gives the stated gradients; `stated[i]` says whether operand i has one.
struct Backward {
  FunctionId function;
  std::vector<bool> stated;
};

Backward build_backward(Forward& forward, const Op& op, const Sample& sample) {
  Program& program = forward.program;
  program.functions.push_back({});
  Backward backward{{static_cast<uint32_t>(program.functions.size() - 1)}, {}};
  program.function(backward.function).name = "backward";
  Builder b(program, backward.function);
  Vals operands, cotangents;
  for (const Type& type : sample.types) operands.push_back(b.parameter(type, "x"));
  for (const Type& type : forward.types) cotangents.push_back(is_float(type.dtype) ? b.parameter(type, "dy") : Val());
  const Vals results = b.add(op, operands);
  GradBuilder g(b, operands, results, cotangents);
  grad(op, g);
  const std::vector<std::string> errors = b.take_errors();
  INFO((errors.empty() ? "" : errors[0]));
  REQUIRE(errors.empty());
  for (size_t i = 0; i < operands.size(); ++i) {
    backward.stated.push_back(!g.gradients()[i].poisoned());
    if (!backward.stated[i]) continue;
    REQUIRE(g.gradients()[i].type() == sample.types[i]);
    b.output(g.gradients()[i], "dx");
  }
  return backward;
}

/// Sum of all float results, weighted.
double weighted(const Tensors& results, const Tensors& weights) {
  double sum = 0;
  size_t next = 0;
  for (const Tensor& result : results)
    if (is_float(result.dtype)) {
      for (size_t i = 0; i < result.floats.size(); ++i) sum += result.floats[i] * weights[next].floats[i];
      ++next;
    }
  return sum;
}

Tensors run_backward(const Forward& forward, const Backward& backward, const Sample& sample, const Tensors& cotangents) {
  Tensors arguments = sample.values;
  arguments.insert(arguments.end(), cotangents.begin(), cotangents.end());
  Evaluator evaluator(forward.program, sample.batch, true);
  Result<Tensors> results = evaluator.run(backward.function, arguments);
  INFO((results.ok() ? "" : results.error()));
  REQUIRE(results.ok());
  Tensors gradients;
  size_t next = 0;
  for (bool stated : backward.stated) gradients.push_back(stated ? (*results)[next++] : Tensor());
  return gradients;
}

/// Central differences in double against the rule.
void check_differences(const Forward& forward, const Backward& backward, const Sample& sample, const Tensors& results) {
  constexpr double kStep = 1e-5, kTolerance = 1e-6, kNegligible = 1e-2;
  Tensors cotangents;
  for (const Tensor& result : results)
    if (is_float(result.dtype)) cotangents.push_back(spread(result.shape, 0.5, 1.5, static_cast<int>(cotangents.size()) + 3, result.dtype));
  const Tensors gradients = run_backward(forward, backward, sample, cotangents);
  for (size_t operand = 0; operand < sample.values.size(); ++operand) {
    if (!is_float(sample.values[operand].dtype)) continue;
    Tensors moved = sample.values;
    for (size_t i = 0; i < moved[operand].floats.size(); ++i) {
      const double at = sample.values[operand].floats[i];
      moved[operand].floats[i] = at + kStep;
      const double above = weighted(run(forward, sample, moved, true), cotangents);
      moved[operand].floats[i] = at - kStep;
      const double below = weighted(run(forward, sample, moved, true), cotangents);
      moved[operand].floats[i] = at;
      const double difference = (above - below) / (2 * kStep), rule = backward.stated[operand] ? gradients[operand].floats[i] : 0;
      INFO("operand " << operand << ", element " << i << ": difference " << difference << ", rule " << rule);
      CHECK(std::fabs(difference - rule) <= kTolerance * std::max(std::fabs(rule), kNegligible));
    }
  }
}

void check_conventions(const Forward& forward, const Backward& backward, const Sample& sample, const Tensors& results) {
  Tensors ones;
  for (const Tensor& result : results)
    if (is_float(result.dtype)) {
      ones.emplace_back(result.dtype, result.shape);
      ones.back().floats.assign(ones.back().floats.size(), 1.0);
    }
  const Tensors gradients = run_backward(forward, backward, sample, ones);
  REQUIRE(gradients.size() == sample.gradients.size());
  for (size_t operand = 0; operand < gradients.size(); ++operand) {
    const Tensor &rule = gradients[operand], &wanted = sample.gradients[operand];
    INFO("operand " << operand << ": wanted " << text(wanted) << ", rule " << text(rule));
    REQUIRE(rule.shape == wanted.shape);
    REQUIRE(rule.floats.size() == wanted.floats.size());
    for (size_t i = 0; i < rule.floats.size(); ++i)
      CHECK((same(rule.floats[i], wanted.floats[i]) || std::fabs(rule.floats[i] - wanted.floats[i]) <= 1e-6 * std::fabs(wanted.floats[i])));
  }
}

void check_gradient(Forward& forward, const Op& op, const Sample& sample, const Tensors& results) {
  if (std::none_of(results.begin(), results.end(), [](const Tensor& t) { return is_float(t.dtype); })) return;
  const Backward backward = build_backward(forward, op, sample);
  verify(forward.program);
  for (size_t i = 0; i < sample.types.size(); ++i)
    if (!is_float(sample.types[i].dtype)) CHECK_FALSE(backward.stated[i]);
  if (sample.smooth) check_differences(forward, backward, sample, results);
  if (!sample.gradients.empty()) check_conventions(forward, backward, sample, results);
}

}  // namespace

TEST_CASE("every op evaluates to what it infers and to what is expected") {
  for (const Listed& op : all_samples()) {
    CHECK_FALSE(op.samples.good.empty());
    for (const Sample& sample : op.samples.good) {
      INFO(op.name << ": " << sample.what);
      const Forward forward = build(sample);
      verify(forward.program);
      const Tensors results = run(forward, sample, sample.values, false);
      REQUIRE(results.size() == forward.types.size());
      for (size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].dtype == forward.types[i].dtype);
        CHECK(results[i].shape == forward.types[i].shape.at(sample.batch));
        for (double value : results[i].floats) CHECK(same(value, round_to(results[i].dtype, value)));
        for (int64_t value : results[i].integers) CHECK(value == wrap_to(results[i].dtype, value));
      }
      if (sample.expected.empty()) continue;
      REQUIRE(results.size() == sample.expected.size());
      for (size_t i = 0; i < results.size(); ++i) {
        INFO("expected " << text(sample.expected[i]) << ", evaluated " << text(results[i]));
        CHECK(same(results[i], sample.expected[i]));
      }
    }
  }
}

TEST_CASE("every op's gradient is that of central differences") {
  for (const Listed& op : all_samples())
    for (const Sample& sample : op.samples.good) {
      if (!sample.local) continue;
      INFO(op.name << ": " << sample.what);
      Forward forward = build(sample);
      const Tensors results = run(forward, sample, sample.values, true);
      check_gradient(forward, forward.program.function(forward.function).nodes[0].op, sample, results);
    }
}

TEST_CASE("every op becomes what it says") {
  for (const Listed& op : all_samples())
    for (const Sample& sample : op.samples.good) {
      INFO(op.name << ": " << sample.what);
      const Forward forward = build(sample);
      const Op& node = forward.program.function(forward.function).nodes[0].op;
      CHECK(node == node);
      CHECK(node.info().name == op.info.name);
      check_lowering(op.info, node, forward, sample, run(forward, sample, sample.values, false));
    }
}

TEST_CASE("every op names what it refuses") {
  const std::set<std::string> takes_anything = {"Composite", "Read"};
  for (const Listed& op : all_samples()) {
    INFO(op.name);
    CHECK(op.samples.bad.empty() == (takes_anything.count(op.name) == 1));
    for (const Refusal& refusal : op.samples.bad) {
      const Result<Types> types = infer(refusal.op, refusal.types);
      INFO(refusal.message);
      REQUIRE_FALSE(types.ok());
      CHECK(types.error() == refusal.message);
    }
  }
}

TEST_CASE("an op with another number of operands is refused") {
  CHECK(infer(Unary::Attrs{Unary::Kind::exp}, {}).error() == "takes another number of operands");
}

}  // namespace keratin::ir::test
