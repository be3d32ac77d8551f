// compile, fit, evaluate, predict.
#include "article.h"

#include <cmath>

namespace article {

using namespace fn;
namespace layers = keratin::layers;

namespace {

const CompileOptions kBinary = {.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}};

Model compiled() {
  Model model = ThreeLayers().model();
  model.compile(kBinary);
  return model;
}

Model two_layers() {
  const Tensor x = Input({10});
  Model model({x}, {layers::Dense({.units = 1})(layers::Dense({.units = 20})(x))});
  model.compile(kBinary);
  return model;
}

NDArray bits(int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i % 2));
  return NDArray({count}, std::move(values));
}

template <class V>
Json keys_of(const std::map<std::string, V>& map) {
  Json::Array keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

void check_fit(const History& history, const Model& model, const Json& expect) {
  if (const Json* keys = expect.find("history_keys")) CHECK(keys_of(history.history) == *keys);
  if (const Json* epochs = expect.find("epochs")) CHECK(static_cast<int64_t>(history.epoch.size()) == epochs->as_int());
  if (const Json* steps = expect.find("optimizer_steps")) CHECK(model.optimizer_iterations() == steps->as_int());
  if (const Json* finite = expect.find("loss_is_finite")) CHECK(std::isfinite(history["loss"].back()) == finite->as_bool());
}

/// A model that gives what it takes.
Model identity() {
  const Tensor x = Input({1});
  Model model(x, layers::Activation("linear")(x));
  model.compile({.loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

/// The value of `accuracy` is that of the metric it stands for.
void check_accuracy(const Tensor& x, const Tensor& y, const char* loss, const std::string& stands_for, const NDArray& targets) {
  Model model(x, y);
  const NDArray data = ramp({12, 4});
  model.compile({.loss = loss, .metrics = {"accuracy"}});
  const double found = model.evaluate(data, targets).at("accuracy");
  model.compile({.loss = loss, .metrics = {stands_for}});
  CHECK(found == model.evaluate(data, targets).at(stands_for));
}

}  // namespace

Checks training_checks() {
  Checks checks;
  checks["compile_returns_nothing"] = [](const Json& expect) {
    const Json config = compiled().get_compile_config();
    CHECK(at(at(config, "optimizer"), "class_name") == at(expect, "optimizer"));
    CHECK(at(at(at(config, "optimizer"), "config"), "learning_rate") == at(expect, "learning_rate"));
    CHECK(at(config, "loss") == at(expect, "loss"));
  };
  checks["fit_article"] = [](const Json& expect) {
    const Model model = compiled();
    const NDArray x = ramp({1000, 10}), y = bits(1000);
    check_fit(model.fit({x}, {y}, {.batch_size = 64, .epochs = 5, .verbose = 0}), model, expect);
    CHECK(json_of(model.predict(x).shape()) == at(expect, "predict_shape"));
    CHECK(keys_of(model.evaluate(x, y)) == at(expect, "evaluate_keys"));
  };
  checks["fit_defaults"] = [](const Json& expect) {
    const Model model = compiled();
    check_fit(model.fit(ramp({1000, 10}), bits(1000), {.verbose = 0}), model, expect);
  };
  checks["fit_validation_keys"] = [](const Json& expect) {
    const Model model = compiled();
    const int64_t steps = at(expect, "optimizer_steps").as_int();  // of 32 examples each; a quarter is held back
    const int64_t examples = steps * 32 * 4 / 3 - 10;
    check_fit(model.fit(ramp({examples, 10}), bits(examples), {.verbose = 0, .validation_split = 0.25}), model, expect);
  };
  checks["batch_of_one"] = [](const Json& expect) {
    const Model model = two_layers();
    check_fit(model.fit(ramp({1, 10}), bits(1), {.epochs = 5, .verbose = 0}), model, expect);
  };
  checks["missing_batch_dimension"] = [](const Json& expect) { check_raises(expect, [] { two_layers().fit(ramp({10}), bits(1)); }); };
  checks["missing_batch_dimension_same_count"] = [](const Json& expect) { check_raises(expect, [] { two_layers().fit(ramp({10}), bits(10)); }); };
  checks["wrong_feature_count"] = [](const Json& expect) { check_raises(expect, [] { two_layers().predict(ramp({4, 11})); }); };
  checks["clipped_probabilities"] = [](const Json& expect) {
    const Model model = identity();
    const std::vector<float> p = {-0.5f, 1.5f, 0.25f, 0.25f}, y = {0, 1, 0, 1};
    Json::Array each;
    for (size_t i = 0; i < p.size(); ++i) each.push_back(std::round(1e6 * model.test_on_batch(NDArray({1, 1}, std::vector{p[i]}), NDArray({1, 1}, std::vector{y[i]})).at("loss")) / 1e6);
    check_values(NDArray({4}, [&] {
      std::vector<double> values;
      for (const Json& value : each) values.push_back(value.as_double());
      return values;
    }()), at(expect, "each"));
    const Logs all = model.evaluate(NDArray({4, 1}, p), NDArray({4, 1}, y));
    CHECK(all.at("loss") == Approx(at(expect, "mean").as_double()).margin(2e-6));
    CHECK(all.at("accuracy") == Approx(at(expect, "accuracy").as_double()));
  };
  checks["target_rank_is_expanded"] = [](const Json& expect) {
    const Tensor x = Input({2});
    const layers::Dense d(1);
    Model model(x, d(x));
    d.set_weights({ramp({2, 1}), NDArray({1}, std::vector<float>{0.1f})});
    model.compile({.loss = "mse"});
    const NDArray y({5}, std::vector<float>{0, 1, 2, 3, 4});
    CHECK(model.evaluate(ramp({5, 2}), y).at("loss") == Approx(at(expect, "loss").as_double()).epsilon(1e-6));
    CHECK(model.evaluate(ramp({5, 2}), y.reshape({5, 1})).at("loss") == Approx(at(expect, "loss_with_column").as_double()).epsilon(1e-6));
  };
  checks["accuracy_by_shapes"] = [](const Json& expect) {
    const Tensor x = Input({4});
    std::vector<int64_t> ids;
    for (int64_t i = 0; i < 12; ++i) ids.push_back(i * 5 % 3);
    check_accuracy(x, layers::Dense(1, {.activation = "sigmoid"})(x), "binary_crossentropy", at(expect, "binary").as_string(), bits(12).reshape({12, 1}));
    check_accuracy(x, layers::Dense(3, {.activation = "softmax"})(x), "sparse_categorical_crossentropy", at(expect, "sparse").as_string(), NDArray({12}, ids));
    check_accuracy(x, layers::Dense(3, {.activation = "softmax"})(x), "categorical_crossentropy", at(expect, "categorical").as_string(), to_categorical(ids, 3));
  };
  return checks;
}

}  // namespace article
