#include "compiler/training/metrics/metric.h"

#include "compiler/training/optimizers/optimizer.h"
#include "tests/compiler/training/units.h"

namespace keratin {

namespace {

/// The results after each of the recorded batches.
void check_metric(const Units& units, const std::string& name, bool weighted) {
  const Result<std::unique_ptr<Metric>> metric = read_metric(units.config(name));
  if (!metric) FAIL(metric.error());
  const Array &y = units.at(name + "/y"), &p = units.at(name + "/p");
  const Array* weight = weighted ? units.find(name + "/sample_weight") : nullptr;
  ir::Program program;
  const ir::FunctionId update = add_function(program, "update"), result = add_function(program, "result");
  ir::Builder b(program, update), r(program, result);
  MetricBatch batch{b.parameter(type_of(row(y, 0)), "y"), b.parameter(type_of(row(p, 0)), "p"), {}, {}};
  if (weight) batch.weight = b.parameter(type_of(row(*weight, 0)), "w");
  std::vector<ir::VariableId> variables;
  for (const MetricVariable& variable : (*metric)->variables(batch.y.type(), batch.prediction.type()))
    variables.push_back(add_variable(program, variable.name, variable.type, ir::Role::metric, 0));
  const Vals added = (*metric)->update(b, batch);
  for (const std::string& error : b.take_errors()) FAIL(error);
  Vals state;
  for (size_t i = 0; i < variables.size(); ++i) {
    b.update(variables[i], b.read(variables[i]) + added[i]);
    state.push_back(r.read(variables[i]));
  }
  r.output((*metric)->result(r, state), "result");
  ir::Evaluator evaluator(program, y.shape[1]);
  const Array& recorded = units.at(name + (weighted ? "/weighted_result" : "/result"));
  for (int64_t k = 0; k < y.shape[0]; ++k) {
    ir::Tensors inputs = {to_tensor(row(y, k), y.dtype), to_tensor(row(p, k), p.dtype)};
    if (weight) inputs.push_back(to_tensor(row(*weight, k), weight->dtype));
    REQUIRE(evaluator.run(update, inputs));
    const Result<ir::Tensors> outputs = evaluator.run(result, {});
    REQUIRE(outputs);
    check_close((*outputs)[0], row(recorded, k));
  }
}

}  // namespace

TEST_CASE("metrics have the recorded values after each batch, with and without sample weights") {
  const Units units("metrics.npz");
  REQUIRE(units.names().size() > 60);
  for (const std::string& name : units.names()) {
    if (name == "mean" || name == "sum") continue;  // take no targets: not for compile
    INFO(name);
    check_metric(units, name, false);
    if (units.find(name + "/sample_weight")) check_metric(units, name, true);
  }
}

TEST_CASE("metrics are named and refused as Keras does it") {
  const auto name_of = [](const char* text) {
    const Result<std::unique_ptr<Metric>> metric = read_metric(*Json::parse(text));
    if (!metric) FAIL(metric.error());
    return (*metric)->name;
  };
  CHECK(name_of(R"("mse")") == "mse");
  CHECK(name_of(R"("acc")") == "acc");
  CHECK(name_of(R"({"class_name": "OneHotMeanIoU", "config": {"num_classes": 3}})") == "one_hot_mean_io_u");
  CHECK(name_of(R"({"class_name": "AUC", "config": {"name": "area", "curve": "PR"}})") == "area");
  CHECK(name_of(R"({"class_name": "function", "config": "mean_absolute_error"})") == "mean_absolute_error");
  const auto error = [](const char* text) {
    const Result<std::unique_ptr<Metric>> metric = read_metric(*Json::parse(text));
    REQUIRE_FALSE(metric);
    return metric.error();
  };
  CHECK(error(R"("own_metric")") == "metric: 'own_metric' is not supported");
  CHECK(error(R"({"class_name": "Precision", "config": {"thresholds": [0.5, 2.0]}})") == "metric: Precision: thresholds is [0.5, 2.0], expected numbers from 0 to 1");
  CHECK(error(R"({"class_name": "AUC", "config": {"curve": "DET"}})") == R"(metric: AUC: curve is "DET", expected one of ROC, roc, PR, pr, PRGAIN, prgain)");
}

}  // namespace keratin
