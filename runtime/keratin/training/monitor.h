// A monitored value: which direction is better, and whether it improved.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "keratin/training/callbacks.h"

KR_BEGIN_NAMESPACE

class Monitor {
 public:
  /// `mode` is auto, min or max; another one counts as auto, with a warning, as in Keras.
  Monitor(std::string callback, std::string key, std::string mode, double min_delta = 0)
      : callback_(std::move(callback)), key_(std::move(key)), mode_(std::move(mode)), min_delta_(min_delta < 0 ? -min_delta : min_delta) {}

  const std::string& key() const { return key_; }
  /// Finds the direction. Error: mode auto, and no metric of that name, or one of which neither direction is better.
  Outcome begin(Training& training) {
    if (mode_ != "auto" && mode_ != "min" && mode_ != "max") {
      training.warn_once(callback_ + ": mode '" + mode_ + "' is unknown, auto is taken; there are auto, min, max");
      mode_ = "auto";
    }
    direction_ = mode_ == "min" ? Direction::down : mode_ == "max" ? Direction::up : automatic(training.model);
    if (direction_ != Direction::none) return {};
    return bad_argument(callback_ + ": monitor '" + key_ + "': not known whether it should be small or large; pass mode 'min' or 'max'");
  }

  /// The monitored value of an epoch, none where the logs lack it. Error: a vector.
  Outcome value(const Logs& logs, std::optional<double>& value) const {
    value.reset();
    const LogEntry* entry = logs.find(key_);
    if (!entry) return {};
    if (entry->values.size() != 1)
      return bad_argument(callback_ + ": monitor '" + key_ + "' has " + std::to_string(entry->values.size()) + " values, not one");
    value = entry->values[0];
    return {};
  }
  /// By more than min_delta, in float32 as Keras compares; better than nothing is any value.
  bool improves(double value, const std::optional<double>& reference) const {
    if (!reference) return true;
    const double moved = direction_ == Direction::up ? value - min_delta_ : value + min_delta_;
    const float a = static_cast<float>(moved), b = static_cast<float>(*reference);
    return direction_ == Direction::up ? a > b : a < b;
  }
  std::string missing(const Logs& logs) const { return "'" + key_ + "' is not available; there are " + logs.names(); }

 private:
  Direction automatic(const Trainable& model) const {
    const std::string metric = key_.rfind("val_", 0) == 0 ? key_.substr(4) : key_;
    if (metric == "loss") return Direction::down;
    for (Size i = 0; i < model.results(); ++i)
      if (metric == model.result_name(i)) return model.result_direction(i);
    return Direction::none;
  }
  std::string callback_, key_, mode_;
  double min_delta_;
  Direction direction_ = Direction::none;
};

KR_END_NAMESPACE
