// First values of weights: distributions, bounds and exact values as Keras's (units/initializers.npz).
#include <catch2/catch.hpp>
#include <cmath>
#include <fmt/format.h>

#include "compiler/data/npz.h"
#include "compiler/initializers/initializer.h"

namespace keratin {
namespace {

NamedArrays recorded(const char* file = "initializers") {
  Result<NamedArrays> arrays = read_arrays(std::string(KERATIN_TEST_DATA "/units/") + file + ".npz");
  REQUIRE(arrays);
  return std::move(*arrays);
}

Json json(const Array& array) {
  Result<Json> parsed = Json::parse(array.strings.at(0));
  REQUIRE(parsed);
  return *parsed;
}

std::vector<int64_t> shape_of(const Json& expect) {
  std::vector<int64_t> shape;
  for (const Json& extent : expect.find("shape")->as_array()) shape.push_back(extent.as_int());
  return shape;
}

ir::Tensor drawn(const Json& initializer, const std::vector<int64_t>& shape, uint64_t seed) {
  Result<ir::Tensor> tensor = initial_value(initializer, DType::float32, shape, seed);
  if (!tensor) FAIL(tensor.error());
  return std::move(*tensor);
}

TEST_CASE("random initializers have Keras's fans, means, deviations and bounds") {
  const NamedArrays arrays = recorded();
  int cases = 0;
  for (const auto& [name, array] : arrays) {
    if (!name.ends_with("/expect") || name.starts_with("orthogonal")) continue;
    const Json expect = json(array), config = json(*find_array(arrays, name.substr(0, name.find('/')) + "/config"));
    const std::vector<int64_t> shape = shape_of(expect);
    INFO(name);
    CHECK(fans_of(shape).in == expect.find("fan_in")->as_double());
    CHECK(fans_of(shape).out == expect.find("fan_out")->as_double());
    double sum = 0, squares = 0, low = HUGE_VAL, high = -HUGE_VAL, count = 0;
    for (uint64_t seed = 0; count < 40000; ++seed)
      for (double value : drawn(config, shape, seed).floats) {
        sum += value;
        squares += value * value;
        low = std::min(low, value);
        high = std::max(high, value);
        ++count;
      }
    const double mean = sum / count, stddev = std::sqrt(squares / count - mean * mean), expected = expect.find("stddev")->as_double();
    CHECK(std::abs(mean - expect.find("mean")->as_double()) < 0.025 * expected);  // five deviations of such a mean
    CHECK(std::abs(stddev - expected) < 0.02 * expected);
    const auto bound = [&](const char* key) { return expect.find(key); };
    if (!bound("minimum")->is_null()) CHECK((low >= bound("minimum")->as_double() - 1e-6 && low < bound("minimum")->as_double() + 0.1 * expected));
    if (!bound("maximum")->is_null()) CHECK((high <= bound("maximum")->as_double() + 1e-6 && high > bound("maximum")->as_double() - 0.1 * expected));
    ++cases;
  }
  CHECK(cases == 60);
}

TEST_CASE("zeros, ones and constants are Keras's values") {
  const NamedArrays arrays = recorded();
  for (const char* name : {"zeros", "ones", "constant"}) {
    const Array& value = *find_array(arrays, std::string(name) + "/value");
    CHECK(drawn(json(*find_array(arrays, std::string(name) + "/config")), value.shape, 1).floats == value.as<double>());
  }
}

TEST_CASE("an identity has its gain on the diagonal") {
  const NamedArrays arrays = recorded();
  for (const auto& [name, gain] : {std::pair{"identity", 1.5}, {"identity_wide", 1.0}}) {
    const Array& value = *find_array(arrays, std::string(name) + "/value");
    const Json initializer = *Json::parse(std::string(R"({"class_name": "Identity", "config": {"gain": )") + (gain == 1.5 ? "1.5}}" : "1.0}}"));
    CHECK(drawn(initializer, value.shape, 1).floats == value.as<double>());
  }
}

TEST_CASE("an orthogonal kernel's shorter side is orthogonal, with the gain as length") {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{7, 3}, {3, 7}, {2, 3, 4, 5}, {4}}) {
    const ir::Tensor tensor = drawn(*Json::parse(R"({"class_name": "Orthogonal", "config": {"gain": 1.3, "seed": null}})"), shape, 3);
    const size_t columns = static_cast<size_t>(shape.back()), rows = tensor.floats.size() / columns;
    const bool wide = rows < columns;
    const size_t vectors = std::min(rows, columns), length = std::max(rows, columns);
    const auto at = [&](size_t vector, size_t k) { return tensor.floats[wide ? vector * columns + k : k * columns + vector]; };
    for (size_t a = 0; a < vectors; ++a)
      for (size_t b = 0; b <= a; ++b) {
        double product = 0;
        for (size_t k = 0; k < length; ++k) product += at(a, k) * at(b, k);
        CHECK(std::abs(product - (a == b ? 1.69 : 0.0)) < 1e-6);
      }
  }
}

TEST_CASE("kernels of a Fourier transform are Keras's, with every window") {
  const NamedArrays arrays = recorded("stft");
  int cases = 0;
  for (const auto& [name, array] : arrays) {
    if (!name.ends_with("/value")) continue;
    INFO(name);
    const std::vector<double> values = drawn(json(*find_array(arrays, name.substr(0, name.find('/')) + "/config")), array.shape, 1).floats;
    const std::vector<double> expected = array.as<double>();
    REQUIRE(values.size() == expected.size());
    for (size_t i = 0; i < values.size(); ++i) CHECK(values[i] == Approx(expected[i]).epsilon(1e-6).margin(1e-7));
    ++cases;
  }
  CHECK(cases == 44);
}

