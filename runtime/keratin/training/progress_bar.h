// Keras's progress bar: verbose 1 is a bar that is redrawn, for terminals; 2 a line per epoch.
#pragma once
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include "keratin/training/callbacks.h"

KR_BEGIN_NAMESPACE

struct ProgressBarOptions {
  int verbose = 1;
  std::FILE* file = stdout;
  bool colours = true;              // bold and coloured, by ANSI escapes
  std::function<double()> seconds;  // the clock; empty: the steady one
};

/// Comes last among the callbacks, so that it shows what the others add. Validation is silent, `evaluate` on its own is shown.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(ProgressBarOptions options = {}) : options_(std::move(options)) {
    using Clock = std::chrono::steady_clock;
    if (!options_.seconds) options_.seconds = [] { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); };
  }

  Outcome on_epoch_begin(Training& training) override {
    start();
    if (options_.verbose > 0 && training.epochs > 1)
      write("Epoch " + std::to_string(training.epoch + 1) + "/" + std::to_string(training.epochs) + "\n");
    return {};
  }
  Outcome on_train_batch_end(Training& training) override { return batch(training); }
  Outcome on_epoch_end(Training& training, Logs& logs) override { return finish(training, logs); }
  Outcome on_test_begin(Training& training) override {
    if (!training.fitting) start();
    return {};
  }
  Outcome on_test_batch_end(Training& training) override { return training.fitting ? Outcome() : batch(training); }
  Outcome on_test_end(Training& training, const Logs& logs) override { return training.fitting ? Outcome() : finish(training, logs); }

 private:
  static constexpr int kWidth = 20;           // of the bar
  static constexpr double kInterval = 0.05;   // seconds between two redraws

  void start() {
    start_ = options_.seconds();
    shown_at_ = after_first_ = -1;
    width_ = 0;
  }
  Outcome batch(Training& training) {
    if (options_.verbose != 1) return {};
    const double now = options_.seconds(), each = per_step(training.batch + 1, now);
    if (shown_at_ >= 0 && now - shown_at_ < kInterval) return {};
    const std::string left = seconds_text(each * static_cast<double>(training.batches - training.batch - 1));
    draw(training.batch + 1, training.batches, each, left, training.batch_logs(), false);
    shown_at_ = now;
    return {};
  }
  Outcome finish(Training& training, const Logs& logs) {
    const double now = options_.seconds(), each = per_step(training.batches, now);
    const std::string elapsed = printf_text('f', 0, now - start_) + "s";
    if (options_.verbose == 1) draw(training.batches, training.batches, each, elapsed, in_order_of_appearance(training.model, logs), true);
    if (options_.verbose == 2) {
      const std::string count = std::to_string(training.batches);
      write(count + "/" + count + " - " + elapsed + " -" + step_text(each) + values_text(logs, false) + "\n");
    }
    return {};
  }

  /// What the batches showed comes first.
  static Logs in_order_of_appearance(const Trainable& model, const Logs& logs) {
    Logs ordered, batch;
    batch.add_results(model);
    batch.sort();
    for (const LogEntry& entry : batch.entries())
      if (const LogEntry* shown = logs.find(entry.key)) ordered.set(entry.key, shown->values);
    for (const LogEntry& entry : logs.entries()) ordered.set(entry.key, entry.values);
    return ordered;
  }

  /// The first step, which warms up, counts only while there is no other.
  double per_step(Size steps, double now) {
    const bool warm = after_first_ >= 0 && steps > 1;
    const double each = warm ? (now - after_first_) / static_cast<double>(steps - 1) : (now - start_) / static_cast<double>(steps);
    if (steps == 1) after_first_ = now;
    return each;
  }

  void draw(Size step, Size steps, double each, const std::string& time, const Logs& logs, bool last) {
    const int filled = static_cast<int>(kWidth * step / steps);
    std::string count = std::to_string(step);
    const std::string all = std::to_string(steps);
    count = std::string(all.size() - count.size(), ' ') + count + "/" + all;
    const std::string values = step_text(each) + values_text(logs, true);
    const size_t width = count.size() + 1 + kWidth + 1 + time.size() + values.size();
    std::string text = std::string(width_, '\b') + "\r" + styled("1", count) + " ";
    if (filled > 0) text += styled("32", bar(filled));
    text += styled("37", bar(kWidth - filled)) + " " + styled("1", time) + values;
    if (width_ > width) text += std::string(width_ - width, ' ');
    write(text + (last ? "\n" : ""));
    width_ = width;
  }

  static std::string bar(int cells) {
    std::string text;
    for (int i = 0; i < cells; ++i) text += "\xE2\x94\x81";  // a heavy horizontal line
    return text;
  }
  std::string styled(const char* style, const std::string& text) const {
    return options_.colours ? std::string("\x1b[") + style + "m" + text + "\x1b[0m" : text;
  }

  static std::string step_text(double each) {
    const bool whole = each >= 1 || each == 0, milli = each >= 1e-3;
    return " " + printf_text('f', 0, whole ? each : milli ? each * 1e3 : each * 1e6) + (whole ? "s/step" : milli ? "ms/step" : "us/step");
  }
  static std::string seconds_text(double seconds) {
    const Int64 all = static_cast<Int64>(seconds);
    const auto two = [](Int64 value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    if (seconds > 3600) return std::to_string(all / 3600) + ":" + two(all % 3600 / 60) + ":" + two(all % 60);
    if (seconds > 60) return std::to_string(all / 60) + ":" + two(all % 60);
    return std::to_string(all) + "s";
  }
  /// Small values by exponent; the line of verbose 2 writes negative ones so too, as Keras's does.
  static std::string values_text(const Logs& logs, bool magnitude) {
    std::string text;
    for (const LogEntry& entry : logs.entries()) {
      const double value = entry.number();
      const bool plain = (magnitude ? std::fabs(value) : value) > 1e-3;
      text += " - " + entry.key + ": " + printf_text(plain ? 'f' : 'e', 4, value);
    }
    return text;
  }
  void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), options_.file);
    std::fflush(options_.file);
  }

  ProgressBarOptions options_;
  double start_ = 0, shown_at_ = -1, after_first_ = -1;
  size_t width_ = 0;
};

KR_END_NAMESPACE
