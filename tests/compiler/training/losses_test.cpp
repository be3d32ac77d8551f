#include "compiler/training/losses/loss.h"

#include <fmt/format.h>

#include "ir/passes/differentiate.h"
#include "tests/compiler/training/units.h"

namespace keratin {

namespace {

struct LossRun {
  ir::Tensor loss, gradient, values;
};

/// A loss of plain predictions, its gradient and its values.
LossRun run(const Loss& loss, const Array& y, const Array& p, const Array* weight) {
  ir::Program program;
  const ir::FunctionId id = add_function(program, "forward");
  ir::Builder b(program, id);
  const Val target = b.parameter(type_of(y), "y"), prediction = b.parameter(type_of(p), "p");
  const Val weights = weight ? b.parameter(type_of(*weight), "w") : Val();
  const Val value = loss_value(loss, target, prediction, {}, weights);
  for (const std::string& error : b.take_errors()) FAIL(error);
  b.output(value, "loss");
  b.output(loss.values(target, prediction).values, "values");
  ir::GradientRequest request;
  request.outputs = {0};
  request.parameters = {1};
  request.losses = request.outputs;
  const ir::FunctionId backward = ir::differentiate(program, id, request);
  ir::Evaluator evaluator(program, y.shape[0]);
  ir::Tensors inputs = {to_tensor(y, y.dtype), to_tensor(p, p.dtype)};
  if (weight) inputs.push_back(to_tensor(*weight, weight->dtype));
  Result<ir::Tensors> outputs = evaluator.run(backward, inputs);
  REQUIRE(outputs);
  return {(*outputs)[0], (*outputs)[2], (*outputs)[1]};
}

/// Arguments that Keras does not write into its configs.
Json completed(const std::string& name, Json spec) {
  const auto add = [&](const char* key, Json value) {
    Json config = *spec.find("config");
    config.set(key, std::move(value));
    spec.set("config", std::move(config));
  };
  if (name == "huber_delta") add("delta", Json(0.4));
  if (name == "cosine_axis0") add("axis", Json(0));
  return spec;
}

}  // namespace

TEST_CASE("losses, their gradients and reductions have the recorded values") {
  const Units units("losses.npz");
  REQUIRE(units.names().size() > 40);
  for (const std::string& name : units.names()) {
    INFO(name);
    Result<Loss> loss = read_loss(completed(name, units.config(name)));
    if (!loss) FAIL(loss.error());
    const Array &y = units.at(name + "/y"), &p = units.at(name + "/p");
    const LossRun plain = run(*loss, y, p, nullptr);
    check_close(plain.loss, units.at(name + "/loss"));
    check_close(plain.values, units.at(name + "/values"));
    check_close(plain.gradient, units.at(name + "/gradient"));
    if (const Array* weight = units.find(name + "/sample_weight")) {
      const LossRun weighted = run(*loss, y, p, weight);
      check_close(weighted.loss, units.at(name + "/weighted_loss"));
      check_close(weighted.gradient, units.at(name + "/weighted_gradient"));
      loss->reduction = "mean_with_sample_weight";
      check_close(run(*loss, y, p, weight).loss, units.at(name + "/weighted_loss_mean"));
    }
    loss->reduction = "sum";
    if (const Array* sum = units.find(name + "/loss_sum")) check_close(run(*loss, y, p, nullptr).loss, *sum);
  }
}

TEST_CASE("losses refuse what they do not take, by name") {
  const auto error = [](const char* text) {
    const Result<Loss> loss = read_loss(*Json::parse(text));
    REQUIRE_FALSE(loss);
    return loss.error();
  };
  CHECK(error(R"("own_loss")") == "loss: 'own_loss' is not supported");
  CHECK(error(R"({"class_name": "Huber", "config": {"width": 2}})") == "loss: Huber: width 2 is not supported");
  CHECK(error(R"({"class_name": "Huber", "config": {"delta": "x"}})") == R"(loss: Huber: delta is "x", expected a number)");
  CHECK(error(R"({"class_name": "MeanSquaredError", "config": {"reduction": null}})") ==
        "loss: MeanSquaredError: reduction is null, expected one of sum_over_batch_size, mean, sum, mean_with_sample_weight");
}

TEST_CASE("sample weights that do not fit are an error") {
  ir::Program program;
  ir::Builder b(program, add_function(program, "f"));
  const Val y = b.parameter({DType::float32, {ir::Dim(3), ir::Dim(4), ir::Dim(2)}}, "y"), p = b.parameter(y.type(), "p");
  const Val weight = b.parameter({DType::float32, {ir::Dim(3)}}, "w");
  const Result<Loss> loss = read_loss(Json("mse"));
  REQUIRE(loss);
  CHECK(loss_value(*loss, y, p, {}, weight).poisoned());
  CHECK(b.take_errors() == std::vector<std::string>{"sample weights [3] do not fit loss values [3,4]"});
}

}  // namespace keratin