TEST_CASE("a name's suffix decides whether a window is periodic; channels get the same kernel") {
  const auto kernel = [](const char* window, const char* periodic, const std::vector<int64_t>& shape) {
    return drawn(*Json::parse(fmt::format(R"({{"class_name": "STFT", "config": {{"window": "{}", "periodic": {}}}}})", window, periodic)), shape, 1).floats;
  };
  CHECK(kernel("hann_periodic", "false", {6, 1, 3}) == kernel("hann", "true", {6, 1, 3}));
  CHECK(kernel("hann_symmetric", "true", {6, 1, 3}) == kernel("han", "false", {6, 1, 3}));
  CHECK(kernel("hann", "true", {6, 1, 3}) != kernel("hann", "false", {6, 1, 3}));
  const std::vector<double> one = kernel("hamming", "false", {5, 1, 2}), two = kernel("hamming", "false", {5, 2, 2});
  for (size_t time = 0; time < 5; ++time)
    for (size_t at = 0; at < 4; ++at) CHECK(two[time * 4 + at] == one[time * 2 + at % 2]);
}

TEST_CASE("axes of inputs and outputs decide the fans, where both are given") {
  const std::vector<int64_t> shape = {30, 10, 40};
  const auto largest = [&](const char* axes) {
    const ir::Tensor tensor = drawn(*Json::parse(fmt::format(R"({{"class_name": "GlorotUniform", "config": {{"seed": null{}}}}})", axes)), shape, 1);
    double value = 0;
    for (double element : tensor.floats) value = std::max(value, std::abs(element));
    return value;
  };
  const auto limit = [](double in, double out) { return std::sqrt(6 / (in + out)); };
  const auto is = [](double value, double limit) { return value <= limit && value > 0.99 * limit; };
  CHECK(is(largest(""), limit(300, 1200)));
  CHECK(is(largest(R"(, "input_axes": null, "output_axes": [1])"), limit(300, 1200)));
  CHECK(is(largest(R"(, "input_axes": [0], "output_axes": [1])"), limit(30, 10)));
  CHECK(is(largest(R"(, "input_axes": [0, -1], "output_axes": [])"), limit(1200, 1)));
  const auto error = [&](const char* axes) { return initial_value(*Json::parse(fmt::format(R"({{"class_name": "HeNormal", "config": {{{}}}}})", axes)), DType::float32, shape, 1).error(); };
  CHECK(error(R"("input_axes": [3], "output_axes": [0])") == "initializer HeNormal: input_axes is [3], expected axes of the weight's 3");
  CHECK(error(R"("input_axes": "all", "output_axes": [0])") == "initializer HeNormal: input_axes is \"all\", expected numbers");
}

TEST_CASE("LSTM's forget gate begins open") {
  const NamedArrays arrays = recorded();
  const Array& bias = *find_array(arrays, "lstm_unit_forget_bias/bias");
  const Json initializer = *Json::parse(R"({"class_name": "UnitForgetBias", "config": {"bias_initializer": {"class_name": "Zeros", "config": {}}}})");
  CHECK(drawn(initializer, bias.shape, 1).floats == bias.as<double>());
  const Json random = *Json::parse(R"({"class_name": "UnitForgetBias", "config": {"bias_initializer": {"class_name": "RandomNormal", "config": {}}}})");
  CHECK(drawn(random, {12}, 1).floats != drawn(random, {12}, 2).floats);
  CHECK(drawn(random, {12}, 1).floats[3] == 1);
}

TEST_CASE("the same seed gives the same values, another one others") {
  const Json initializer("glorot_uniform");
  CHECK(drawn(initializer, {3, 4}, 1).floats == drawn(initializer, {3, 4}, 1).floats);
  CHECK(drawn(initializer, {3, 4}, 1).floats != drawn(initializer, {3, 4}, 2).floats);
}

TEST_CASE("unknown initializers and arguments are refused by name") {
  const auto error = [](const char* text) {
    const Result<ir::Tensor> value = initial_value(*Json::parse(text), DType::float32, {2, 2}, 1);
    return value ? std::string() : value.error();
  };
  CHECK(error(R"("magic")") == "initializer 'magic' is not supported");
  const auto stft = [](const char* config, const std::vector<int64_t>& shape) {
    return initial_value(*Json::parse(fmt::format(R"({{"class_name": "STFT", "config": {{{}}}}})", config)), DType::float32, shape, 1).error();
  };
  CHECK(stft(R"("side": "left")", {4, 1, 3}) == "initializer STFT: side is \"left\", expected one of real, imag");
  CHECK(stft(R"("window": "kaiser")", {4, 1, 3}) == "initializer STFT: window is \"kaiser\", expected a window function without parameters, by scipy's name");
  CHECK(stft(R"("window": [1, 2, 3])", {4, 1, 3}) == "initializer STFT: window: has 3 values, the kernel 4 steps");
  CHECK(stft("", {4, 3}) == "initializer STFT: needs a weight with three axes, the last of two frequencies or more");
  CHECK(error(R"("identity")") == "");
  CHECK(initial_value(Json("identity"), DType::float32, {2, 2, 2}, 1).error() == "initializer identity: needs a weight with two axes, not 3");
  CHECK(error(R"({"class_name": "UnitForgetBias", "config": {"bias_initializer": "magic"}})") == "initializer UnitForgetBias: initializer 'magic' is not supported");
  CHECK(error(R"({"class_name": "Constant", "config": {"value": 1, "volume": 2}})") == "initializer Constant: volume 2 is not supported");
}

}  // namespace
}  // namespace keratin
