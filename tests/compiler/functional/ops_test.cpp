// keras.ops on symbolic tensors, custom layers, registered functions.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <keratin/keratin.h>

namespace {

using namespace keratin::functional;
namespace layers = keratin::layers;
namespace ops = keratin::ops;
using keratin::Json;

NDArray values(std::vector<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  std::vector<float> list;
  for (int64_t i = 0; i < count; ++i) list.push_back(0.25f * static_cast<float>((7 * i) % 11) - 1.0f);
  return NDArray(std::move(shape), std::move(list));
}

/// The model from one input to what `graph` makes of it, on data.
template <class F>
NDArray computed(const NDArray& data, F&& graph) {
  set_engine(Engine::reference);
  const Tensor x = Input(TensorShape(data.shape().begin() + 1, data.shape().end()));
  return Model(x, graph(x)).predict(data);
}

/// y = tanh(x scale) with a weight for each feature.
class Scaled : public CustomLayer {
 public:
  explicit Scaled(const Json& config) : power_(config.find("power") ? config.find("power")->as_int() : 1) {}
  std::vector<Tensor> call(const std::vector<Tensor>& inputs) override {
    const Tensor scale = weight("scale", {*inputs[0].shape().back()}, {.initializer = "ones"});
    return {ops::power(ops::tanh(inputs[0] * scale), static_cast<int>(power_))};
  }

 private:
  int64_t power_;
};

}  // namespace

TEST_CASE("operators and operations compute what their names say") {
  const NDArray data = values({3, 4});
  const NDArray y = computed(data, [](const Tensor& x) { return ops::exp(2 * x - 1) / (1 + ops::square(x)) + ops::maximum(x, 0.5); });
  for (int64_t i = 0; i < y.size(); ++i) {
    const double x = data.number(i);
    CHECK(y.number(i) == Approx(std::exp(2 * x - 1) / (1 + x * x) + std::max(x, 0.5)).epsilon(1e-5));
  }
  const NDArray sums = computed(data, [](const Tensor& x) { return ops::sum(x, 1, true); });
  REQUIRE(sums.shape() == std::vector<int64_t>{3, 1});
  CHECK(sums(1, 0) == Approx(data(1, 0) + data(1, 1) + data(1, 2) + data(1, 3)));
  const NDArray part = computed(data, [](const Tensor& x) { return x.at({IndexConstants::everything(), Slice{1, 3, std::nullopt}}); });
  REQUIRE(part.shape() == std::vector<int64_t>{3, 2});
  CHECK(part(2, 1) == data(2, 2));
  const NDArray product = computed(data, [](const Tensor& x) { return ops::matmul(x, values({4, 2})); });
  REQUIRE(product.shape() == std::vector<int64_t>{3, 2});
}

TEST_CASE("a layer type of the program's own has weights, a gradient and a place in files") {
  set_engine(Engine::reference);
  register_layer<Scaled>("tests>Scaled");
  const Tensor x = Input({3}, {.name = "x"});
  const Layer scaled = make_custom("tests>Scaled", Json::Object{{"power", 2}});
  const Tensor h = scaled(x);
  CHECK(scaled.name() == "scaled");
  REQUIRE(scaled.weights().size() == 1);
  CHECK(scaled.weights()[0].path() == "scaled/scale");
  scaled.set_weights({NDArray({3}, std::vector<float>{1, 2, 3})});
  const Model model(x, layers::Dense(1)(h));
  CHECK(scaled(values({2, 3}))(1, 2) == Approx(std::pow(std::tanh(3 * values({2, 3})(1, 2)), 2)));

  const auto gradients = model.gradients(values({2, 3}), NDArray({2, 1}, std::vector<float>{1, 1}));
  CHECK(gradients.contains("scaled/scale"));

  const Model again = model_from_json(model.to_json());
  CHECK(again.get_layer("scaled").class_name() == "Scaled");
  CHECK(again.count_params() == model.count_params());
}

TEST_CASE("a function becomes a layer, and under a name it is found again") {
  set_engine(Engine::reference);
  register_function("tests>twice", [](const std::vector<Tensor>& inputs) { return std::vector{2 * inputs[0]}; });
  const Tensor x = Input({2});
  const Model model(x, layers::Lambda("tests>twice")(x));
  CHECK(model.predict(values({1, 2}))(0, 1) == 2 * values({1, 2})(0, 1));
  CHECK(model_from_json(model.to_json()).predict(values({1, 2}))(0, 1) == 2 * values({1, 2})(0, 1));
  CHECK_THROWS_WITH(layers::Lambda("tests>unknown"), Catch::Contains("'tests>unknown' is not registered"));
  const layers::Dense inner(2);
  CHECK_THROWS_WITH(layers::Lambda([&](const Tensor& t) -> Tensor { return inner(t); })(x), Catch::Contains("has weights"));
}

TEST_CASE("a table of numbers becomes an array") {
  const std::string path = "functional_table.csv";
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file);
  std::fputs("a,b\n1,2.5\n-3,4\n", file);
  std::fclose(file);
  std::vector<std::string> columns;
  const NDArray table = load_csv(path, &columns);
  CHECK(columns == std::vector<std::string>{"a", "b"});
  REQUIRE(table.shape() == std::vector<int64_t>{2, 2});
  CHECK(table(1, 0) == -3);
  CHECK(table(0, 1) == 2.5);
  file = std::fopen(path.c_str(), "w");
  std::fputs("a,b\n1,red\n", file);
  std::fclose(file);
  CHECK_THROWS_WITH(load_csv(path), Catch::Contains("line 2: b: 'red' is no number"));
  std::remove(path.c_str());
  CHECK_THROWS_AS(load_csv(path), OSError);
}
