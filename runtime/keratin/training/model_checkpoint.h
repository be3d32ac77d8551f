// keras.callbacks.ModelCheckpoint: saves the model after epochs or batches, all or only the best.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "keratin/training/monitor.h"

KR_BEGIN_NAMESPACE

/// Fills in `{epoch:02d}`, `{batch}` (both counted from 1; no batch: -1) and the names of the logs, as Python's str.format does.
/// Errors: a name that is not there, a format that does not fit, single braces.
inline Outcome fill_in(const std::string& pattern, Size epoch, Size batch, const Logs& logs, std::string& text) {
  const auto wrong = [&](const std::string& reason) { return bad_argument("'" + pattern + "': " + reason); };
  text.clear();
  for (size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c != '{' && c != '}') {
      text += c;
      continue;
    }
    if (at + 1 < pattern.size() && pattern[at + 1] == c) {
      text += pattern[++at];
      continue;
    }
    const size_t end = c == '{' ? pattern.find('}', at) : std::string::npos;
    if (end == std::string::npos) return wrong(std::string("a single '") + c + "'");
    const std::string field = pattern.substr(at + 1, end - at - 1), key = field.substr(0, field.find(':'));
    NumberFormat format;
    if (key.size() < field.size() && !format.read(field.substr(key.size() + 1)))
      return wrong("{" + field + "} has a format of no known kind");
    const LogEntry* entry = logs.find(key);
    std::string part;
    bool fits = true;
    if (key == "epoch") fits = format_integer(format, epoch, part);
    else if (key == "batch" && batch >= 0) fits = format_integer(format, batch, part);
    else if (!entry) return wrong("there is no '" + key + "'; there are epoch, " + (batch >= 0 ? "batch, " : "") + logs.names());
    else fits = entry->values.size() == 1 && format_number(format, entry->values[0], part);
    if (!fits) return wrong("{" + field + "} does not fit its value");
    text += part;
    at = end;
  }
  return {};
}

/// Keras's arguments, in its order; `save` says what is written (none: Trainable::save), in place of save_weights_only.
struct ModelCheckpointOptions {
  std::string filepath;
  std::string monitor = "val_loss";
  int verbose = 0;
  bool save_best_only = false;
  std::string mode = "auto";
  Size save_freq = 0;  // batches; 0: after every epoch
  std::optional<double> initial_value_threshold;
  std::function<Outcome(Trainable& model, const std::string& path)> save;
};

class ModelCheckpoint : public Callback {
 public:
  explicit ModelCheckpoint(ModelCheckpointOptions options)
      : options_(std::move(options)),
        monitor_("ModelCheckpoint", options_.monitor, options_.mode),
        best_(options_.initial_value_threshold) {}

  /// The file that was written last; empty: none.
  const std::string& last_path() const { return last_path_; }

  Outcome on_train_begin(Training& training) override {
    if (options_.filepath.empty()) return bad_argument("ModelCheckpoint: filepath is empty");
    if (options_.save_freq < 0) return bad_argument("ModelCheckpoint: save_freq " + std::to_string(options_.save_freq) + " is negative");
    return monitor_.begin(training);
  }
  Outcome on_train_batch_end(Training& training) override {
    if (options_.save_freq == 0 || ++batches_ < options_.save_freq) return {};
    batches_ = 0;
    return save(training, training.batch + 1, training.batch_logs());
  }
  Outcome on_epoch_end(Training& training, Logs& logs) override { return options_.save_freq == 0 ? save(training, -1, logs) : Outcome(); }

 private:
  Outcome save(Training& training, Size batch, const Logs& logs) {
    std::string path;
    if (Outcome filled = fill_in(options_.filepath, training.epoch + 1, batch, logs, path); !filled)
      return {filled.code, "ModelCheckpoint: " + filled.message};
    const std::string epoch = "\nEpoch " + std::to_string(training.epoch + 1) + ": ";
    if (options_.save_best_only && !improved(training, logs, epoch, path)) return {};
    if (!options_.save_best_only) tell(training, epoch + "saving model to " + path);
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) return io_error("ModelCheckpoint: " + folder.string() + ": cannot be created: " + error.message());
    const Outcome saved = options_.save ? options_.save(training.model, path) : Outcome(training.model.save(path.c_str()));
    if (!saved) return {saved.code, "ModelCheckpoint: " + path + ": " + saved.message};
    last_path_ = path;
    tell(training, epoch + "finished saving model to " + path);
    return {};
  }

  /// Without a single value to compare everything is saved, with a warning.
  bool improved(Training& training, const Logs& logs, const std::string& epoch, const std::string& path) {
    std::optional<double> current;
    if (!monitor_.value(logs, current))
      return training.warn_once("ModelCheckpoint: monitor '" + monitor_.key() + "' is no single value: every model is saved"), true;
    if (!current) return training.warn_once("ModelCheckpoint: monitor " + monitor_.missing(logs) + ": every model is saved"), true;
    const std::string best = best_ ? printf_text('f', 5, *best_) : "None";
    if (!monitor_.improves(*current, best_)) return tell(training, epoch + monitor_.key() + " did not improve from " + best), false;
    const std::string now = printf_text('f', 5, *current);
    tell(training, epoch + monitor_.key() + " improved from " + best + " to " + now + ", saving model to " + path);
    best_ = current;
    return true;
  }
  void tell(Training& training, const std::string& text) const {
    if (options_.verbose > 0) training.print(text);
  }

  ModelCheckpointOptions options_;
  Monitor monitor_;
  std::optional<double> best_;
  Size batches_ = 0;
  std::string last_path_;
};

KR_END_NAMESPACE
