// The callbacks of keras.callbacks: structs of their arguments, and a class to derive from.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "keratin/history.h"

namespace keratin::functional {

class Model;

/// keras.callbacks.Callback: what a program does around epochs and batches.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin() {}
  virtual void on_train_end() {}
  virtual void on_epoch_begin(int64_t) {}
  virtual void on_epoch_end(int64_t, const Logs&) {}
  virtual void on_train_batch_end(int64_t, double) {}

 protected:
  /// Ends the training after this epoch.
  void stop_training() { stop_ = true; }

 private:
  friend struct CallbackAccess;
  bool stop_ = false;
};

}  // namespace keratin::functional

namespace keratin::callbacks {

using functional::Callback;
using functional::Logs;

struct EarlyStopping {
  std::string monitor = "val_loss";
  double min_delta = 0;
  int64_t patience = 0;
  std::string mode = "auto";
  std::optional<double> baseline{};
  bool restore_best_weights = false;
  int64_t start_from_epoch = 0;
};
struct ModelCheckpoint {
  std::string filepath{};
  std::string monitor = "val_loss";
  bool save_best_only = false;
  std::string mode = "auto";
};
struct ReduceLROnPlateau {
  std::string monitor = "val_loss";
  double factor = 0.1;
  int64_t patience = 10;
  std::string mode = "auto";
  double min_delta = 1e-4;
  int64_t cooldown = 0;
  double min_lr = 0;
};
struct LearningRateScheduler {
  std::function<double(int64_t epoch, double learning_rate)> schedule{};
};
struct CSVLogger {
  std::string filename{};
  char separator = ',';
  bool append = false;
};
struct TensorBoard {
  std::string log_dir = "logs";
};
struct TerminateOnNaN {};
/// Functions in place of a class.
struct LambdaCallback {
  std::function<void(int64_t epoch)> on_epoch_begin{};
  std::function<void(int64_t epoch, const Logs& logs)> on_epoch_end{};
  std::function<void()> on_train_begin{}, on_train_end{};
  std::function<void(int64_t batch, double loss)> on_train_batch_end{};
};

}  // namespace keratin::callbacks
