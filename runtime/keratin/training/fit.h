// The loops of keras.Model.fit and evaluate.
#pragma once
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/batches.h"
#include "keratin/training/callbacks.h"

KR_BEGIN_NAMESPACE

/// Keras's arguments, in its order. Class weights come as sample weights (class_weights.h).
struct FitOptions {
  Size batch_size = 0;                          // 0: the model's own where it has one, else 32
  Size epochs = 1;                              // the number of the last one, initial_epoch included
  std::vector<Callback*> callbacks;             // called in this order
  double validation_split = 0;                  // this part of the data, from its end, is not trained on; ignored with validation_data
  const TrainingData* validation_data = nullptr;
  bool shuffle = true;                          // anew in every epoch
  Size initial_epoch = 0;
  Size validation_batch_size = 0;               // 0: batch_size
  Size validation_freq = 1;                     // in epochs
  std::vector<Size> validation_epochs;          // not empty: after these instead, counted from 1
  UInt64 seed = 0;                              // of the shuffling, which depends on seed and epoch alone
  const std::atomic<bool>* stop = nullptr;      // once true, the training ends after the batch that is running
  std::function<void(const std::string&)> say, warn;  // a line for the user; empty: stdout, and stderr
};

struct FitResult {
  History history;
  bool interrupted = false;  // by `stop`: the epoch that it ended is not in the history
};

/// Arguments of evaluate.
struct EvaluateOptions {
  Size batch_size = 0;
  std::vector<Callback*> callbacks;
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const std::string&)> say, warn;
};

/// What both loops are made of.
class TrainingLoop {
 public:
  using Line = std::function<void(const std::string&)>;
  TrainingLoop(Trainable& model, const std::vector<Callback*>& callbacks, const std::atomic<bool>* stop, Line say, Line warn)
      : training(model), callbacks_(callbacks), stop_(stop) {
    training.say = say ? std::move(say) : [](const std::string& text) { std::fprintf(stdout, "%s\n", text.c_str()); };
    training.warn = warn ? std::move(warn) : [](const std::string& text) { std::fprintf(stderr, "warning: %s\n", text.c_str()); };
  }

  Training training;

  bool interrupted() const { return stop_ && stop_->load(); }

  template <class... Parameters, class... Arguments>
  Outcome call(Outcome (Callback::*hook)(Training&, Parameters...), Arguments&... arguments) {
    for (Callback* callback : callbacks_)
      if (Outcome done = (callback->*hook)(training, arguments...); !done) return done;
    return {};
  }

  /// All batches until the flag or a callback ends the pass; `losses` gets those of the batches.
  Outcome pass(Batches& batches, bool train, std::vector<double>* losses) {
    training.examples = batches.examples();
    training.batches = batches.count();
    training.model.reset_metrics();
    for (Size i = 0; i < batches.count() && !(train && training.stop_training) && !interrupted(); ++i) {
      training.batch = i;
      training.forget_batch_logs();
      if (Outcome begun = call(train ? &Callback::on_train_batch_begin : &Callback::on_test_batch_begin); !begun) return begun;
      const Size examples = batches.take(i);
      const Status done = train ? training.model.train(batches.columns(), examples, training.batch_loss)
                                : training.model.evaluate(batches.columns(), examples, training.batch_loss);
      if (!done) return {done.code, (train ? "batch " : "validation batch ") + std::to_string(i) + ": " + done.message};
      if (losses) losses->push_back(training.batch_loss);
      if (Outcome ended = call(train ? &Callback::on_train_batch_end : &Callback::on_test_batch_end); !ended) return ended;
    }
    return {};
  }

  /// A pass in inference mode; `logs` gets its metrics.
  Outcome evaluate(Batches& batches, Logs& logs) {
    if (Outcome begun = call(&Callback::on_test_begin); !begun) return begun;
    if (Outcome done = pass(batches, false, nullptr); !done || interrupted()) return done;
    logs = Logs();
    logs.add_results(training.model);
    logs.sort();
    const Logs& given = logs;
    return call<const Logs&>(&Callback::on_test_end, given);
  }

  /// The size to take for one that is 0, checked against what the model fixes.
  static Outcome batch_size(const Trainable& model, const char* name, Size given, Size otherwise, Size examples, Size& size) {
    const Size fixed = model.fixed_batch();
    size = given != 0 ? given : otherwise != 0 ? otherwise : fixed != 0 ? fixed : 32;
    if (size < 1) return bad_argument(std::string(name) + " " + std::to_string(size) + " is not positive");
    if (fixed != 0 && size != fixed)
      return bad_argument(std::string(name) + " " + std::to_string(size) + ": the model takes batches of " + std::to_string(fixed));
    if (fixed != 0 && examples % fixed != 0)
      return bad_argument(std::to_string(examples) + " examples are no multiple of " + std::to_string(fixed) + ", the model's batch");
    return {};
  }

 private:
  std::vector<Callback*> callbacks_;
  const std::atomic<bool>* stop_;
};

/// One call of fit.
class Fit {
 public:
  Fit(Trainable& model, const FitOptions& options, FitResult& result)
      : options_(options), result_(result), loop_(model, options.callbacks, options.stop, options.say, options.warn) {}

