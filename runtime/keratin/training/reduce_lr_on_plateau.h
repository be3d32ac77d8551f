// keras.callbacks.ReduceLROnPlateau: a smaller learning rate when a value no longer improves.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "keratin/training/monitor.h"

KR_BEGIN_NAMESPACE

/// Keras's arguments, in its order. The factor is below 1.
struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  Size patience = 10;
  int verbose = 0;
  std::string mode = "auto";
  double min_delta = 1e-4;
  Size cooldown = 0;
  double min_lr = 0;
};

class ReduceLROnPlateau : public Callback {
 public:
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {})
      : options_(std::move(options)), monitor_("ReduceLROnPlateau", options_.monitor, options_.mode, options_.min_delta) {}

  Outcome on_train_begin(Training& training) override {
    if (!(options_.factor < 1)) return bad_argument("ReduceLROnPlateau: factor " + number_text(options_.factor) + " is not below 1");
    best_.reset();
    wait_ = cooldown_left_ = 0;
    return monitor_.begin(training);
  }

  Outcome on_epoch_end(Training& training, Logs& logs) override {
    log_learning_rate(training.model, logs);
    std::optional<double> current;
    if (Outcome read = monitor_.value(logs, current); !read) return read;
    if (!current) return training.warn_once("ReduceLROnPlateau: monitor " + monitor_.missing(logs)), Outcome();
    if (cooldown_left_ > 0) {
      --cooldown_left_;
      wait_ = 0;
    }
    if (monitor_.improves(*current, best_)) {
      best_ = current;
      wait_ = 0;
      return {};
    }
    if (cooldown_left_ > 0 || ++wait_ < options_.patience) return {};
    return reduce(training);
  }

 private:
  Outcome reduce(Training& training) {
    const double old_rate = training.model.learning_rate();
    if (!(old_rate > static_cast<double>(static_cast<float>(options_.min_lr)))) return {};
    const double rate = old_rate * options_.factor < options_.min_lr ? options_.min_lr : old_rate * options_.factor;
    if (Status set = training.model.set_learning_rate(rate); !set) return {set.code, std::string("ReduceLROnPlateau: ") + set.message};
    if (options_.verbose > 0)
      training.print("\nEpoch " + std::to_string(training.epoch + 1) + ": ReduceLROnPlateau reducing learning rate to " + number_text(rate) + ".");
    cooldown_left_ = options_.cooldown;
    wait_ = 0;
    return {};
  }

  ReduceLROnPlateauOptions options_;
  Monitor monitor_;
  std::optional<double> best_;
  Size wait_ = 0, cooldown_left_ = 0;
};

KR_END_NAMESPACE
