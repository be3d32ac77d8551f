#include "gradient_check.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "ir/passes/differentiate.h"
#include "ir/support/check.h"

CATCH_TRANSLATE_EXCEPTION(keratin::InternalError& error) {
  return std::string(error.file) + ":" + std::to_string(error.line) + ": " + error.condition + " " + error.message;
}

namespace keratin::ir {

Case make_case(const std::function<void(Builder&)>& fill, const std::string& name) {
  Case result;
  result.program.functions.push_back({});
  result.function = FunctionId{0};
  result.program.function(result.function).name = name;
  Builder builder(result.program, result.function);
  fill(builder);
  for (const std::string& error : builder.take_errors()) FAIL(error);
  INFO(print(result.program));
  verify(result.program);
  return result;
}

VariableId add_variable(Program& program, std::string name, Type type, uint64_t seed, Role role) {
  std::mt19937_64 random(seed);
  Variable variable;
  variable.name = std::move(name);
  variable.initial = std::make_shared<const Tensor>(random_tensor(type, 1, random));
  variable.type = std::move(type);
  variable.role = role;
  program.variables.push_back(variable);
  return VariableId{static_cast<uint32_t>(program.variables.size() - 1)};
}

Tensor random_tensor(const Type& type, int64_t batch, std::mt19937_64& random) {
  Tensor tensor(type.dtype, type.shape.at(batch));
  std::normal_distribution<double> normal;
  for (double& value : tensor.floats) {
    value = round_to(type.dtype, normal(random));
    if (std::abs(value) < 0.01) value = 0.01;  // a central difference across ReLU's kink says nothing
  }
  for (int64_t& value : tensor.integers) value = static_cast<int64_t>(random() % (type.dtype == DType::boolean ? 2 : 3));
  return tensor;
}

Tensors random_parameters(const Program& program, FunctionId function, int64_t batch, uint64_t seed) {
  std::mt19937_64 random(seed);
  Tensors parameters;
  for (ValueId id : program.function(function).parameters)
    parameters.push_back(random_tensor(program.function(function).type(id), batch, random));
  return parameters;
}

Tensors evaluate(const Program& program, FunctionId function, int64_t batch, const Tensors& parameters, bool in_double) {
  Evaluator evaluator(program, batch, in_double);
  Result<Tensors> results = evaluator.run(function, parameters);
  if (!results) FAIL(results.error());
  return *results;
}

double largest_difference(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].dtype != b[i].dtype || a[i].shape != b[i].shape) return std::numeric_limits<double>::infinity();
    for (int64_t k = 0; k < a[i].count(); ++k) {
      const double x = a[i].number(k), y = b[i].number(k);
      if (x == y || (std::isnan(x) && std::isnan(y))) continue;
      const double difference = std::abs(x - y) / std::max(1.0, std::abs(y));
      largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
    }
  }
  return largest;
}

namespace {

/// sum(outputs * cotangents) as a function of parameters and variables.
class Loss {
 public:
  Loss(const Program& program, FunctionId function, int64_t batch, const Tensors& parameters, const std::vector<size_t>& outputs,
       const Tensors& cotangents)
      : program_(program), function_(function), batch_(batch), parameters_(parameters), outputs_(outputs), cotangents_(cotangents) {}

  double operator()() const {
    Evaluator evaluator(program_, batch_, true);
    for (const auto& [id, tensor] : variables_) evaluator.set_variable(id, tensor);
    Result<Tensors> results = evaluator.run(function_, parameters_);
    if (!results) FAIL(results.error());
    double sum = 0;
    for (size_t i = 0; i < outputs_.size(); ++i)
      for (size_t k = 0; k < cotangents_[i].floats.size(); ++k) sum += (*results)[outputs_[i]].floats[k] * cotangents_[i].floats[k];
    return sum;
  }

  Tensor& parameter(size_t i) { return parameters_[i]; }
  Tensor& variable(VariableId id) { return variables_.try_emplace(id, *program_.variable(id).initial).first->second; }

