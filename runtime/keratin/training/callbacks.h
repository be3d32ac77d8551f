// What happens around epochs and batches: the interface, and the small callbacks of Keras.
#pragma once
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/history.h"
#include "keratin/training/outcome.h"
#include "keratin/training/text.h"

KR_BEGIN_NAMESPACE

/// A training as its callbacks see it. Epochs, batches and steps count from 0.
struct Training {
  explicit Training(Trainable& trained) : model(trained) {}

  Trainable& model;
  Size epochs = 0, initial_epoch = 0;
  Size examples = 0, batches = 0;   // of one pass: over the training data, or over the data that is being evaluated
  bool fitting = false;             // false while `evaluate` runs on its own
  Size epoch = 0, batch = 0;        // now
  double batch_loss = 0;            // of the last batch, before the update
  bool stop_training = false;       // set by callbacks: the training ends with this epoch, an epoch with this batch
  std::function<void(const std::string&)> say, warn;  // a line for the user

  /// The metrics since the epoch (or the evaluation) began; taken from the model once per batch, when asked for.
  const Logs& batch_logs() {
    if (!have_batch_logs_) {
      batch_logs_ = Logs();
      batch_logs_.add_results(model);
      batch_logs_.sort();
      have_batch_logs_ = true;
    }
    return batch_logs_;
  }
  void forget_batch_logs() { have_batch_logs_ = false; }
  /// A warning, once: later ones of the same text are dropped.
  void warn_once(const std::string& text) {
    for (const std::string& known : warnings_)
      if (known == text) return;
    warnings_.push_back(text);
    if (warn) warn(text);
  }
  void print(const std::string& text) const {
    if (say) say(text);
  }

 private:
  Logs batch_logs_;
  bool have_batch_logs_ = false;
  std::vector<std::string> warnings_;
};

/// keras.callbacks.Callback. An outcome other than ok ends the training at once, without on_train_end.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual Outcome on_train_begin(Training&) { return {}; }
  virtual Outcome on_train_end(Training&, const Logs&) { return {}; }
  virtual Outcome on_epoch_begin(Training&) { return {}; }
  /// `logs` holds metrics, `val_` metrics and what the callbacks before this one added.
  virtual Outcome on_epoch_end(Training&, Logs& /*logs*/) { return {}; }
  virtual Outcome on_train_batch_begin(Training&) { return {}; }
  virtual Outcome on_train_batch_end(Training&) { return {}; }
  virtual Outcome on_test_begin(Training&) { return {}; }
  virtual Outcome on_test_end(Training&, const Logs&) { return {}; }
  virtual Outcome on_test_batch_begin(Training&) { return {}; }
  virtual Outcome on_test_batch_end(Training&) { return {}; }
};

/// keras.callbacks.LambdaCallback: functions given one by one; empty ones do nothing.
class LambdaCallback : public Callback {
 public:
  using Plain = std::function<void(Training&)>;
  using Logged = std::function<void(Training&, const Logs&)>;
  Plain epoch_begin, train_begin, train_batch_begin, train_batch_end, test_begin, test_batch_begin, test_batch_end;
  Logged epoch_end, train_end, test_end;

  Outcome on_train_begin(Training& t) override { return call(train_begin, t); }
  Outcome on_train_end(Training& t, const Logs& logs) override { return call(train_end, t, logs); }
  Outcome on_epoch_begin(Training& t) override { return call(epoch_begin, t); }
  Outcome on_epoch_end(Training& t, Logs& logs) override { return call(epoch_end, t, logs); }
  Outcome on_train_batch_begin(Training& t) override { return call(train_batch_begin, t); }
  Outcome on_train_batch_end(Training& t) override { return call(train_batch_end, t); }
  Outcome on_test_begin(Training& t) override { return call(test_begin, t); }
  Outcome on_test_end(Training& t, const Logs& logs) override { return call(test_end, t, logs); }
  Outcome on_test_batch_begin(Training& t) override { return call(test_batch_begin, t); }
  Outcome on_test_batch_end(Training& t) override { return call(test_batch_end, t); }

 private:
  template <class Function, class... Arguments>
  static Outcome call(const Function& function, Arguments&... arguments) {
    if (function) function(arguments...);
    return {};
  }
};

/// keras.callbacks.TerminateOnNaN: the training ends after a batch whose loss is not finite; with `raise_error` it fails.
class TerminateOnNaN : public Callback {
 public:
  explicit TerminateOnNaN(bool raise_error = false) : raise_error_(raise_error) {}

  /// Keras looks at the mean since the epoch began, which is finite as long as every batch was.
  Outcome on_train_batch_end(Training& training) override {
    if (std::isfinite(training.batch_loss)) return {};
    if (raise_error_) return bad_argument("batch " + std::to_string(training.batch) + ": the loss is " + number_text(training.batch_loss));
    training.print("Batch " + std::to_string(training.batch) + ": Invalid loss, terminating training");
    training.stop_training = true;
    return {};
  }

 private:
  bool raise_error_;
};

/// Adds the learning rate under Keras's name, where there is a single one.
inline void log_learning_rate(const Trainable& model, Logs& logs) {
  const double rate = model.learning_rate();
  if (!std::isnan(rate)) logs.set("learning_rate", rate);
}

/// keras.callbacks.LearningRateScheduler: sets the rate before every epoch and logs it after it.
class LearningRateScheduler : public Callback {
 public:
  /// The rate of an epoch, by its number and the rate so far.
  using Schedule = std::function<double(Size epoch, double rate)>;
  explicit LearningRateScheduler(Schedule schedule, int verbose = 0) : schedule_(std::move(schedule)), verbose_(verbose) {}

  Outcome on_epoch_begin(Training& training) override {
    const double rate = schedule_(training.epoch, training.model.learning_rate());
    if (Status set = training.model.set_learning_rate(rate); !set) return {set.code, std::string("LearningRateScheduler: ") + set.message};
    if (verbose_ > 0)
      training.print("\nEpoch " + std::to_string(training.epoch + 1) + ": LearningRateScheduler setting learning rate to " + number_text(rate) + ".");
    return {};
  }
  Outcome on_epoch_end(Training& training, Logs& logs) override {
    log_learning_rate(training.model, logs);
    return {};
  }

 private:
  Schedule schedule_;
  int verbose_;
};

KR_END_NAMESPACE
