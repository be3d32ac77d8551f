// Values under the names that Keras gives them: those of one epoch, and those of all.
#pragma once
#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/trainable.h"

KR_BEGIN_NAMESPACE

/// One value, or those of a metric that is a vector.
struct LogEntry {
  std::string key;
  std::vector<double> values;

  /// The value; of a vector the mean.
  double number() const {
    double sum = 0;
    for (double value : values) sum += value;
    return values.size() == 1 ? values[0] : sum / static_cast<double>(values.size());
  }
};

/// What callbacks get and may add to. Keras sorts the names; what a callback adds comes last.
class Logs {
 public:
  const std::vector<LogEntry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  const LogEntry* find(const std::string& key) const {
    for (const LogEntry& entry : entries_)
      if (entry.key == key) return &entry;
    return nullptr;
  }
  /// The value of that name, of a vector the mean; not a number where there is none.
  double number(const std::string& key) const {
    const LogEntry* entry = find(key);
    return entry ? entry->number() : std::numeric_limits<double>::quiet_NaN();
  }
  void set(const std::string& key, std::vector<double> values) {
    for (LogEntry& entry : entries_)
      if (entry.key == key) return void(entry.values = std::move(values));
    entries_.push_back({key, std::move(values)});
  }
  void set(const std::string& key, double value) { set(key, std::vector<double>{value}); }
  void sort() {
    std::sort(entries_.begin(), entries_.end(), [](const LogEntry& a, const LogEntry& b) { return a.key < b.key; });
  }
  /// `loss, mae, val_loss`: for messages.
  std::string names() const {
    std::string text;
    for (const LogEntry& entry : entries_) text += (text.empty() ? "" : ", ") + entry.key;
    return text;
  }
  /// Adds the metrics of a model as they are now.
  void add_results(const Trainable& model, const std::string& prefix = "") {
    for (Size i = 0; i < model.results(); ++i) {
      std::vector<double> values(static_cast<size_t>(model.result_count(i)));
      model.result(i, values.data());
      set(prefix + model.result_name(i), std::move(values));
    }
  }

 private:
  std::vector<LogEntry> entries_;
};

/// keras.callbacks.History: a series per name, an entry per epoch that had it (validation may be rarer), and the loss of every batch.
struct History {
  struct Series {
    std::string key;
    std::vector<std::vector<double>> epochs;
  };
  std::vector<Size> epochs;  // counted from 0
  std::vector<Series> series;
  std::vector<double> batch_losses;

  const Series* find(const std::string& key) const {
    for (const Series& one : series)
      if (one.key == key) return &one;
    return nullptr;
  }
  /// The series as numbers, of vectors the means; empty where there is none.
  std::vector<double> numbers(const std::string& key) const {
    std::vector<double> values;
    if (const Series* one = find(key))
      for (const std::vector<double>& epoch : one->epochs) values.push_back(LogEntry{key, epoch}.number());
    return values;
  }
  void add(Size epoch, const Logs& logs) {
    epochs.push_back(epoch);
    for (const LogEntry& entry : logs.entries()) {
      const auto known = std::find_if(series.begin(), series.end(), [&](const Series& one) { return one.key == entry.key; });
      if (known != series.end()) known->epochs.push_back(entry.values);
      else series.push_back({entry.key, {entry.values}});
    }
  }
};

KR_END_NAMESPACE
