// keras.callbacks.EarlyStopping: ends the training when a value no longer improves.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/monitor.h"

KR_BEGIN_NAMESPACE

/// Keras's arguments, in its order.
struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  Size patience = 0;  // epochs without improvement
  int verbose = 0;
  std::string mode = "auto";
  std::optional<double> baseline;
  bool restore_best_weights = false;
  Size start_from_epoch = 0;
};

class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {})
      : options_(std::move(options)), monitor_("EarlyStopping", options_.monitor, options_.mode, options_.min_delta) {}

  /// The epoch after which it ended; -1: it did not.
  Size stopped_epoch() const { return stopped_epoch_; }
  Size best_epoch() const { return best_epoch_; }

  Outcome on_train_begin(Training& training) override {
    wait_ = 0;
    stopped_epoch_ = -1;
    best_epoch_ = 0;
    best_.reset();
    have_weights_ = false;
    return monitor_.begin(training);
  }

  Outcome on_epoch_end(Training& training, Logs& logs) override {
    std::optional<double> current;
    if (Outcome read = monitor_.value(logs, current); !read) return read;
    if (!current) training.warn_once("EarlyStopping: monitor " + monitor_.missing(logs));
    if (!current || training.epoch < options_.start_from_epoch) return {};
    ++wait_;
    if (monitor_.improves(*current, best_)) {  // the first always does: some epoch is restored even if none beats the baseline
      best_ = current;
      keep(training);
      if (!options_.baseline || monitor_.improves(*current, options_.baseline)) wait_ = 0;
      return {};
    }
    if (wait_ >= options_.patience && training.epoch > 0) {
      stopped_epoch_ = training.epoch;
      training.stop_training = true;
    }
    return {};
  }

  Outcome on_train_end(Training& training, const Logs&) override {
    if (stopped_epoch_ > 0 && options_.verbose > 0) training.print("Epoch " + std::to_string(stopped_epoch_ + 1) + ": early stopping");
    if (!options_.restore_best_weights || !have_weights_) return {};
    if (options_.verbose > 0)
      training.print("Restoring model weights from the end of the best epoch: " + std::to_string(best_epoch_ + 1) + ".");
    training.model.set_weights(weights_.data());
    return {};
  }

 private:
  void keep(Training& training) {
    best_epoch_ = training.epoch;
    have_weights_ = true;
    if (!options_.restore_best_weights) return;
    weights_.resize(static_cast<size_t>(training.model.weight_bytes()));
    training.model.copy_weights(weights_.data());
  }

  EarlyStoppingOptions options_;
  Monitor monitor_;
  Size wait_ = 0, stopped_epoch_ = -1, best_epoch_ = 0;
  std::optional<double> best_;
  std::vector<unsigned char> weights_;
  bool have_weights_ = false;
};

KR_END_NAMESPACE
