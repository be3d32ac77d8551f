// keras.callbacks.TensorBoard: curves of the metrics.
#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "keratin/training/callbacks.h"
#include "keratin/training/event_file.h"

KR_BEGIN_NAMESPACE

/// Those of Keras's arguments that scalars need: graphs, histograms, images, embeddings and profiles are not written.
struct TensorBoardOptions {
  std::string log_dir = "logs";
  bool write_steps_per_second = false;
  Size update_freq = 0;  // batches between points of `batch_...`; 0: none, Keras's "epoch"
};

/// `train/`: epoch_<metric>, epoch_learning_rate, and by the options batch_<metric> and steps per second. `validation/`: epoch_<metric>,
/// and evaluation_<metric>_vs_iterations. With an update_freq Keras drops the points of an epoch whose last batch does not count; here
/// they are written.
class TensorBoard : public Callback {
 public:
  explicit TensorBoard(TensorBoardOptions options = {}) : options_(std::move(options)) {}

  Outcome on_train_begin(Training&) override {
    step_ = 0;
    if (options_.update_freq < 0) return bad_argument("TensorBoard: update_freq " + std::to_string(options_.update_freq) + " is negative");
    return {};
  }
  Outcome on_epoch_begin(Training& training) override {
    epoch_start_ = Clock::now();
    first_iteration_ = training.model.iterations();
    return {};
  }
  Outcome on_train_batch_begin(Training&) override {
    ++step_;
    batch_start_ = Clock::now();
    return {};
  }
  Outcome on_train_batch_end(Training& training) override {
    if (options_.update_freq == 0 || step_ % options_.update_freq != 0) return {};
    if (options_.write_steps_per_second)
      if (Outcome written = scalar(train_, "batch_steps_per_second", per_second(1, batch_start_), step_); !written) return written;
    for (const LogEntry& entry : training.batch_logs().entries())
      if (Outcome written = scalar(train_, "batch_" + entry.key, entry, step_); !written) return written;
    return {};
  }
  Outcome on_test_end(Training& training, const Logs& logs) override {
    for (const LogEntry& entry : logs.entries())
      if (Outcome written = scalar(validation_, "evaluation_" + entry.key + "_vs_iterations", entry, training.model.iterations()); !written)
        return written;
    return {};
  }
  Outcome on_epoch_end(Training& training, Logs& logs) override {
    Logs shown = logs;
    log_learning_rate(training.model, shown);
    const double steps = static_cast<double>(training.model.iterations() - first_iteration_);
    if (options_.write_steps_per_second) shown.set("steps_per_second", per_second(steps, epoch_start_));
    for (const LogEntry& entry : shown.entries()) {
      const bool validation = entry.key.rfind("val_", 0) == 0;
      const std::string tag = "epoch_" + (validation ? entry.key.substr(4) : entry.key);
      if (Outcome written = scalar(validation ? validation_ : train_, tag, entry, training.epoch); !written) return written;
    }
    if (Outcome flushed = train_.flush(); !flushed) return flushed;
    return validation_.flush();
  }
  Outcome on_train_end(Training&, const Logs&) override {
    Outcome train = train_.close(), validation = validation_.close();
    return train ? validation : train;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double per_second(double count, Clock::time_point since) {
    return count / std::chrono::duration<double>(Clock::now() - since).count();
  }

  Outcome scalar(EventFile& file, const std::string& tag, const LogEntry& entry, Size step) {
    if (entry.values.size() != 1)
      return bad_argument("TensorBoard: " + entry.key + " has " + std::to_string(entry.values.size()) + " values, a curve takes one");
    return scalar(file, tag, entry.values[0], step);
  }
  Outcome scalar(EventFile& file, const std::string& tag, double value, Size step) {
    const std::filesystem::path folder = std::filesystem::path(options_.log_dir) / (&file == &train_ ? "train" : "validation");
    Outcome done = file.is_open() ? Outcome() : file.open(folder.string());
    if (done) done = file.scalar(tag, static_cast<float>(value), step);
    return done ? done : Outcome(done.code, "TensorBoard: " + done.message);
  }

  TensorBoardOptions options_;
  EventFile train_, validation_;
  Size step_ = 0, first_iteration_ = 0;
  Clock::time_point epoch_start_, batch_start_;
};

KR_END_NAMESPACE
