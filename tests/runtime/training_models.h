// Models for the tests of the training loop: a line fitted by SGD with momentum, and one whose metrics are written down.
#pragma once
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/training.h"

/// y = slope x + intercept by squared errors; columns x/x, y/line, sample_weight/line. Its metrics: loss, mae, and `bias`, the mean error
/// of positive and of negative x.
class Line : public kr::Trainable {
 public:
  float slope = 0, intercept = 0, rate = 0.1f, momentum = 0.5f;
  float slope_speed = 0, intercept_speed = 0;
  kr::Int64 steps = 0;
  kr::Size batch = 0;              // fixed_batch
  bool finished = false, rate_is_fixed = false;
  std::vector<std::vector<float>> seen;  // x of every training batch
  std::function<void()> on_train, on_evaluate;

  kr::Size columns() const override { return 3; }
  const char* column_name(kr::Size column) const override { return column == 0 ? "x/x" : column == 1 ? "y/line" : "sample_weight/line"; }
  kr::Size row_bytes(kr::Size) const override { return 4; }
  kr::Size fixed_batch() const override { return batch; }

  kr::Status train(const void* const* columns, kr::Size examples, double& loss) noexcept override {
    const float* x = static_cast<const float*>(columns[0]);
    seen.emplace_back(x, x + examples);
    float slope_gradient = 0, intercept_gradient = 0;
    if (kr::Status status = pass(columns, examples, loss, &slope_gradient, &intercept_gradient); !status) return status;
    slope_speed = momentum * slope_speed - rate * slope_gradient;
    intercept_speed = momentum * intercept_speed - rate * intercept_gradient;
    slope += slope_speed;
    intercept += intercept_speed;
    ++steps;
    if (on_train) on_train();
    return {};
  }
  kr::Status evaluate(const void* const* columns, kr::Size examples, double& loss) noexcept override {
    if (on_evaluate) on_evaluate();
    return pass(columns, examples, loss, nullptr, nullptr);
  }

  void reset_metrics() noexcept override { loss_sum_ = error_sum_ = count_ = positive_ = negative_ = 0; }
  kr::Size results() const override { return 3; }
  const char* result_name(kr::Size i) const override { return i == 0 ? "loss" : i == 1 ? "mae" : "bias"; }
  kr::Size result_count(kr::Size i) const override { return i == 2 ? 2 : 1; }
  kr::Direction result_direction(kr::Size i) const override { return i == 2 ? kr::Direction::none : kr::Direction::down; }
  void result(kr::Size i, double* values) const override {
    values[0] = (i == 0 ? loss_sum_ : i == 1 ? error_sum_ : positive_) / count_;
    if (i == 2) values[1] = negative_ / count_;
  }

  kr::Size iterations() const override { return static_cast<kr::Size>(steps); }
  double learning_rate() const override { return static_cast<double>(rate); }
  kr::Status set_learning_rate(double value) noexcept override {
    if (rate_is_fixed) return {kr::StatusCode::bad_argument, "a schedule sets the learning rate"};
    rate = static_cast<float>(value);
    return {};
  }
  kr::Size weight_bytes() const override { return 8; }
  void copy_weights(void* to) const override {
    const float both[2] = {slope, intercept};
    std::memcpy(to, both, 8);
  }
  void set_weights(const void* from) override {
    float both[2];
    std::memcpy(both, from, 8);
    slope = both[0];
    intercept = both[1];
  }
  kr::Status finish() override {
    finished = true;
    return {};
  }
  kr::Status save(const char* path) const override {
    kr::NpzWriter file;
    const float state[4] = {slope, intercept, slope_speed, intercept_speed};
    kr::Outcome done = file.open(path);
    if (done) done = file.add("line/weights", {2}, state);
    if (done) done = file.add("optimizer/speed", {2}, state + 2);
    if (done) done = file.add("optimizer/iteration", {}, &steps);
    if (done) done = file.close();
    return done ? kr::Status() : kr::Status(done.code, "cannot be written");
  }
  kr::Outcome load(const std::string& path) {
    kr::NpzReader file;
    if (kr::Outcome opened = file.open(path); !opened) return opened;
    float state[4];
    kr::Outcome read = file.read(*file.find("line/weights"), state);
    if (read) read = file.read(*file.find("optimizer/speed"), state + 2);
    if (read) read = file.read(*file.find("optimizer/iteration"), &steps);
    set_weights(state);
    slope_speed = state[2];
    intercept_speed = state[3];
    return read;
  }

