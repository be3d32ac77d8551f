// What the update of one weight becomes: a single pass over the weight and its slots, but for optimizers that need a norm or a product first.
#include <algorithm>

#include "compiler/pipeline.h"
#include "compiler/training/optimizers/optimizer.h"
#include "ir/plan/make_plan.h"
#include "tests/compiler/training/units.h"

namespace keratin {
namespace {

/// The training step of a kernel and a bias whose gradients are given, planned.
class Updates {
 public:
  explicit Updates(const std::string& optimizer) {
    const Result<OptimizerSetup> setup = read_optimizer(*Json::parse(optimizer));
    if (!setup) FAIL(setup.error());
    ir::Builder predict(program_, add_function(program_, "predict"));
    predict.output(predict.parameter({DType::float32, {ir::kBatch, 3}}, "x"), "y");
    const ir::FunctionId step = add_function(program_, "step");
    ir::Builder b(program_, step);
    std::vector<TrainedWeight> weights;
    for (const auto& [name, shape] : {std::pair("dense/kernel", ir::Shape{40, 24}), std::pair("dense/bias", ir::Shape{24})}) {
      const ir::VariableId id = add_variable(program_, name, {DType::float32, shape}, ir::Role::weight, 0.5);
      program_.variable(id).trainable = true;
      weights.push_back({id, b.parameter({DType::float32, shape}, name), {}});
    }
    std::optional<ir::VariableId> dynamic;
    loss_scale(b, *setup, dynamic);
    apply_optimizer(b, *setup, weights, dynamic);
    optimize_on_weights(program_, step, {});
    Result<ir::Plan> plan = ir::make_plan(program_, {}, {step});
    if (!plan) FAIL(plan.error());
    function_ = std::move(plan->functions[1]);
  }

  /// Kernels of the update of one weight, in order.
  std::string steps(const std::string& weight) const {
    std::string text;
    for (const ir::Step& step : function_.steps)
      if (step.origin.valid() && program_.origins[step.origin.index].path == weight + "/update") text += (text.empty() ? "" : " ") + step.kernel;
    return text;
  }
  /// Memory that values of the weight's shape take between steps: how many of them there are.
  std::ptrdiff_t stored(const ir::Shape& shape) const {
    return std::count_if(function_.buffers.begin(), function_.buffers.end(), [&](const ir::Buffer& buffer) {
      return buffer.role == ir::BufferRole::scratch && buffer.first >= 0 && buffer.shape == shape;
    });
  }

 private:
  ir::Program program_;
  ir::PlannedFunction function_;
};

std::string optimizer(const std::string& name, const std::string& config = "") {
  return R"({"class_name": ")" + name + R"(", "config": {)" + config + "}}";
}

void check_single_pass(const std::string& spec) {
  INFO(spec);
  const Updates updates(spec);
  for (const char* weight : {"dense/kernel", "dense/bias"}) {
    const std::string steps = updates.steps(weight);
    CHECK((steps == "map_all" || steps == "map"));
  }
  CHECK(updates.stored({40, 24}) == 0);
  CHECK(updates.stored({24}) == 0);
}

}  // namespace

TEST_CASE("an update element by element is one pass over the weight and its slots") {
  for (const char* name : {"Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW"}) check_single_pass(optimizer(name));
  check_single_pass(optimizer("Adam", R"("amsgrad": true)"));
  check_single_pass(optimizer("SGD", R"("momentum": 0.9, "nesterov": true, "weight_decay": 0.01)"));
  check_single_pass(optimizer("RMSprop", R"("momentum": 0.9, "centered": true)"));
  CHECK(Updates(optimizer("Adam")).steps("dense/kernel") == "map_all");
  CHECK(Updates(optimizer("SGD")).steps("dense/kernel") == "map");
}

TEST_CASE("clipping by value, averages, accumulation and scales of the loss are part of that pass") {
  check_single_pass(optimizer("Adam", R"("clipvalue": 0.5)"));
  check_single_pass(optimizer("SGD", R"("clipvalue": 0.5)"));
  check_single_pass(optimizer("Adam", R"("use_ema": true, "ema_overwrite_frequency": 3)"));
  check_single_pass(optimizer("Adam", R"("gradient_accumulation_steps": 4)"));
  check_single_pass(optimizer("Adam", R"("loss_scale_factor": 16)"));
}

TEST_CASE("norms and products of a weight are steps of their own, everything between them one pass") {
  CHECK(Updates(optimizer("Adam", R"("clipnorm": 0.5)")).steps("dense/kernel") == "map reduce_rows map map_all");
  CHECK(Updates(optimizer("Adam", R"("global_clipnorm": 0.5)")).steps("dense/kernel") == "map reduce_rows map_all");
  // Moments and direction; the squares and sums of weight and direction; the ratio of their lengths; the weight.
  CHECK(Updates(optimizer("Lamb")).steps("dense/kernel") == "map_all map reduce_rows map reduce_rows map map");
  CHECK(Updates(optimizer("Muon", R"("ns_steps": 1)")).steps("dense/bias") == "map_all");
}

}  // namespace keratin
