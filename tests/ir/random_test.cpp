#include <catch2/catch.hpp>
#include <cmath>

#include "gradient_check.h"

namespace keratin::ir {
namespace {

Tensor draw(Random::Kind kind, Type type, int64_t key, int64_t batch = 1) {
  Case c = make_case([&](Builder& b) { b.output(b.add1(Random::Attrs{kind, type}, {b.parameter({DType::uint64, {}}, "key")}), "y"); });
  Tensor key_tensor(DType::uint64, {});
  key_tensor.integers[0] = key;
  return evaluate(c.program, c.function, batch, {key_tensor})[0];
}

TEST_CASE("uniform numbers are the published generator's") {
  // Philox4x32-10 of counter 0 and key 0, from the known answers of Random123.
  const std::vector<double> words = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  const Tensor y = draw(Random::Kind::uniform, {DType::float32, {4}}, 0);
  for (size_t i = 0; i < 4; ++i) CHECK(y.floats[i] == std::floor(words[i] / 256) / 16777216);
}

TEST_CASE("an element depends on key and place alone") {
  for (auto kind : {Random::Kind::uniform, Random::Kind::normal, Random::Kind::truncated_normal})
    for (DType dtype : {DType::float32, DType::float64, DType::float16}) {
      const Tensor few = draw(kind, {dtype, {kBatch, 3}}, 17, 2), many = draw(kind, {dtype, {kBatch, 3}}, 17, 50),
          other = draw(kind, {dtype, {kBatch, 3}}, 18, 2);
      CHECK(std::equal(few.floats.begin(), few.floats.end(), many.floats.begin()));
      CHECK(few.floats != other.floats);
    }
}

TEST_CASE("moments and bounds of random numbers") {
  struct Expected {
    Random::Kind kind;
    double mean, variance, low, high;
  };
  for (DType dtype : {DType::float32, DType::float64})
    for (const Expected& e : {Expected{Random::Kind::uniform, 0.5, 1.0 / 12, 0, 1}, Expected{Random::Kind::normal, 0, 1, -7, 7},
                              Expected{Random::Kind::truncated_normal, 0, 0.7737, -2, 2}}) {
      const Tensor y = draw(e.kind, {dtype, {100000}}, 5);
      double sum = 0, squares = 0;
      for (double v : y.floats) {
        sum += v;
        squares += v * v;
        if (v < e.low || v > e.high || (e.kind == Random::Kind::uniform && v >= 1)) FAIL(v);
      }
      const double mean = sum / 1e5;
      CHECK(mean == Approx(e.mean).margin(0.01));
      CHECK(squares / 1e5 - mean * mean == Approx(e.variance).margin(0.01));
    }
}

TEST_CASE("what cannot be drawn") {
  Program program;
  program.functions.push_back({});
  Builder b(program, FunctionId{0});
  b.add1(Random::Attrs{Random::Kind::uniform, {DType::int32, {2}}}, {b.parameter({DType::uint64, {}}, "key")});
  b.add1(Random::Attrs{Random::Kind::uniform, {DType::float32, {2}}}, {b.parameter({DType::int64, {2}}, "key")});
  CHECK(b.take_errors() == std::vector<std::string>{"random: draws floats, not int32", "random: the key is int64[2], not a uint64 scalar"});
}

}  // namespace
}  // namespace keratin::ir
