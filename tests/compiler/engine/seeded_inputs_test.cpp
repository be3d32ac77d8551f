#include "compiler/engine/seeded_inputs.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "ir/builder.h"

namespace keratin {
namespace {

using ir::kBatch;

/// predict of one input, whose result is what `build` makes of it.
template <class Build>
ir::Program program_of(DType dtype, const Build& build) {
  ir::Program program;
  program.functions.push_back({});
  program.functions.back().name = "predict";
  ir::Builder b(program, ir::FunctionId{0});
  b.output(build(b, b.parameter({dtype, {kBatch, ir::Dim(500)}}, "x")), "y");
  return program;
}

double deviation(const Array& array) {
  double squares = 0;
  for (double value : array.as<double>()) squares += value * value;
  return std::sqrt(squares / static_cast<double>(array.count()));
}

TEST_CASE("inputs that nobody gives are the same for the same seed") {
  const ir::Program program = program_of(DType::float32, [](ir::Builder&, ir::Val x) { return tanh(x); });
  const std::vector<Array> first = seeded_inputs(program, 3, 7);
  REQUIRE(first.size() == 1);
  CHECK(first[0].shape == std::vector<int64_t>{3, 500});
  CHECK(first == seeded_inputs(program, 3, 7));
  CHECK(first != seeded_inputs(program, 3, 8));
  CHECK(deviation(first[0]) == Approx(1).epsilon(0.1));
}

TEST_CASE("what the model scales at once is between 0 and 1 afterwards") {
  CHECK(deviation(seeded_inputs(program_of(DType::float32, [](ir::Builder&, ir::Val x) { return tanh(x * (1.0 / 255)); }), 2, 1)[0]) == Approx(255 / std::sqrt(3.0)).epsilon(0.1));
  const auto rescaling = [](ir::Builder& b, ir::Val x) { return x * b.broadcast(b.cast(b.number(DType::float64, 1.0 / 255), DType::float32), x.shape()); };  // as the layer expands
  CHECK(deviation(seeded_inputs(program_of(DType::float32, rescaling), 2, 1)[0]) == Approx(255 / std::sqrt(3.0)).epsilon(0.1));
  CHECK(deviation(seeded_inputs(program_of(DType::float32, [](ir::Builder&, ir::Val x) { return x * 0.5 + x; }), 2, 1)[0]) == Approx(1).epsilon(0.1));  // read twice
  CHECK(deviation(seeded_inputs(program_of(DType::float32, [](ir::Builder&, ir::Val x) { return x * 0.0; }), 2, 1)[0]) == Approx(1).epsilon(0.1));
}

TEST_CASE("ids fit the smallest table, also where the model takes them as floats") {
  for (DType dtype : {DType::int32, DType::float32}) {
    const ir::Program program = program_of(dtype, [](ir::Builder& b, ir::Val x) {
      const ir::Val ids = b.cast(x, DType::int32);
      return b.gather(b.zeros({DType::float32, {ir::Dim(9), ir::Dim(2)}}), ids, 0) + b.gather(b.zeros({DType::float32, {ir::Dim(4), ir::Dim(2)}}), ids, 0);
    });
    CHECK(smallest_table(program.functions[0]) == 4);
    for (double id : seeded_inputs(program, 2, 1)[0].as<double>()) CHECK((id >= 0 && id < 4 && id == std::floor(id)));
  }
}

}  // namespace
}  // namespace keratin
