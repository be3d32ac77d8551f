// Random models on emitted code against the reference evaluator: fused and unfused plans, one example and several.
// KERATIN_RANDOM_MODELS=N draws N models instead of the fixed few, KERATIN_RANDOM_SEED where they begin.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <random>

#include "compiler/engine/compare.h"
#include "compiler/engine/compiled_batch.h"
#include "compiler/engine/seeded_inputs.h"
#include "compiler/engine/reference.h"
#include "compiler/engine/run_data.h"
#include "compiler/import/graph_reader.h"
#include "compiler/pipeline.h"
#include "random_model.h"

namespace keratin {
namespace {

int64_t number_of(const char* variable, int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoll(text) : otherwise;
}

/// Weights that keep activations of any depth in range; variances are positive.
void draw_weights(ir::Program& program, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  for (ir::Variable& variable : program.variables) {
    if (variable.initial) continue;
    auto tensor = std::make_shared<ir::Tensor>(variable.type.dtype, variable.type.shape.at(0));
    const int rank = variable.type.shape.rank();
    double inputs = 1;
    for (int axis = 0; axis + 1 < rank; ++axis) inputs *= static_cast<double>(variable.type.shape[axis].size);
    const bool positive = variable.name.ends_with("variance") || variable.name.ends_with("gamma");
    for (double& value : tensor->floats) value = static_cast<float>(positive ? 0.5 + std::abs(normal(random)) : normal(random) / std::sqrt(inputs));
    variable.initial = std::move(tensor);
  }
}

struct Drawn {
  uint64_t seed;
  std::vector<Array> inputs, expected;
  int64_t batch;
};

/// The model of a seed, expanded, with weights.
ExpandedModel draw(uint64_t seed) {
  Problems problems;
  const Result<Json> json = Json::parse(random_model(seed));
  REQUIRE(json);
  ReadContext context{"random.keras", KerasVersion::parse("3.15.1"), problems, {}};
  const std::shared_ptr<Model> model = read_model(*json, context);
  ExpandedModel expanded;
  if (model && problems.empty()) expanded = expand(*model, "random.keras", {}, problems);
  INFO("seed " << seed << ": " << random_model(seed));
  for (const std::string& problem : problems.messages()) UNSCOPED_INFO(problem);
  REQUIRE(problems.empty());
  draw_weights(expanded.program, seed);
  return expanded;
}

void check_models(uint64_t begin, uint64_t end, bool fuse) {
  std::vector<PlannedModel> planned;
  std::vector<Drawn> drawn;
  for (uint64_t seed = begin; seed < end; ++seed) {
    ExpandedModel expanded = draw(seed);
    Drawn made{seed, {}, {}, 1 + static_cast<int64_t>(seed % 4)};
    made.inputs = seeded_inputs(expanded.program, made.batch, seed);
    InputData data{made.inputs, made.batch, {}};
    Problems problems;
    const std::optional<NamedArrays> results = reference_predict(expanded.program, data, made.batch, problems, "random");
    REQUIRE(results);
    for (const auto& [name, array] : *results) made.expected.push_back(array);
    drawn.push_back(std::move(made));
    PipelineOptions options;
    options.plan.fuse = fuse;
    Result<PlannedModel> plan = plan_model(std::move(expanded), "random.keras", options);
    INFO("seed " << seed << ": " << (plan ? "" : plan.error()) << "\n" << random_model(seed));
    REQUIRE(plan);
    planned.push_back(std::move(*plan));
  }
  const auto models = build_batch(std::move(planned), checking_flags());
  for (size_t i = 0; i < models.size(); ++i) {
    const Result<std::vector<Array>> outputs = models[i]->run(drawn[i].inputs, drawn[i].batch);
    REQUIRE(outputs);
    for (size_t k = 0; k < outputs->size(); ++k) {
      INFO("seed " << drawn[i].seed << (fuse ? "" : ", not fused") << ", output " << k << "\n" << random_model(drawn[i].seed));
      const Difference difference = compare_arrays((*outputs)[k], drawn[i].expected[k]);
      CHECK(difference.reason == "");
      CHECK(difference.error < 1e-4);
    }
  }
}

TEST_CASE("random models: emitted code equals the reference evaluator") {
  const uint64_t first = static_cast<uint64_t>(number_of("KERATIN_RANDOM_SEED", 1));
  const uint64_t end = first + static_cast<uint64_t>(number_of("KERATIN_RANDOM_MODELS", 12));
  for (uint64_t begin = first; begin < end; begin += 16) {
    check_models(begin, std::min(begin + 16, end), true);
    if (begin == first) check_models(begin, std::min(begin + 4, end), false);
  }
}

}  // namespace
}  // namespace keratin
