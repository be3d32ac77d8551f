#include "compiler/engine/engine_trainable.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <limits>

#include "compiler/data/npz.h"

namespace keratin {

namespace {

/// Storage of one element in an Array.
int64_t element_size(DType dtype) { return static_cast<int64_t>(Array::zeros(dtype, {1}).bytes.size()); }

std::vector<int64_t> row_shape(const Array& array) { return {array.shape.begin() + 1, array.shape.end()}; }

}  // namespace

EngineTrainable::EngineTrainable(Trainer& trainer, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                                       const FitData& data, const FitData* validation, Problems& problems)
    : trainer_(trainer), inputs_(inputs.size()), outputs_(outputs.size()), weight_columns_(outputs.size()) {
  for (size_t i = 0; i < inputs.size(); ++i)
    add_column("x/" + inputs[i], &data.inputs[i], validation ? &validation->inputs[i] : nullptr, false, problems);
  for (size_t i = 0; i < outputs.size(); ++i)
    add_column("y/" + outputs[i], &data.targets[i], validation ? &validation->targets[i] : nullptr, false, problems);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Array* trained = data.weights[i] ? &*data.weights[i] : nullptr;
    const Array* evaluated = validation && validation->weights[i] ? &*validation->weights[i] : nullptr;
    if (!trained && !evaluated) continue;
    weight_columns_[i] = columns_.size();
    add_column("sample_weight/" + outputs[i], trained, evaluated, true, problems);
  }
}

void EngineTrainable::add_column(std::string name, const Array* data, const Array* validation, bool weights, Problems& problems) {
  const Array& example = data ? *data : *validation;
  if (example.dtype == DType::string) problems.add(fmt::format("{}: holds texts", name));
  if (validation && (validation->dtype != example.dtype || row_shape(*validation) != row_shape(example)))
    problems.add(fmt::format("validation/{}: has rows {} of {}, the training data {} of {}", name, shape_text(row_shape(*validation)),
                             name_of(validation->dtype), shape_text(row_shape(example)), name_of(example.dtype)));
  Column column{std::move(name), example.dtype, row_shape(example), element_size(example.dtype)};
  for (int64_t extent : column.shape) column.row_bytes *= extent;
  if (weights) {
    column.trained = data != nullptr;
    column.evaluated = validation != nullptr;
  }
  columns_.push_back(std::move(column));
}

kr::TrainingData EngineTrainable::columns_of(const FitData& data) const {
  kr::TrainingData result;
  result.examples = data.examples();
  for (const Array& array : data.inputs) result.columns.push_back(array.bytes.data());
  for (const Array& array : data.targets) result.columns.push_back(array.bytes.data());
  for (size_t i = 0; i < outputs_; ++i)
    if (weight_columns_[i]) result.columns.push_back(data.weights[i] ? data.weights[i]->bytes.data() : nullptr);
  return result;
}

const std::string& EngineTrainable::error() const {
  if (thrown_) std::rethrow_exception(thrown_);
  return error_;
}

kr::Size EngineTrainable::fixed_batch() const {
  const ir::Function& predict = trainer_.program().function(trainer_.program().find("predict"));
  const Dim first = predict.type(predict.parameters[0]).shape[0];
  return first.is_static() ? first.size : 0;
}

/// Weights that are not given count as ones where the function takes them.
FitData EngineTrainable::batch(bool train, const void* const* columns, int64_t examples) const {
  const auto array = [&](size_t i) {
    const Column& column = columns_[i];
    std::vector<int64_t> shape = column.shape;
    shape.insert(shape.begin(), examples);
    if (!columns[i]) return Array::of(shape, std::vector<float>(static_cast<size_t>(*element_count(shape)), 1.0f)).to(column.dtype);
    Array made = Array::zeros(column.dtype, std::move(shape));
    if (!made.bytes.empty()) std::memcpy(made.bytes.data(), columns[i], made.bytes.size());
    return made;
  };
  FitData data;
  for (size_t i = 0; i < inputs_; ++i) data.inputs.push_back(array(i));
  for (size_t i = 0; i < outputs_; ++i) data.targets.push_back(array(inputs_ + i));
  for (const std::optional<size_t>& column : weight_columns_) {
    const bool taken = column && (train ? columns_[*column].trained : columns_[*column].evaluated);
    data.weights.push_back(taken ? std::optional(array(*column)) : std::nullopt);
  }
  return data;
}

kr::Status EngineTrainable::failed(std::string error) const {
  error_ = std::move(error);
  return {kr::StatusCode::index_out_of_range, "the engine refuses the data"};
}

