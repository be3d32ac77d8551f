// Dropout of attention weights in training, by a formula written here.
#include <catch2/catch.hpp>
#include <cmath>

#include "gradient_check.h"
#include "one_layer.h"
#include "trained_layer.h"

namespace keratin {
namespace {

constexpr size_t kExamples = 2, kSteps = 3, kFeatures = 4, kHeads = 2, kKeyDim = 3, kValueDim = 2;
constexpr double kRate = 0.4;

std::string attention(const std::string& config, const std::string& call = "", const std::string& input = "[null, 3, 4]", const std::string& outputs = R"(["layer", 0, 0])") {
  std::string text = one_layer_text("MultiHeadAttention", R"({"num_heads": 2, "key_dim": 3, "value_dim": 2, )" + config + "}", {input},
                                    fmt::format(R"({{"value": {{"class_name": "__keras_tensor__", "config": {{"shape": {}, "dtype": "float32", "keras_history": ["in0", 0, 0]}}}}{}}})", input, call));
  const std::string ends = R"("output_layers": [["layer", 0, 0]])";
  return text.replace(text.find(ends), ends.size(), R"("output_layers": [)" + outputs + "]");
}

/// x [examples, steps, features] through one of the layer's projections: [examples, steps, heads, dim].
std::vector<double> projected(const ir::Tensor& x, const ir::Tensor& kernel, const ir::Tensor& bias, size_t dim) {
  std::vector<double> y;
  for (size_t row = 0; row < kExamples * kSteps; ++row)
    for (size_t column = 0; column < kHeads * dim; ++column) {
      double sum = bias.floats[column];
      for (size_t f = 0; f < kFeatures; ++f) sum += x.floats[row * kFeatures + f] * kernel.floats[f * kHeads * dim + column];
      y.push_back(sum);
    }
  return y;
}

/// Causal weights of the keys of one query of a head; keys after it have none.
std::vector<double> weights_of(const std::vector<double>& q, const std::vector<double>& k, size_t example, size_t head, size_t query) {
  std::vector<double> weights(kSteps, 0);
  double sum = 0;
  for (size_t key = 0; key <= query; ++key) {
    double score = 0;
    for (size_t d = 0; d < kKeyDim; ++d)
      score += q[((example * kSteps + query) * kHeads + head) * kKeyDim + d] * k[((example * kSteps + key) * kHeads + head) * kKeyDim + d];
    sum += weights[key] = std::exp(score / std::sqrt(double{kKeyDim}));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

TEST_CASE("attention drops weights of keys after softmax, and gives the scores as they were before") {
  TrainedLayer layer(attention(R"("dropout": 0.4)", R"(, "use_causal_mask": true, "return_attention_scores": true)", "[null, 3, 4]", R"(["layer", 0, 0], ["layer", 0, 1])"));
  layer.draw_weights();
  const ir::Tensors inputs = ir::random_parameters(layer.program(), layer.function(), kExamples, 4);
  const TrainedLayer::Run run = layer.run(inputs, kExamples);
  REQUIRE(run.draws.size() == 1);
  REQUIRE(run.draws[0].shape == std::vector<int64_t>{kExamples, kHeads, kSteps, kSteps});
  REQUIRE(run.outputs.size() == 2);
  const auto weight = [&](size_t number) -> const ir::Tensor& { return *layer.weight(number); };
  const std::vector<double> q = projected(inputs[0], weight(0), weight(1), kKeyDim), k = projected(inputs[0], weight(2), weight(3), kKeyDim),
                            v = projected(inputs[0], weight(4), weight(5), kValueDim);
  for (size_t example = 0; example < kExamples; ++example)
    for (size_t query = 0; query < kSteps; ++query) {
      std::vector<double> y = weight(7).floats;
      for (size_t head = 0; head < kHeads; ++head) {
        const std::vector<double> weights = weights_of(q, k, example, head, query);
        for (size_t key = 0; key < kSteps; ++key) {
          const size_t at = ((example * kHeads + head) * kSteps + query) * kSteps + key;
          CHECK(run.outputs[1].floats[at] == Approx(weights[key]).margin(1e-6));
          const double kept = run.draws[0].floats[at] >= kRate ? weights[key] / (1 - kRate) : 0;
          for (size_t d = 0; d < kValueDim; ++d)
            for (size_t f = 0; f < kFeatures; ++f)
              y[f] += kept * v[((example * kSteps + key) * kHeads + head) * kValueDim + d] * weight(6).floats[(head * kValueDim + d) * kFeatures + f];
        }
      }
      for (size_t f = 0; f < kFeatures; ++f) CHECK(run.outputs[0].floats[(example * kSteps + query) * kFeatures + f] == Approx(y[f]).epsilon(1e-5).margin(1e-5));
    }
}

TEST_CASE("attention that drops everything gives the bias of its output, and inference drops nothing") {
  TrainedLayer all(attention(R"("dropout": 1)"));
  all.draw_weights();
  const ir::Tensors inputs = ir::random_parameters(all.program(), all.function(), kExamples, 4);
  const ir::Tensor y = all.run(inputs, kExamples).outputs[0];
  for (size_t i = 0; i < y.floats.size(); ++i) CHECK(y.floats[i] == all.weight(7)->floats[i % kFeatures]);

  TrainedLayer none(attention(R"("dropout": 0)"));
  none.draw_weights();
  CHECK(none.draws() == 0);
  const auto predicted = [&](TrainedLayer& layer) { return ir::evaluate(layer.program(), layer.program().find("predict"), kExamples, inputs); };
  CHECK(ir::largest_difference(predicted(all), predicted(none)) < 1e-6);
}

TEST_CASE("the share of dropped weights is the rate; other seeds and steps drop others") {
  TrainedLayer layer(attention(R"("dropout": 0.4)", "", "[null, 20, 4]"));
  layer.draw_weights();
  const ir::Tensors inputs = ir::random_parameters(layer.program(), layer.function(), kExamples, 4);
  std::vector<ir::Tensor> seen;
  for (const char* name : {"", "seed", "draw_step"}) {
    if (*name) layer.set_hyperparameter(name, 7);
    seen.push_back(layer.run(inputs, kExamples).draws[0]);
    const double drawn = static_cast<double>(seen.back().floats.size());
    const auto dropped = std::count_if(seen.back().floats.begin(), seen.back().floats.end(), [](double value) { return value < kRate; });
    CHECK(std::abs(static_cast<double>(dropped) - kRate * drawn) < 4 * std::sqrt(drawn * kRate * (1 - kRate)));
  }
  CHECK(seen[0].floats != seen[1].floats);
  CHECK(seen[1].floats != seen[2].floats);
}

TEST_CASE("gradients of attention with dropout equal central differences") {
  for (const auto& [config, call, input] : {std::array<const char*, 3>{R"("dropout": 0.4)", R"(, "use_causal_mask": true)", "[null, 3, 4]"},
                                            {R"("dropout": 0.3, "attention_axes": [2])", "", "[null, 2, 3, 4]"}}) {
    INFO(config);
    TrainedLayer layer(attention(config, call, input));
    layer.draw_weights();
    CHECK(layer.draws() == 1);
    ir::check_gradients(layer.program(), layer.function_of_outputs(), 2);
  }
}

TEST_CASE("a rate of attention's dropout that is none is refused") {
  const OneLayer layer = one_layer("MultiHeadAttention", R"({"num_heads": 2, "key_dim": 3, "dropout": 1.5})", {"[null, 3, 4]"});
  REQUIRE(layer.problems.size() == 1);
  CHECK(layer.problems[0] == "model.keras: layer: dropout: 1.5 is not between 0 and 1");
}

}  // namespace
}  // namespace keratin
