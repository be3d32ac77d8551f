// The samples of ops that kernels compute, as emitted code against the reference evaluator: each sample is a model of one node.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iterator>

#include "compiler/data/tensors.h"
#include "compiler/engine/compare.h"
#include "compiler/engine/compiled_batch.h"
#include "ir/eval.h"
#include "ir/plan/make_plan.h"
#include "tests/ir/samples.h"

CATCH_TRANSLATE_EXCEPTION(keratin::BuildFailure& error) { return error.message; }

namespace keratin {
namespace {

using ir::test::Sample;

/// predict of the sample's node, with its operands as inputs.
std::unique_ptr<ir::Program> program_of(const Sample& sample) {
  auto program = std::make_unique<ir::Program>();
  program->functions.push_back({});
  program->functions.back().name = "predict";
  const ir::Op op = sample.op(*program);
  ir::Builder b(*program, ir::FunctionId{0});
  ir::Vals operands;
  for (size_t i = 0; i < sample.types.size(); ++i) operands.push_back(b.parameter(sample.types[i], "x" + std::to_string(i)));
  const ir::Vals results = b.add(op, operands);
  for (size_t i = 0; i < results.size(); ++i) b.output(results[i], "y" + std::to_string(i));
  return program;
}

/// `refused`: samples that no kernel takes, by the name of what they show, with the planner's words.
void check_samples(const std::vector<Sample>& samples, const std::vector<std::pair<std::string, std::string>>& refused = {}, double limit = 1e-6) {
  std::vector<PlannedModel> planned;
  std::vector<const Sample*> kept;
  std::vector<ir::Tensors> expected;
  size_t refusals = 0;
  for (const Sample& sample : samples) {
    INFO(sample.what);
    std::unique_ptr<ir::Program> program = program_of(sample);
    Result<ir::Tensors> values = ir::Evaluator(*program, sample.batch).run(program->find("predict"), sample.values);
    REQUIRE(values);
    Result<ir::Plan> plan = ir::make_plan(*program, {});
    if (refusals < refused.size() && refused[refusals].first == sample.what) {
      REQUIRE_FALSE(plan);
      CHECK(plan.error() == refused[refusals++].second);
      continue;
    }
    INFO((plan ? "" : plan.error()));
    REQUIRE(plan);
    planned.push_back({std::move(program), std::move(*plan)});
    kept.push_back(&sample);
    expected.push_back(std::move(*values));
  }
  CHECK(refusals == refused.size());
  const auto models = build_batch(std::move(planned), checking_flags());
  for (size_t i = 0; i < models.size(); ++i) {
    INFO(kept[i]->what);
    std::vector<Array> inputs;
    for (const ir::Tensor& value : kept[i]->values) inputs.push_back(to_array(value));
    const Result<std::vector<Array>> outputs = models[i]->run(inputs, kept[i]->batch);
    REQUIRE(outputs);
    REQUIRE(outputs->size() == expected[i].size());
    for (size_t k = 0; k < outputs->size(); ++k) {
      const Difference difference = compare_arrays((*outputs)[k], to_array(expected[i][k]));
      CHECK(difference.reason == "");
      CHECK(difference.error <= limit);
    }
  }
}

std::vector<Sample> good(std::initializer_list<ir::test::Samples> lists) {
  std::vector<Sample> all;
  const auto has_elements = [](const Sample& s) { return std::all_of(s.values.begin(), s.values.end(), [](const ir::Tensor& t) { return t.count() > 0; }); };
  for (const ir::test::Samples& list : lists) std::copy_if(list.good.begin(), list.good.end(), std::back_inserter(all), has_elements);   // others have no memory
  return all;
}

TEST_CASE("emitted kernels: functions of elements") {
  check_samples(good({ir::test::samples_Unary(), ir::test::samples_Compare(), ir::test::samples_Select()}));
}

TEST_CASE("emitted kernels: functions of two elements, also of NaN, infinities, zeros and numbers at the bounds") { check_samples(good({ir::test::samples_Binary()})); }

/// An operation of an operand and a constant, which is tried on either side.
struct ConstantCase {
  ir::Binary::Kind kind;
  ir::Tensor x, constant;
};

/// The results are equal to the last bit.
void check_with_constants(const std::vector<ConstantCase>& cases) {
  std::vector<PlannedModel> planned;
  std::vector<ir::Tensor> expected;
  for (const ConstantCase& c : cases)
    for (bool first : {true, false}) {
      auto program = std::make_unique<ir::Program>();
      program->functions.push_back({});
      program->functions.back().name = "predict";
      ir::Builder b(*program, ir::FunctionId{0});
      const Val operand = b.parameter(ir::test::type_of(c.x), "x"), known = b.broadcast(b.constant(c.constant), operand.shape());
      b.output(first ? b.binary(c.kind, known, operand) : b.binary(c.kind, operand, known), "y");
      expected.push_back(ir::Evaluator(*program, 1).run(ir::FunctionId{0}, {c.x})->at(0));
      Result<ir::Plan> plan = ir::make_plan(*program, {});
      REQUIRE(plan);
      planned.push_back({std::move(program), std::move(*plan)});
    }
  const auto models = build_batch(std::move(planned), checking_flags());
  for (size_t i = 0; i < models.size(); ++i) {
    const ConstantCase& c = cases[i / 2];
    INFO(ir::Binary::name_of(c.kind) << " of " << name_of(c.x.dtype) << " and constant " << c.constant.number(0) << (i % 2 ? ", second" : ", first"));
    const Result<std::vector<Array>> outputs = models[i]->run({to_array(c.x)}, 1);
    REQUIRE(outputs);
    CHECK((*outputs)[0].bytes == to_array(expected[i]).bytes);
  }
}

TEST_CASE("emitted kernels: NaN is not lost beside a constant") {
  const double nan = std::nan(""), infinity = HUGE_VAL;
  std::vector<double> values = {nan, -infinity, infinity, -1, 0.5, 2};
  for (int i = 0; i < 14; ++i) values.push_back(i % 5 == 0 ? nan : i - 7);
  std::vector<ConstantCase> cases;
  for (DType dtype : {DType::float32, DType::float64})
    for (ir::Binary::Kind kind : {ir::Binary::Kind::max, ir::Binary::Kind::min})
      for (double constant : {0.5, 0.0, infinity, nan}) cases.push_back({kind, ir::test::floats({20}, values, dtype), ir::scalar(dtype, constant)});
  check_with_constants(cases);
}

TEST_CASE("emitted kernels: integer constants and tables are exact to the last bit") {
  using Kind = ir::Binary::Kind;
  const auto integers = [](DType dtype, std::vector<int64_t> values) { return ir::test::integers({static_cast<int64_t>(values.size())}, values, dtype); };
  constexpr int64_t kOdd = (int64_t{1} << 53) + 1;  // no double
  std::vector<ConstantCase> cases;
  for (int64_t value : {kOdd, -kOdd, INT64_MAX, INT64_MIN}) {
    for (Kind kind : {Kind::add, Kind::mul, Kind::max}) cases.push_back({kind, integers(DType::int64, {1, -1, 3}), ir::test::integers({}, {value}, DType::int64)});
    cases.push_back({Kind::add, integers(DType::uint64, {1, -1, 3}), ir::test::integers({}, {value}, DType::uint64)});
  }
  for (Kind kind : {Kind::add, Kind::max, Kind::floor_div}) cases.push_back({kind, integers(DType::int32, {1, -1, 3}), ir::test::integers({}, {INT32_MIN})});
  for (DType dtype : {DType::int64, DType::uint64}) cases.push_back({Kind::logical_xor, integers(dtype, {0, 0, 0, 0}), integers(dtype, {kOdd, INT64_MIN, -1, INT64_MAX - 1})});
  check_with_constants(cases);
}

TEST_CASE("emitted kernels: casts") {
  std::vector<Sample> casts = good({ir::test::samples_Cast()});
  // Numbers that the integer cannot hold: emitted code gives what x86, and so TensorFlow, does; the evaluator the nearest bound.
  std::erase_if(casts, [](const Sample& s) { return s.what == "towards zero, NaN to 0, to the nearest bound" || s.what == "to uint64" || s.what == "to int64"; });
  check_samples(casts);
}

TEST_CASE("emitted kernels: powers of integers") {
  const ir::Op power = ir::Binary::Attrs{ir::Binary::Kind::pow};
  check_samples({ir::test::sample("int32", power, {ir::test::integers({6}, {2, -3, 7, -1, 1, 5}), ir::test::integers({6}, {10, 3, 0, -3, -2, -1})}),
                 ir::test::sample("uint8", power, {ir::test::integers({3}, {2, 3, 255}, DType::uint8), ir::test::integers({3}, {7, 6, 2}, DType::uint8)})});
}

TEST_CASE("emitted kernels: gradients of kernels and windows") {
  const std::pair<std::string, std::string> line = {"first of ties", "a window over these axes is not supported"};   // there are no examples
  check_samples(good({ir::test::samples_ConvKernelGrad(), ir::test::samples_WindowGrad(), ir::test::samples_WindowReduce()}), {line, line});
}

TEST_CASE("emitted kernels: slices by index and their sums") { check_samples(good({ir::test::samples_Gather(), ir::test::samples_ScatterAdd()})); }

TEST_CASE("emitted kernels: an index outside is an error") {
  std::vector<PlannedModel> planned;
  const ir::Op ops[] = {ir::Gather::Attrs{}, ir::ScatterAdd::Attrs{0, 0, 3}};
  for (const ir::Op& op : ops) {
    std::unique_ptr<ir::Program> program = program_of(ir::test::sample("index", op, {ir::test::spread({3}), ir::test::integers({3}, {0, 1, 2})}));
    Result<ir::Plan> plan = ir::make_plan(*program, {});
    REQUIRE(plan);
    planned.push_back({std::move(program), std::move(*plan)});
  }
  for (const auto& model : build_batch(std::move(planned), checking_flags())) {
    const auto run = [&](int64_t index) { return model->run({to_array(ir::test::spread({3})), to_array(ir::test::integers({3}, {0, index, 2}))}, 1); };
    CHECK(run(2));
    for (int64_t index : {3, -1}) {
      const Result<std::vector<Array>> outputs = run(index);
      REQUIRE_FALSE(outputs);
      CHECK(outputs.error() == "an index lies outside its axis");
    }
  }
}

TEST_CASE("emitted kernels: convolutions whose kernels are inputs") {
  check_samples(good({ir::test::samples_Conv(), ir::test::samples_ConvInputGrad()}));
  // 3x3 with stride 1 and channels enough for winograd, with unequal padding.
  const ir::ConvGeometry geometry{{1, 1}, {1, 1}, {1, 0}, {2, 1}, 1};
  const auto spread = [](std::vector<int64_t> shape, int seed) { return ir::test::spread(std::move(shape), -1, 1, seed); };
  check_samples({ir::test::sample("winograd", ir::Conv::Attrs{geometry}, {spread({2, 17, 20, 24}, 0), spread({3, 3, 24, 18}, 1)}),
                 ir::test::sample("winograd's gradient", ir::ConvInputGrad::Attrs{geometry, {2, 17, 20, 24}}, {spread({2, 18, 19, 18}, 0), spread({3, 3, 24, 18}, 1)})},
                {}, 4e-6);   // of sums of 200 products
}

TEST_CASE("emitted kernels: reductions") { check_samples(good({ir::test::samples_Reduce()})); }

TEST_CASE("emitted kernels: products of inputs") {
  ir::test::Samples samples = ir::test::samples_Dot();
  const auto dot = [&](const char* what, ir::Dot::Attrs attrs, std::vector<int64_t> left, std::vector<int64_t> right) {
    samples.good.push_back(ir::test::sample(what, std::move(attrs), {ir::test::spread(std::move(left)), ir::test::spread(std::move(right), -2, 2, 1)}));
  };
  dot("a kernel's gradient", {{}, {}, {0}, {0}}, {40, 21}, {40, 18});
  dot("over examples and steps", {{}, {}, {0, 1}, {0, 1}}, {30, 6, 21}, {30, 6, 5});
  dot("an input's gradient", {{}, {}, {1}, {1}}, {9, 18}, {21, 18});
  dot("both turned", {{}, {}, {0}, {1}}, {18, 9}, {21, 18});
  dot("heads inside", {{0, 2}, {0, 2}, {3}, {3}}, {2, 5, 3, 7}, {2, 6, 3, 7});
  dot("heads inside, turned", {{0, 2}, {0, 1}, {1}, {2}}, {2, 5, 3, 7}, {2, 3, 5, 6});
  dot("batches in other orders", {{2, 0}, {0, 1}, {1}, {2}}, {2, 5, 3, 7}, {3, 2, 5, 6});
  check_samples(good({samples}));
}

TEST_CASE("emitted kernels: packing") { check_samples(good({ir::test::samples_Pack()}), {}, 0); }

TEST_CASE("emitted kernels: random numbers, to the last bit") { check_samples(good({ir::test::samples_Random()}), {}, 0); }

}  // namespace
}  // namespace keratin