  Outcome run(const TrainingData& data) {
    Training& training = loop_.training;
    if (Outcome checked = prepare(data); !checked) return checked;
    training.fitting = true;
    training.epochs = options_.epochs;
    training.initial_epoch = options_.initial_epoch;
    if (Outcome begun = loop_.call(&Callback::on_train_begin); !begun) return begun;
    Logs logs;
    for (Size epoch = options_.initial_epoch; epoch < options_.epochs && !training.stop_training && !loop_.interrupted(); ++epoch) {
      training.epoch = epoch;
      if (Outcome done = one_epoch(logs); !done) return done;
    }
    result_.interrupted = loop_.interrupted();
    if (options_.epochs > 0)
      if (Status finished = training.model.finish(); !finished) return finished;
    const Logs& last = logs;
    return loop_.call<const Logs&>(&Callback::on_train_end, last);
  }

 private:
  Outcome prepare(const TrainingData& data) {
    const Trainable& model = loop_.training.model;
    if (options_.epochs < 0 || options_.initial_epoch < 0) return bad_argument("epochs and initial_epoch are not negative");
    if (options_.validation_freq < 1)
      return bad_argument("validation_freq " + std::to_string(options_.validation_freq) + " is not positive");
    if (!(options_.validation_split >= 0 && options_.validation_split < 1))
      return bad_argument("validation_split " + number_text(options_.validation_split) + " is not in [0, 1)");
    if (Outcome checked = check_data(model, data, "data"); !checked) return checked;
    const TrainingData* given = options_.validation_data;
    if (given)
      if (Outcome checked = check_data(model, *given, "validation_data"); !checked) return checked;
    const bool splits = !given && options_.validation_split > 0;
    const double split = options_.validation_split;
    const Size kept = splits ? static_cast<Size>(std::floor(static_cast<double>(data.examples) * (1.0 - split))) : data.examples;
    if (kept < 1 || (splits && kept == data.examples))
      return bad_argument("validation_split " + number_text(split) + " of " + std::to_string(data.examples) + " examples leaves one part empty");
    Size size = 0;
    if (Outcome sized = TrainingLoop::batch_size(model, "batch_size", options_.batch_size, 0, kept, size); !sized) return sized;
    train_.emplace_back(model, rows(model, data, 0, kept), size);
    if (!given && !splits) return {};
    TrainingData validation = splits ? rows(model, data, kept, data.examples - kept) : *given;
    for (Size i = 0; splits && data.weights_of_classes && i < model.columns(); ++i)
      if (is_sample_weight(model, i)) validation.columns[static_cast<size_t>(i)] = nullptr;
    const Size asked = options_.validation_batch_size;
    if (Outcome sized = TrainingLoop::batch_size(model, "validation_batch_size", asked, size, validation.examples, size); !sized) return sized;
    validation_.emplace_back(model, std::move(validation), size);
    return {};
  }

  bool validates() const {
    const Size number = loop_.training.epoch + 1;
    if (options_.validation_epochs.empty()) return number % options_.validation_freq == 0;
    for (Size epoch : options_.validation_epochs)
      if (epoch == number) return true;
    return false;
  }

  /// An epoch that the flag ends has no metrics: nobody asked for those of a part of the data.
  Outcome one_epoch(Logs& logs) {
    Training& training = loop_.training;
    if (options_.shuffle) train_[0].set_order(shuffled(train_[0].examples(), options_.seed, training.epoch));
    if (Outcome begun = loop_.call(&Callback::on_epoch_begin); !begun) return begun;
    if (Outcome trained = loop_.pass(train_[0], true, &result_.history.batch_losses); !trained || loop_.interrupted()) return trained;
    Logs all;
    all.add_results(training.model);
    if (!validation_.empty() && validates()) {
      Logs validation;
      const Size batch = training.batch;
      const double loss = training.batch_loss;
      if (Outcome evaluated = loop_.evaluate(validation_[0], validation); !evaluated || loop_.interrupted()) return evaluated;
      for (const LogEntry& entry : validation.entries()) all.set("val_" + entry.key, entry.values);
      training.batch = batch;
      training.batch_loss = loss;
      training.examples = train_[0].examples();
      training.batches = train_[0].count();
    }
    all.sort();
    logs = all;
    if (Outcome ended = loop_.call<Logs&>(&Callback::on_epoch_end, all); !ended) return ended;
    result_.history.add(training.epoch, all);
    return {};
  }

  const FitOptions& options_;
  FitResult& result_;
  TrainingLoop loop_;
  std::vector<Batches> train_, validation_;  // one each, or none
};

/// keras.Model.fit: trains the model on the data and fills the history. After an error the history holds what was complete, and the model
/// is as the last step left it. Errors: an argument or a column that does not fit, a callback's, a step's.
inline Outcome fit(Trainable& model, const TrainingData& data, const FitOptions& options, FitResult& result) {
  result = FitResult();
  return Fit(model, options, result).run(data);
}

/// keras.Model.evaluate: loss and metrics of the data in inference mode. `logs` stays empty where `stop` ends it.
inline Outcome evaluate(Trainable& model, const TrainingData& data, const EvaluateOptions& options, Logs& logs) {
  TrainingLoop loop(model, options.callbacks, options.stop, options.say, options.warn);
  if (Outcome checked = check_data(model, data, "data"); !checked) return checked;
  Size size = 0;
  if (Outcome sized = TrainingLoop::batch_size(model, "batch_size", options.batch_size, 0, data.examples, size); !sized) return sized;
  Batches batches(model, data, size);
  logs = Logs();
  return loop.evaluate(batches, logs);
}

KR_END_NAMESPACE
