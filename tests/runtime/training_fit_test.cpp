#include <algorithm>
#include <numeric>

#include "training_models.h"

using Catch::Matchers::Contains;

namespace {

kr::FitOptions quiet() {
  kr::FitOptions options;
  options.say = options.warn = [](const std::string&) {};
  return options;
}

std::vector<float> joined(const std::vector<std::vector<float>>& batches) {
  std::vector<float> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

}  // namespace

TEST_CASE("fit takes batches in order, the last one smaller, and keeps losses and history") {
  const LineData given(10);
  Line model;
  kr::FitOptions options = quiet();
  options.batch_size = 4;
  options.epochs = 3;
  options.shuffle = false;
  kr::FitResult result;
  REQUIRE(kr::fit(model, given.data(), options, result).ok());
  REQUIRE(model.seen.size() == 9);
  CHECK(model.seen[2].size() == 2);
  for (int epoch = 0; epoch < 3; ++epoch) CHECK(joined({model.seen.begin() + 3 * epoch, model.seen.begin() + 3 * epoch + 3}) == given.x);
  const kr::History& history = result.history;
  CHECK(history.epochs == std::vector<kr::Size>{0, 1, 2});
  REQUIRE(history.batch_losses.size() == 9);
  REQUIRE(history.series.size() == 3);
  CHECK(history.series[0].key == "bias");  // sorted by name
  CHECK(history.series[0].epochs[0].size() == 2);
  const double mean = (4 * history.batch_losses[3] + 4 * history.batch_losses[4] + 2 * history.batch_losses[5]) / 10;
  CHECK(history.numbers("loss")[1] == Approx(mean));
  CHECK(history.numbers("loss")[2] < history.numbers("loss")[0]);
  CHECK(model.finished);
  CHECK_FALSE(result.interrupted);
}

TEST_CASE("the order of shuffled epochs depends on seed and epoch alone") {
  const LineData given(21);
  const auto orders = [&](kr::UInt64 seed, kr::Size first, kr::Size epochs) {
    Line model;
    kr::FitOptions options = quiet();
    options.batch_size = 5;
    options.seed = seed;
    options.initial_epoch = first;
    options.epochs = epochs;
    kr::FitResult result;
    REQUIRE(kr::fit(model, given.data(), options, result).ok());
    return joined(model.seen);
  };
  const std::vector<float> two = orders(3, 0, 2), first(two.begin(), two.begin() + 21), second(two.begin() + 21, two.end());
  CHECK(first != second);
  CHECK(first != given.x);
  CHECK(orders(3, 1, 2) == second);
  CHECK(orders(4, 0, 1) != first);
  std::vector<float> sorted = first, want = given.x;
  std::sort(sorted.begin(), sorted.end());
  std::sort(want.begin(), want.end());
  CHECK(sorted == want);
}

TEST_CASE("shuffling is the same on every platform, and fair") {
  // Philox4x32-10 of the counter 0 and key 0: the known answer of its authors' test vectors.
  const kr::Philox zero(0, 0, 0);
  CHECK(zero.words[0] == 0x6627e8d5u);
  CHECK(zero.words[3] == 0x9b00dbd8u);
  const kr::UInt64 ones = ~kr::UInt64{0};
  const kr::Philox all(ones, ones, ones);
  CHECK(all.words[0] == 0x408f276du);
  CHECK(all.words[1] == 0x41c83b0eu);
  std::vector<int> counts(24, 0);
  for (kr::Size epoch = 0; epoch < 4800; ++epoch) {
    const std::vector<kr::Size> order = kr::shuffled(4, 11, epoch);
    int rank = 0;
    for (size_t i = 0; i < 4; ++i)
      for (size_t later = i; later < 4; ++later) rank += order[later] < order[i] ? (i == 0 ? 6 : i == 1 ? 2 : 1) : 0;
    ++counts[static_cast<size_t>(rank)];
  }
  double chi = 0;  // 23 degrees of freedom: beyond 60 once in 40,000
  for (int count : counts) chi += (count - 200.0) * (count - 200.0) / 200.0;
  CHECK(chi < 60);
  CHECK(kr::shuffled(1, 5, 0) == std::vector<kr::Size>{0});
}

TEST_CASE("validation_split takes the end before anything is shuffled; class weights do not count there") {
  LineData given(10);
  given.weights.assign(10, 3.0f);
  Line model;
  model.rate = 0;  // the model stays: losses compare
  kr::FitOptions options = quiet();
  options.validation_split = 0.35;
  options.epochs = 2;
  options.validation_freq = 2;
  kr::TrainingData data = given.data();
  kr::FitResult result;
  REQUIRE(kr::fit(model, data, options, result).ok());
  std::vector<float> trained = model.seen[0], want(given.x.begin(), given.x.begin() + 6);
  std::sort(trained.begin(), trained.end());
  std::sort(want.begin(), want.end());
  CHECK(trained == want);  // floor(10 * 0.65)
  const auto mean_square = [&](int begin, int end) {
    double sum = 0;
    for (int i = begin; i < end; ++i) sum += static_cast<double>(given.y[static_cast<size_t>(i)] * given.y[static_cast<size_t>(i)]);
    return sum / (end - begin);
  };
  CHECK(result.history.numbers("loss").size() == 2);
  REQUIRE(result.history.numbers("val_loss").size() == 1);
  CHECK(result.history.numbers("val_loss")[0] == Approx(3 * mean_square(6, 10)));
  data.weights_of_classes = true;
  REQUIRE(kr::fit(model, data, options, result).ok());
  CHECK(result.history.numbers("loss")[0] == Approx(3 * mean_square(0, 6)));
  CHECK(result.history.numbers("val_loss")[0] == Approx(mean_square(6, 10)));
}

TEST_CASE("validation data, their batches and their epochs") {
  const LineData given(8), other(7);
  Line model;
  int batches = 0;
  model.on_evaluate = [&] { ++batches; };
  kr::FitOptions options = quiet();
  const kr::TrainingData validation = other.data();
  options.validation_data = &validation;
  options.validation_split = 0.5;  // does not count beside validation_data, as in Keras
  options.validation_batch_size = 3;
  options.epochs = 5;
  options.validation_epochs = {1, 4, 9};
  kr::FitResult result;
  REQUIRE(kr::fit(model, given.data(), options, result).ok());
  CHECK(batches == 6);
  CHECK(model.seen[0].size() == 8);
  CHECK(result.history.numbers("val_loss").size() == 2);
  CHECK(result.history.numbers("val_mae").size() == 2);
  kr::Logs logs;
  kr::EvaluateOptions evaluation;
  REQUIRE(kr::evaluate(model, other.data(), evaluation, logs).ok());
  CHECK(logs.names() == "bias, loss, mae");
  CHECK(logs.find("loss")->values[0] > 0);
}

TEST_CASE("a training that is resumed equals one that is not") {
  const LineData given(23);
  const TestDirectory directory("resume");
  kr::FitOptions options = quiet();
  options.batch_size = 4;
  options.seed = 9;
  options.epochs = 6;
  Line whole, first, second;
  kr::FitResult all, result;
  REQUIRE(kr::fit(whole, given.data(), options, all).ok());
  options.epochs = 2;
  REQUIRE(kr::fit(first, given.data(), options, result).ok());
  REQUIRE(first.save(directory.file("state.npz").c_str()).ok());
  REQUIRE(second.load(directory.file("state.npz")).ok());
  options.initial_epoch = 2;
  options.epochs = 6;
  REQUIRE(kr::fit(second, given.data(), options, result).ok());
  CHECK(second.slope == whole.slope);
  CHECK(second.intercept == whole.intercept);
  CHECK(second.steps == whole.steps);
  CHECK(result.history.epochs == std::vector<kr::Size>{2, 3, 4, 5});
  CHECK(std::equal(result.history.batch_losses.begin(), result.history.batch_losses.end(), all.history.batch_losses.begin() + 12));
}

TEST_CASE("the stop flag ends a training after the batch that is running") {
  const LineData given(12);
  std::atomic<bool> stop{false};
  kr::FitOptions options = quiet();
  options.batch_size = 4;
  options.epochs = 5;
  options.stop = &stop;
  kr::LambdaCallback callback;
  int epochs_ended = 0, trainings_ended = 0;
  callback.epoch_end = [&](kr::Training&, const kr::Logs&) { ++epochs_ended; };
  callback.train_end = [&](kr::Training&, const kr::Logs& logs) {
    ++trainings_ended;
    CHECK(logs.find("loss"));  // of the last complete epoch
  };
  options.callbacks = {&callback};
  kr::FitResult result;
  SECTION("in an epoch") {
    Line model;
    model.on_train = [&] { stop = model.steps == 5; };
    REQUIRE(kr::fit(model, given.data(), options, result).ok());
    CHECK(model.steps == 5);
    CHECK(model.finished);
    CHECK(result.interrupted);
    CHECK(result.history.epochs.size() == 1);
    CHECK(result.history.batch_losses.size() == 5);
  }
  SECTION("in validation") {
    Line model;
    const kr::TrainingData validation = given.data();
    options.validation_data = &validation;
    int evaluated = 0;
    model.on_evaluate = [&] { stop = ++evaluated == 4; };
    REQUIRE(kr::fit(model, given.data(), options, result).ok());
    CHECK(evaluated == 4);
    CHECK(model.steps == 6);
    CHECK(result.interrupted);
    CHECK(result.history.epochs.size() == 1);
  }
  CHECK(epochs_ended == 1);
  CHECK(trainings_ended == 1);
}

TEST_CASE("a model with a fixed batch takes nothing else") {
  const LineData given(12), odd(10);
  Line model;
  model.batch = 4;
  kr::FitOptions options = quiet();
  kr::FitResult result;
  REQUIRE(kr::fit(model, given.data(), options, result).ok());
  CHECK(model.seen[0].size() == 4);  // the default is the model's own
  CHECK_THAT(kr::fit(model, odd.data(), options, result).message, Contains("10 examples are no multiple of 4"));
  options.batch_size = 3;
  CHECK_THAT(kr::fit(model, given.data(), options, result).message, Contains("batch_size 3: the model takes batches of 4"));
  options.batch_size = 4;
  options.validation_batch_size = 2;
  options.validation_split = 0.3;
  CHECK_THAT(kr::fit(model, given.data(), options, result).message, Contains("validation_batch_size 2"));
}

TEST_CASE("arguments and data that do not fit are refused by name") {
  const LineData given(10);
  Line model;
  kr::FitResult result;
  kr::FitOptions options = quiet();
  const auto refusal = [&](kr::TrainingData data) {
    const kr::Outcome outcome = kr::fit(model, data, options, result);
    CHECK(outcome.code == kr::StatusCode::bad_argument);
    CHECK(model.seen.empty());
    return outcome.message;
  };
  kr::TrainingData data = given.data();
  data.columns[1] = nullptr;
  CHECK_THAT(refusal(data), Contains("data: y/line is missing"));
  data.columns.pop_back();
  CHECK_THAT(refusal(data), Contains("2 columns, the model takes 3"));
  data = kr::training_data({{given.x.data(), 10}, {given.y.data(), 9}, {nullptr, 0}});
  CHECK_THAT(refusal(data), Contains("data: y/line has 9 examples, x/x has 10"));
  data = given.data();
  data.examples = 0;
  CHECK_THAT(refusal(data), Contains("no examples"));
  options.validation_split = 0.999;
  CHECK_THAT(refusal(given.data()), Contains("validation_split 0.999 of 10 examples leaves one part empty"));
  options.validation_split = 1;
  CHECK_THAT(refusal(given.data()), Contains("validation_split 1.0 is not in [0, 1)"));
  options.validation_split = 0;
  options.batch_size = -2;
  CHECK_THAT(refusal(given.data()), Contains("batch_size -2 is not positive"));
  options.batch_size = 0;
  options.validation_freq = 0;
  CHECK_THAT(refusal(given.data()), Contains("validation_freq 0"));
  options.validation_freq = 1;
  options.epochs = -1;
  CHECK_THAT(refusal(given.data()), Contains("epochs"));
  options.epochs = 1;
  LineData bad(10);
  bad.x[7] = 5000;
  options.shuffle = false;
  options.batch_size = 4;
  const kr::Outcome failed = kr::fit(model, bad.data(), options, result);
  CHECK(failed.code == kr::StatusCode::index_out_of_range);
  CHECK(failed.message == "batch 1: x is out of range");
  CHECK_FALSE(model.finished);
}

TEST_CASE("class weights by class id, one-hot row or bit") {
  const float bits[] = {0, 1, 1, 0.9f}, rows[] = {0, 1, 0, /**/ 1, 0, 0, /**/ 0.2f, 0.3f, 0.5f};
  const kr::Int64 ids[] = {2, 0, 5};
  using Weights = std::vector<std::pair<kr::Int64, double>>;
  CHECK(kr::class_weights(bits, 4, 1, Weights{{0, 0.5}, {1, 2.0}}) == std::vector<float>{0.5f, 2, 2, 2});
  CHECK(kr::class_weights(rows, 3, 3, Weights{{0, 4.0}, {2, 6.0}}) == std::vector<float>{1, 4, 6});
  CHECK(kr::class_weights(ids, 3, 1, Weights{{2, 7.0}}) == std::vector<float>{7, 1, 1});
}
