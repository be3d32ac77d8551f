// A model as the training loop sees it: columns of data in, loss and metrics out, weights that can be kept and put back.
#pragma once
#include "keratin/runtime/status.h"

KR_BEGIN_NAMESPACE

/// Whether smaller or larger values of a metric are better; none where Keras does not know it either (true positives, say).
enum class Direction : int { none, down, up };

/// Emitted bundles, the tool's engines and programs implement it. Columns are dense rows in memory, one row per example. Metrics add up
/// from batch to batch until they are reset. A status other than ok ends the training.
class Trainable {
 public:
  virtual ~Trainable() = default;

  virtual Size columns() const = 0;
  /// `x/<input>`, `y/<output>` or `sample_weight/<output>`. The weights may be absent (null): all examples then count as one.
  virtual const char* column_name(Size column) const = 0;
  virtual Size row_bytes(Size column) const = 0;
  /// The number of examples that every batch must have; 0: any.
  virtual Size fixed_batch() const { return 0; }

  /// One step: metrics, weights and the optimizer's state are updated; `loss` is the batch's before the update.
  virtual Status train(const void* const* columns, Size examples, double& loss) noexcept = 0;
  /// Metrics in inference mode.
  virtual Status evaluate(const void* const* columns, Size examples, double& loss) noexcept = 0;

  virtual void reset_metrics() noexcept = 0;
  /// The metrics: `loss` first, then the keys of Keras's history.
  virtual Size results() const = 0;
  virtual const char* result_name(Size result) const = 0;
  /// 1, or the number of values of a metric that is a vector.
  virtual Size result_count(Size) const { return 1; }
  virtual Direction result_direction(Size) const { return Direction::none; }
  /// The metric since the last reset.
  virtual void result(Size result, double* values) const = 0;

  /// Updates of the weights so far, those before this program included.
  virtual Size iterations() const = 0;
  /// Of the next step; not a number where several optimizers have one each.
  virtual double learning_rate() const = 0;
  /// Refused where a schedule in the optimizer decides, or there are several.
  virtual Status set_learning_rate(double rate) noexcept = 0;

  /// The weights (not the optimizer's state) as bytes, for keeping them and putting them back in the same program.
  virtual Size weight_bytes() const = 0;
  virtual void copy_weights(void* to) const = 0;
  virtual void set_weights(const void* from) = 0;

  /// The end of training: averages replace weights, where the optimizer keeps them.
  virtual Status finish() { return {}; }
  /// Weights and the optimizer's state, complete or not at all.
  virtual Status save(const char* path) const = 0;
};

KR_END_NAMESPACE
