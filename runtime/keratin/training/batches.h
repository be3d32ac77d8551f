// Data in memory and its batches: in order without copies, or gathered in the order of a permutation.
#pragma once
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/outcome.h"
#include "keratin/training/shuffle.h"
#include "keratin/training/trainable.h"

KR_BEGIN_NAMESPACE

/// Columns in the order of the model's, not owned: dense rows, one per example. Sample weights may be null.
struct TrainingData {
  std::vector<const void*> columns;
  Size examples = 0;
  bool weights_of_classes = false;  // the sample weights are class_weights: a part split off for validation does not take them
  std::vector<Size> rows_given;     // empty, or the examples that each column brought: they must be `examples`
};

/// One column and the number of its rows.
struct TrainingColumn {
  const void* rows;
  Size count;
};

/// Columns in the order of the model's; whether they have equally many rows, kr::fit checks.
inline TrainingData training_data(std::initializer_list<TrainingColumn> columns) {
  TrainingData data;
  for (const TrainingColumn& column : columns) {
    if (data.columns.empty()) data.examples = column.count;
    data.columns.push_back(column.rows);
    data.rows_given.push_back(column.count);
  }
  return data;
}

inline bool is_sample_weight(const Trainable& model, Size column) {
  return std::strncmp(model.column_name(column), "sample_weight/", 14) == 0;
}

/// Errors name the column; `what` is `data` or `validation_data`.
inline Outcome check_data(const Trainable& model, const TrainingData& data, const char* what) {
  const auto wrong = [&](const std::string& reason) { return bad_argument(std::string(what) + ": " + reason); };
  if (static_cast<Size>(data.columns.size()) != model.columns())
    return wrong("has " + std::to_string(data.columns.size()) + " columns, the model takes " + std::to_string(model.columns()));
  for (Size i = 0; i < model.columns(); ++i)
    if (!data.columns[static_cast<size_t>(i)] && !is_sample_weight(model, i))
      return wrong(std::string(model.column_name(i)) + " is missing" +
                   (data.rows_given.empty() ? "" : ", or no whole number of rows of " + std::to_string(model.row_bytes(i)) + " bytes"));
  if (data.examples < 1) return wrong("has no examples");
  for (size_t i = 0; i < data.rows_given.size(); ++i)
    if (data.columns[i] && data.rows_given[i] != data.examples)
      return wrong(std::string(model.column_name(static_cast<Size>(i))) + " has " + std::to_string(data.rows_given[i]) + " examples, " +
                   model.column_name(0) + " has " + std::to_string(data.examples));
  return {};
}

/// The rows begin..begin+examples of data.
inline TrainingData rows(const Trainable& model, const TrainingData& data, Size begin, Size examples) {
  TrainingData part = data;
  part.examples = examples;
  part.rows_given.clear();
  for (Size i = 0; i < model.columns(); ++i) {
    const void*& column = part.columns[static_cast<size_t>(i)];
    if (column) column = static_cast<const unsigned char*>(column) + begin * model.row_bytes(i);
  }
  return part;
}

/// The batches of one pass; the last may be smaller.
class Batches {
 public:
  Batches(const Trainable& model, TrainingData data, Size size)
      : model_(model), data_(std::move(data)), size_(size), columns_(data_.columns.size()) {}

  Size examples() const { return data_.examples; }
  Size count() const { return (data_.examples + size_ - 1) / size_; }
  /// From now on in this order; an empty one is the data's own.
  void set_order(std::vector<Size> order) { order_ = std::move(order); }

  /// Points `columns` to a batch; returns its number of examples.
  Size take(Size batch) {
    const Size begin = batch * size_, left = data_.examples - begin, examples = left < size_ ? left : size_;
    gathered_.resize(data_.columns.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      const unsigned char* column = static_cast<const unsigned char*>(data_.columns[i]);
      const Size bytes = model_.row_bytes(static_cast<Size>(i));
      columns_[i] = !column ? nullptr : order_.empty() ? column + begin * bytes : gather(gathered_[i], column, bytes, begin, examples);
    }
    return examples;
  }
  const void* const* columns() const { return columns_.data(); }

 private:
  const void* gather(std::vector<unsigned char>& to, const unsigned char* column, Size bytes, Size begin, Size examples) const {
    to.resize(static_cast<size_t>(size_ * bytes));
    for (Size row = 0; row < examples; ++row)
      std::memcpy(to.data() + row * bytes, column + order_[static_cast<size_t>(begin + row)] * bytes, static_cast<size_t>(bytes));
    return to.data();
  }

  const Trainable& model_;
  TrainingData data_;
  Size size_;
  std::vector<Size> order_;
  std::vector<const void*> columns_;
  std::vector<std::vector<unsigned char>> gathered_;
};

KR_END_NAMESPACE
