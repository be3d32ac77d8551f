#include <catch2/catch.hpp>

#include <cmath>

#include "compiler/layers/json_tensor.h"
#include "compiler/layers/resize.h"

using namespace keratin;

namespace {

/// The dense row of weights of one output.
std::vector<double> row(const ResizeTaps& taps, int64_t inputs, int64_t output) {
  std::vector<double> weights(static_cast<size_t>(inputs), 0.0);
  for (int64_t i = output * taps.count; i < (output + 1) * taps.count; ++i)
    weights[static_cast<size_t>(taps.index[static_cast<size_t>(i)])] += taps.weight[static_cast<size_t>(i)];
  return weights;
}

}  // namespace

TEST_CASE("the weights of every output add up to one and stay inside") {
  const auto name = GENERATE(from_range(resize_interpolations()));
  const auto [inputs, outputs] = GENERATE(values<std::pair<int64_t, int64_t>>({{5, 9}, {9, 5}, {7, 7}, {1, 4}, {4, 1}, {12, 5}}));
  const bool antialias = GENERATE(false, true);
  CAPTURE(name, inputs, outputs, antialias);
  ResizeOptions options{.interpolation = std::string(name)};
  options.antialias = antialias;
  const ResizeTaps taps = resize_taps(inputs, outputs, options);
  REQUIRE(taps.index.size() == static_cast<size_t>(outputs * taps.count));
  for (int64_t index : taps.index) REQUIRE((index >= 0 && index < inputs));
  for (int64_t i = 0; i < outputs; ++i) {
    double total = 0;
    for (double weight : row(taps, inputs, i)) total += weight;
    CHECK(total == Approx(1));
  }
}

TEST_CASE("half-pixel centres") {
  ResizeOptions options;
  ResizeTaps taps = resize_taps(2, 4, options);
  CHECK(row(taps, 2, 0) == std::vector<double>{1, 0});
  CHECK(row(taps, 2, 1) == std::vector<double>{0.75, 0.25});
  CHECK(row(taps, 2, 3) == std::vector<double>{0, 1});
  options.corner_aligned = true;
  taps = resize_taps(2, 4, options);
  CHECK(row(taps, 2, 1) == std::vector<double>{0.5, 0.5});
  options = {.interpolation = "nearest"};
  CHECK(resize_taps(3, 7, options).index == std::vector<int64_t>{0, 0, 1, 1, 1, 2, 2});
  options = {.interpolation = "area"};
  taps = resize_taps(5, 2, options);
  CHECK(row(taps, 5, 0)[1] == Approx(0.4));
  CHECK(row(taps, 5, 0)[2] == Approx(0.2));
}

TEST_CASE("antialiasing widens the kernel of a shrinking image") {
  ResizeOptions options;
  options.antialias = true;
  const ResizeTaps taps = resize_taps(8, 2, options);
  const std::vector<double> weights = row(taps, 8, 0);  // centre 2, reach 4
  CHECK(weights[0] == Approx(weights[3]));
  CHECK(weights[1] == Approx(weights[2]));
  CHECK(weights[0] < weights[1]);
  CHECK(weights[5] > 0);
  CHECK(weights[6] == 0);
}

TEST_CASE("constants of a config") {
  const auto parse = [](const char* text) { return json_tensor(Json::parse(text).value(), DType::float32); };
  CHECK(parse("1.5")->shape.empty());
  CHECK(parse("[[1, 2, 3], [4, 5, 6]]")->shape == std::vector<int64_t>{2, 3});
  CHECK(parse("[[1, 2, 3], [4, 5, 6]]")->floats == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(parse(R"({"class_name": "__numpy__", "config": {"value": [1, true], "dtype": "float32"}})")->floats == std::vector<double>{1, 1});
  CHECK(parse("[]")->shape == std::vector<int64_t>{0});
  CHECK_FALSE(parse("[[1, 2], [3]]"));
  CHECK_FALSE(parse("[1, [2]]"));
  CHECK_FALSE(parse("[[1], 2]"));
  CHECK_FALSE(parse("\"a\""));
  CHECK_FALSE(parse("{}"));
}