kr::Status EngineTrainable::step(bool train, const void* const* columns, kr::Size examples, double& loss) noexcept try {
  results_.clear();
  const FitData data = batch(train, columns, examples);
  const Result<double> result = train ? trainer_.train(data) : trainer_.evaluate(data);
  if (!result) return failed(result.error());
  loss = *result;
  return {};
} catch (...) {
  thrown_ = std::current_exception();
  return {kr::StatusCode::bad_argument, "the engine failed"};
}

void EngineTrainable::reset_metrics() noexcept {
  results_.clear();
  trainer_.reset_metrics();
}

const Array& EngineTrainable::values_of(kr::Size result) const {
  if (results_.empty()) {
    Result<std::vector<Array>> results = trainer_.results();
    IR_CHECK(results, "metrics that cannot be computed");
    results_ = std::move(*results);
  }
  return results_[static_cast<size_t>(result)];
}

kr::Direction EngineTrainable::result_direction(kr::Size result) const {
  const Better better = trainer_.functions().result_better[static_cast<size_t>(result)];
  return better == Better::smaller ? kr::Direction::down : better == Better::larger ? kr::Direction::up : kr::Direction::none;
}

void EngineTrainable::result(kr::Size result, double* values) const {
  const std::vector<double> all = values_of(result).as<double>();
  std::copy(all.begin(), all.end(), values);
}

int64_t EngineTrainable::steps() const {
  if (!trainer_.functions().function) return 0;  // evaluation alone
  return trainer_.variable(trainer_.functions().optimizer.iteration).as<int64_t>()[0];
}

kr::Size EngineTrainable::iterations() const { return static_cast<kr::Size>(steps() / trainer_.functions().accumulation); }

double EngineTrainable::learning_rate() const {
  const TrainStep& functions = trainer_.functions();
  if (functions.scheduled_rate) return functions.scheduled_rate(steps());
  if (functions.optimizer.learning_rate) return trainer_.variable(*functions.optimizer.learning_rate).as<double>()[0];
  return std::numeric_limits<double>::quiet_NaN();
}

kr::Status EngineTrainable::set_learning_rate(double rate) noexcept {
  const std::optional<ir::VariableId> variable = trainer_.functions().optimizer.learning_rate;
  if (!variable) return {kr::StatusCode::bad_argument, "the optimizer has a schedule of learning rates, or there are several: no rate can be set"};
  trainer_.set_variable(*variable, Array::of({}, std::vector<float>{static_cast<float>(rate)}));
  return {};
}

std::vector<ir::VariableId> EngineTrainable::weights() const {
  std::vector<ir::VariableId> ids;
  const auto& variables = trainer_.program().variables;
  for (uint32_t i = 0; i < variables.size(); ++i)
    if (variables[i].role == ir::Role::weight || variables[i].role == ir::Role::moving_statistic) ids.push_back({i});
  return ids;
}

kr::Size EngineTrainable::weight_bytes() const {
  kr::Size bytes = 0;
  for (ir::VariableId id : weights()) bytes += static_cast<kr::Size>(trainer_.variable(id).bytes.size());
  return bytes;
}

void EngineTrainable::copy_weights(void* to) const {
  std::byte* at = static_cast<std::byte*>(to);
  for (ir::VariableId id : weights()) {
    const Array array = trainer_.variable(id);
    at = std::copy(array.bytes.begin(), array.bytes.end(), at);
  }
}

void EngineTrainable::set_weights(const void* from) {
  const std::byte* at = static_cast<const std::byte*>(from);
  for (ir::VariableId id : weights()) {
    Array array = trainer_.variable(id);
    std::copy(at, at + array.bytes.size(), array.bytes.begin());
    at += array.bytes.size();
    trainer_.set_variable(id, array);
  }
}

kr::Status EngineTrainable::finish() {
  const Result<bool> done = trainer_.finish();
  return done ? kr::Status() : failed(done.error());
}

kr::Status EngineTrainable::save(const char* path) const {
  NamedArrays arrays;
  const auto& variables = trainer_.program().variables;
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const ir::Role role = variables[i].role;
    if (role == ir::Role::metric || role == ir::Role::prepared || role == ir::Role::recurrent_state) continue;
    arrays.emplace_back(variables[i].name, trainer_.variable(ir::VariableId{i}));
  }
  const Result<Done> written = write_npz(path, arrays);
  if (written) return {};
  error_ = written.error();
  return {kr::StatusCode::io_error, "cannot be written"};
}

}  // namespace keratin
