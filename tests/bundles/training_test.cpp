// A training step in a program of its own: no allocation, the same bits with any pool, weights in files, refusals.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <keratin/runtime/thread_pool.h>
#include <memory>
#include <vector>

#include "bundle_train.h"
#include "bundle_train_trainer.h"

static std::atomic<int> allocations{0};
extern "C" {
void* __real_malloc(size_t);
void* __real_aligned_alloc(size_t, size_t);
void* __wrap_malloc(size_t n) { return ++allocations, __real_malloc(n); }
void* __wrap_aligned_alloc(size_t a, size_t n) { return ++allocations, __real_aligned_alloc(a, n); }
}
void* operator new(size_t n) {
  ++allocations;
  if (void* p = __real_malloc(n ? n : 1)) return p;
  std::abort();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace {

using namespace bundle_train;
constexpr kr::Size kBatch = 13;

/// A model in training on a batch of made-up digits.
struct Run {
  std::unique_ptr<Weights> weights = std::make_unique<Weights>(initial_weights());
  std::unique_ptr<OptimizerState> state = std::make_unique<OptimizerState>(*weights);
  StepResult result;
  std::vector<float> images;
  std::vector<int> classes;
  Workspace workspace;

  explicit Run(kr::Pool* pool = nullptr) : workspace(kBatch, pool) {
    unsigned seed = 1;
    for (kr::Size i = 0; i < kBatch * 64; ++i) images.push_back(static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8) / 16777216);
    for (kr::Size i = 0; i < kBatch; ++i) classes.push_back(static_cast<int>(i % 10));
  }
  kr::Status step(kr::Size targets = kBatch) { return train_step(*weights, *state, {{images.data(), kBatch}}, {{classes.data(), targets}}, result, workspace); }
};

TEST_CASE("a training step allocates nothing and lowers the loss") {
  Run run;
  REQUIRE(run.step());
  const float first = run.result.loss;
  const int before = allocations;
  bool fine = true;
  for (int i = 0; i < 30; ++i) fine = fine && run.step();
  CHECK(allocations == before);
  CHECK(fine);
  CHECK(run.result.loss < first / 2);
  CHECK(run.state->iteration == 31);
}

TEST_CASE("training has the same bits with any number of threads") {
  Run alone;
  for (int i = 0; i < 3; ++i) REQUIRE(alone.step());
  for (int threads : {2, 3}) {
    kr::ThreadPool pool(threads);
    Run shared(&pool);
    for (int i = 0; i < 3; ++i) REQUIRE(shared.step());
    CHECK(std::memcmp(alone.weights.get(), shared.weights.get(), sizeof(Weights)) == 0);
    CHECK(alone.result.loss == shared.result.loss);
  }
}

TEST_CASE("prepare gives predict the weights that were trained") {
  Run run;
  auto prepared = std::make_unique<Prepared>(bundle_train::prepared());
  std::vector<float> before(kBatch * 10), after(kBatch * 10), again(kBatch * 10);
  const auto predicted = [&](std::vector<float>& to) { return predict(*prepared, {run.images.data(), kBatch}, {to.data(), kBatch}, run.workspace); };
  REQUIRE(predicted(before));
  REQUIRE(prepare(*run.weights, *prepared));
  REQUIRE(predicted(again));
  for (size_t i = 0; i < before.size(); ++i) CHECK(again[i] == Approx(before[i]).margin(1e-6));  // folded by the compiler in another order
  for (int i = 0; i < 5; ++i) REQUIRE(run.step());
  REQUIRE(prepare(*run.weights, *prepared));
  REQUIRE(predicted(after));
  CHECK(after != again);
}

TEST_CASE("a step refuses other batches, missing memory and small workspaces, and changes nothing") {
  Run run;
  const Weights before = *run.weights;
  CHECK(run.step(kBatch - 1).code == kr::StatusCode::wrong_batch);
  CHECK(train_step(*run.weights, *run.state, {{nullptr, kBatch}}, {{run.classes.data(), kBatch}}, run.result, run.workspace).code == kr::StatusCode::wrong_shape);
  Workspace small(kBatch - 1);
  CHECK(train_step(*run.weights, *run.state, {{run.images.data(), kBatch}}, {{run.classes.data(), kBatch}}, run.result, small).code == kr::StatusCode::small_workspace);
  CHECK(std::memcmp(&before, run.weights.get(), sizeof(Weights)) == 0);
}

TEST_CASE("training goes on from a file as if it had not stopped") {
  Run whole, first;
  for (int i = 0; i < 4; ++i) REQUIRE(whole.step());
  for (int i = 0; i < 2; ++i) REQUIRE(first.step());
  REQUIRE(save("bundle_train.npz", *first.weights, *first.state));
  Run second;
  REQUIRE(load("bundle_train.npz", *second.weights, *second.state));
  for (int i = 0; i < 2; ++i) REQUIRE(second.step());
  CHECK(std::memcmp(whole.weights.get(), second.weights.get(), sizeof(Weights)) == 0);

  // Half a file changes nothing.
  std::FILE* file = std::fopen("bundle_train.npz", "rb");
  std::vector<char> half(20000);
  REQUIRE(std::fread(half.data(), 1, half.size(), file) == half.size());
  std::fclose(file);
  file = std::fopen("bundle_train.npz", "wb");
  std::fwrite(half.data(), 1, half.size(), file);
  std::fclose(file);
  const Weights before = *second.weights;
  CHECK(load("bundle_train.npz", *second.weights, *second.state).code == kr::StatusCode::bad_weights);
  CHECK(load("no such file", *second.weights, *second.state).code == kr::StatusCode::io_error);
  CHECK(std::memcmp(&before, second.weights.get(), sizeof(Weights)) == 0);
  std::remove("bundle_train.npz");
}

TEST_CASE("data of vectors has the model's columns, and refuses those that do not belong together") {
  Run run;
  Trainer model(kBatch);
  const kr::TrainingData data = Trainer::data({run.images}, {run.classes});
  CHECK(data.columns == std::vector<const void*>{run.images.data(), run.classes.data()});
  CHECK(data.examples == kBatch);
  kr::Logs logs;
  REQUIRE(kr::evaluate(model, data, {}, logs));
  CHECK(logs.number("loss") > 0);
  CHECK(std::isnan(logs.number("magic")));
  run.classes.pop_back();
  CHECK(kr::evaluate(model, Trainer::data({run.images}, {run.classes}), {}, logs).message == "data: y/digit has 12 examples, x/image has 13");
  run.images.pop_back();
  CHECK(kr::evaluate(model, Trainer::data({run.images}, {run.classes}), {}, logs).message == "data: x/image is missing, or no whole number of rows of 256 bytes");
}

}  // namespace