 private:
  kr::Status pass(const void* const* columns, kr::Size examples, double& loss, float* slope_gradient, float* intercept_gradient) {
    const float *x = static_cast<const float*>(columns[0]), *y = static_cast<const float*>(columns[1]);
    const float* weight = static_cast<const float*>(columns[2]);
    double sum = 0;
    for (kr::Size i = 0; i < examples; ++i) {
      if (x[i] > 1000) return {kr::StatusCode::index_out_of_range, "x is out of range"};
      const float error = slope * x[i] + intercept - y[i], scaled = error * (weight ? weight[i] : 1.0f);
      sum += static_cast<double>(scaled * error);
      error_sum_ += std::fabs(static_cast<double>(error));
      (x[i] > 0 ? positive_ : negative_) += static_cast<double>(error);
      if (slope_gradient) *slope_gradient += 2 * scaled * x[i] / static_cast<float>(examples);
      if (intercept_gradient) *intercept_gradient += 2 * scaled / static_cast<float>(examples);
    }
    loss = sum / static_cast<double>(examples);
    loss_sum_ += sum;
    count_ += static_cast<double>(examples);
    return {};
  }
  double loss_sum_ = 0, error_sum_ = 0, count_ = 0, positive_ = 0, negative_ = 0;
};

/// Points of y = 2 x - 1, as columns.
struct LineData {
  std::vector<float> x, y, weights;

  explicit LineData(int examples) {
    for (int i = 0; i < examples; ++i) {
      x.push_back(static_cast<float>(i % 7 - 3) / 2 + static_cast<float>(i) / 64);
      y.push_back(2 * x.back() - 1);
    }
  }
  kr::TrainingData data() const {
    kr::TrainingData data;
    data.columns = {x.data(), y.data(), weights.empty() ? nullptr : weights.data()};
    data.examples = static_cast<kr::Size>(x.size());
    return data;
  }
};

/// A model whose `value` of each epoch is written down, with a learning rate; its weights are the number of the epoch.
class Scripted : public kr::Trainable {
 public:
  explicit Scripted(std::vector<double> script) : values(std::move(script)) {}
  std::vector<double> values;
  float rate = 0.1f;
  kr::Int64 weights = -1;
  kr::Direction direction = kr::Direction::none;

  kr::Size columns() const override { return 1; }
  const char* column_name(kr::Size) const override { return "x/x"; }
  kr::Size row_bytes(kr::Size) const override { return 4; }
  kr::Status train(const void* const*, kr::Size, double& loss) noexcept override {
    ++weights;
    loss = now();
    return {};
  }
  kr::Status evaluate(const void* const*, kr::Size, double& loss) noexcept override {
    loss = now();
    return {};
  }
  void reset_metrics() noexcept override {}
  kr::Size results() const override { return 2; }
  const char* result_name(kr::Size i) const override { return i == 0 ? "loss" : "value"; }
  kr::Direction result_direction(kr::Size i) const override { return i == 0 ? kr::Direction::down : direction; }
  void result(kr::Size, double* to) const override { *to = now(); }
  kr::Size iterations() const override { return static_cast<kr::Size>(weights + 1); }
  double learning_rate() const override { return static_cast<double>(rate); }
  kr::Status set_learning_rate(double value) noexcept override {
    rate = static_cast<float>(value);
    return {};
  }
  kr::Size weight_bytes() const override { return 8; }
  void copy_weights(void* to) const override { std::memcpy(to, &weights, 8); }
  void set_weights(const void* from) override { std::memcpy(&weights, from, 8); }
  kr::Status save(const char* path) const override {
    std::ofstream(path) << weights;
    return {};
  }

  /// Trains on one example for as many epochs as there are values; callbacks as given.
  kr::Outcome fit(std::vector<kr::Callback*> callbacks, kr::FitResult& result, std::vector<std::string>* said = nullptr,
                  bool validation = false) {
    static const float kX = 0;
    kr::TrainingData data;
    data.columns = {&kX};
    data.examples = 1;
    kr::FitOptions options;
    options.epochs = static_cast<kr::Size>(values.size());
    options.callbacks = std::move(callbacks);
    if (validation) options.validation_data = &data;
    options.say = [said](const std::string& text) { said ? said->push_back(text) : void(); };
    options.warn = [said](const std::string& text) { said ? said->push_back("warning: " + text) : void(); };
    return kr::fit(*this, data, options, result);
  }

 private:
  double now() const { return values[static_cast<size_t>(weights < 0 ? 0 : weights)]; }
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An empty directory of a test's own, removed when it ends.
class TestDirectory {
 public:
  explicit TestDirectory(const std::string& name) {
    std::random_device random;
    path = std::filesystem::temp_directory_path() / ("keratin_" + name + "_" + std::to_string(random()) + std::to_string(random()));
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~TestDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};