 private:
  const Program& program_;
  FunctionId function_;
  int64_t batch_;
  Tensors parameters_;
  std::map<VariableId, Tensor> variables_;
  std::vector<size_t> outputs_;
  Tensors cotangents_;
};

constexpr double kStep = 1e-4;

/// The derivative at 0, of fourth order: the error is the fourth power of the step.
double central_difference(const std::function<double(double)>& f) { return (8 * (f(kStep) - f(-kStep)) - (f(2 * kStep) - f(-2 * kStep))) / (12 * kStep); }

/// What the gradients say of the loss along a random direction of all that they are gradients of.
void compare_direction(const Loss& loss, const std::vector<Tensor*>& at, const Tensors& gradients) {
  std::mt19937_64 random(17);
  std::normal_distribution<double> normal;
  Tensors from, direction;
  double expected = 0, size = 0;
  for (size_t i = 0; i < at.size(); ++i) {
    from.push_back(*at[i]);
    direction.push_back(*at[i]);
    for (size_t k = 0; k < at[i]->floats.size(); ++k) {
      const double u = direction[i].floats[k] = normal(random);
      expected += gradients[i].floats[k] * u;
      size += std::abs(gradients[i].floats[k] * u);
    }
  }
  const double numeric = central_difference([&](double step) {
    for (size_t i = 0; i < at.size(); ++i)
      for (size_t k = 0; k < at[i]->floats.size(); ++k) at[i]->floats[k] = from[i].floats[k] + 0.1 * step * direction[i].floats[k];
    return loss();
  }) / 0.1;
  for (size_t i = 0; i < at.size(); ++i) *at[i] = from[i];
  INFO("in a random direction");
  CHECK(expected == Approx(numeric).epsilon(1e-6).margin(1e-7 * std::max(1.0, size)));
}

void compare(Loss& loss, Tensor& at, const Tensor& gradient, const std::string& name) {
  REQUIRE(at.floats.size() == gradient.floats.size());
  const size_t stride = std::max<size_t>(1, at.floats.size() / 40);  // at most some 40 elements of each
  for (size_t i = 0; i < at.floats.size(); i += stride) {
    const double x = at.floats[i];
    const double numeric = central_difference([&](double step) {
      at.floats[i] = x + step;
      return loss();
    });
    at.floats[i] = x;
    INFO(name << " element " << i);
    CHECK(gradient.floats[i] == Approx(numeric).epsilon(1e-6).margin(1e-8));
  }
}

}  // namespace

void check_gradients(Program& program, FunctionId function, int64_t batch, const std::function<void(Program&, FunctionId)>& after) {
  GradientRequest request;
  const Function forward = program.function(function);
  for (size_t i = 0; i < forward.outputs.size(); ++i)
    if (is_float(forward.type(forward.outputs[i]).dtype)) request.outputs.push_back(i);
  for (size_t i = 0; i < forward.parameters.size(); ++i)
    if (is_float(forward.type(forward.parameters[i]).dtype)) request.parameters.push_back(i);
  for (size_t i = 0; i < program.variables.size(); ++i)
    if (is_float(program.variables[i].type.dtype)) request.variables.push_back(VariableId{static_cast<uint32_t>(i)});
  const FunctionId backward = differentiate(program, function, request);
  verify(program);
  if (after) {
    after(program, backward);
    verify(program);
  }
  INFO(print(program));
  const Tensors parameters = random_parameters(program, backward, batch, 7);
  const Tensors results = evaluate(program, backward, batch, parameters, true);
  const Tensors inputs(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(forward.parameters.size()));
  const Tensors cotangents(parameters.begin() + static_cast<std::ptrdiff_t>(forward.parameters.size()), parameters.end());
  const Tensors plain = evaluate(program, function, batch, inputs, true);
  CHECK(largest_difference(Tensors(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(plain.size())), plain) < 1e-13);
  Loss loss(program, function, batch, inputs, request.outputs, cotangents);
  std::vector<Tensor*> at;
  std::vector<std::string> names;
  for (size_t i : request.parameters) at.push_back(&loss.parameter(i)), names.push_back(forward.parameter_names[i]);
  for (VariableId id : request.variables) at.push_back(&loss.variable(id)), names.push_back(program.variable(id).name);
  const Tensors gradients(results.begin() + static_cast<std::ptrdiff_t>(plain.size()), results.end());
  for (size_t i = 0; i < at.size(); ++i) compare(loss, *at[i], gradients[i], names[i]);
  compare_direction(loss, at, gradients);
}

void check_same_results(Program& program, FunctionId function, int64_t batch, const std::function<void()>& pass, double tolerance) {
  const Tensors parameters = random_parameters(program, function, batch, 11);
  const Tensors before = evaluate(program, function, batch, parameters, tolerance > 0);
  pass();
  verify(program);
  INFO(print(program));
  CHECK(largest_difference(evaluate(program, function, batch, parameters, tolerance > 0), before) <= tolerance);
}

}  // namespace keratin::ir
