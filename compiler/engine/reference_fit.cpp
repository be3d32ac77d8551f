#include "compiler/engine/reference_fit.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "compiler/data/tensors.h"
#include "compiler/engine/run_data.h"

namespace keratin {

FitData FitData::rows(int64_t begin, int64_t count) const {
  FitData part;
  for (const Array& array : inputs) part.inputs.push_back(rows_of(array, begin, count));
  for (const Array& array : targets) part.targets.push_back(rows_of(array, begin, count));
  for (const auto& array : weights) part.weights.push_back(array ? std::optional(rows_of(*array, begin, count)) : std::nullopt);
  return part;
}

Result<ir::Tensors> ReferenceTrainer::run(ir::FunctionId function, const std::vector<Array>& arrays, State& state) const {
  ir::Evaluator evaluator(program_, arrays.empty() || arrays[0].rank() == 0 ? 1 : arrays[0].shape[0]);
  for (const auto& [id, value] : state) evaluator.set_variable(id, value);
  ir::Tensors tensors;
  const ir::Function& f = program_.function(function);
  IR_CHECK(arrays.size() == f.parameters.size(), "a step with other arrays than parameters");
  for (size_t i = 0; i < arrays.size(); ++i) tensors.push_back(to_tensor(arrays[i], f.type(f.parameters[i]).dtype));
  Result<ir::Tensors> outputs = evaluator.run(function, tensors);
  if (outputs)
    for (const ir::Update& update : f.updates) state.insert_or_assign(update.variable, evaluator.variable(update.variable));
  return outputs;
}

Result<double> ReferenceTrainer::step(ir::FunctionId function, const FitData& batch) {
  std::vector<Array> arrays = batch.inputs;
  arrays.insert(arrays.end(), batch.targets.begin(), batch.targets.end());
  for (const auto& weight : batch.weights)
    if (weight) arrays.push_back(*weight);
  Result<ir::Tensors> outputs = run(function, arrays, state_);
  if (!outputs) return Error{outputs.error()};
  return (*outputs)[0].number(0);
}

void ReferenceTrainer::reset_metrics() {
  std::erase_if(state_, [&](const auto& entry) { return program_.variable(entry.first).role == ir::Role::metric; });
}

Result<std::vector<Array>> ReferenceTrainer::results() {
  const Result<ir::Tensors> outputs = run(step_.results, {}, state_);
  if (!outputs) return Error{outputs.error()};
  std::vector<Array> arrays;
  for (const ir::Tensor& tensor : *outputs) arrays.push_back(to_array(tensor));
  return arrays;
}

Result<bool> ReferenceTrainer::finish() {
  if (!step_.finish) return true;
  const Result<ir::Tensors> outputs = run(*step_.finish, {}, state_);
  if (!outputs) return Error{outputs.error()};
  return true;
}

Result<std::vector<Array>> ReferenceTrainer::predict(const std::vector<Array>& inputs) {
  const ir::FunctionId predict = program_.find("predict");
  const ir::Function& f = program_.function(predict);
  const Dim first = f.type(f.parameters[0]).shape[0];
  const int64_t examples = inputs[0].shape[0], batch = first.is_static() ? first.size : examples;
  State state;
  for (const auto& [id, value] : state_)
    if (program_.variable(id).role != ir::Role::recurrent_state) state.emplace(id, value);
  std::vector<Array> results(f.outputs.size());
  for (int64_t begin = 0; begin < examples; begin += batch) {
    std::vector<Array> part;
    for (const Array& array : inputs) part.push_back(rows_of(array, begin, std::min(batch, examples - begin)));
    const Result<ir::Tensors> outputs = run(predict, part, state);
    if (!outputs) return Error{outputs.error()};
    for (size_t i = 0; i < outputs->size(); ++i) append_rows(results[i], to_array((*outputs)[i]));
  }
  return results;
}

Array ReferenceTrainer::variable(ir::VariableId id) {
  const auto found = state_.find(id);
  return to_array(found != state_.end() ? found->second : *program_.variable(id).initial);
}

bool FitOptions::validates_after(int64_t epoch) const {
  if (!validation_epochs.empty()) return std::find(validation_epochs.begin(), validation_epochs.end(), epoch) != validation_epochs.end();
  return epoch % validation_period == 0;
}

Result<FitOptions> read_fit(const Json& given) {
  FitOptions options;
  TrainingArguments a(&given);
  options.epochs = a.integer("epochs", 1, 1);
  options.batch_size = a.integer("batch_size", 32, 1);
  options.validation_batch_size = a.integer("validation_batch_size", options.batch_size, 1);
  options.validation_split = a.number("validation_split", 0, 0, 1);
  if (a.flag("shuffle", true)) return Error{"shuffle true is not supported"};
  if (const Json* frequency = a.raw("validation_freq"); frequency && frequency->is_array())
    for (double epoch : a.numbers("validation_freq")) options.validation_epochs.push_back(static_cast<int64_t>(epoch));
  else
    options.validation_period = a.integer("validation_freq", 1, 1);
  if (const Json* weights = a.raw("class_weight"); weights && weights->is_object())
    for (const auto& [text, weight] : weights->as_object()) {
      int64_t id = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
      if (error != std::errc() || end != text.data() + text.size() || !weight.is_number()) return Error{fmt::format("class_weight '{}' is no class with a weight", text)};
      options.class_weights.emplace_back(id, weight.as_double());
    }
  if (const std::string problem = a.problem(); !problem.empty()) return Error{problem};
  return options;
}

FitData split_validation(FitData& data, double fraction) {
  const int64_t examples = data.examples(), kept = static_cast<int64_t>(std::floor(static_cast<double>(examples) * (1 - fraction)));
  FitData validation = data.rows(kept, examples - kept);
  data = data.rows(0, kept);
  return validation;
}

Result<Array> class_weights_of(const Array& targets, const std::vector<std::pair<int64_t, double>>& weights) {
  const int64_t examples = targets.shape[0], width = targets.rank() > 1 ? targets.shape.back() : 1;
  if (targets.rank() > 2) return Error{fmt::format("class_weight takes targets of rank 1 or 2, not {}", targets.rank())};
  const std::vector<double> values = targets.as<double>();
  std::vector<float> result;
  for (int64_t i = 0; i < examples; ++i) {
    const auto row = values.begin() + i * width;
    const int64_t label = width > 1 ? std::max_element(row, row + width) - row : static_cast<int64_t>(std::nearbyint(*row));
    const auto found = std::find_if(weights.begin(), weights.end(), [&](const auto& entry) { return entry.first == label; });
    result.push_back(static_cast<float>(found != weights.end() ? found->second : 1.0));
  }
  return Array::of({examples}, result);
}

namespace {

/// Batches in order; what `one` gives for each goes to `losses` where that is asked for.
template <class Step>
Result<bool> over_batches(const FitData& data, int64_t size, Step one, std::vector<double>* losses) {
  for (int64_t begin = 0; begin < data.examples(); begin += size) {
    const Result<double> loss = one(data.rows(begin, std::min(size, data.examples() - begin)));
    if (!loss) return Error{loss.error()};
    if (losses) losses->push_back(*loss);
  }
  return true;
}

Result<bool> record(Trainer& trainer, const std::string& prefix, FitResult& result) {
  Result<std::vector<Array>> values = trainer.results();
  if (!values) return Error{values.error()};
  for (size_t i = 0; i < values->size(); ++i) {
    const std::string key = prefix + trainer.functions().result_names[i];
    auto entry = std::find_if(result.history.begin(), result.history.end(), [&](const auto& known) { return known.first == key; });
    if (entry == result.history.end()) entry = result.history.insert(entry, {key, {}});
    entry->second.push_back(std::move((*values)[i]));
  }
  return true;
}

}  // namespace

Result<FitResult> fit(Trainer& trainer, const FitData& data, const std::optional<FitData>& validation, const FitOptions& options) {
  FitResult result;
  for (int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
    trainer.reset_metrics();
    Result<bool> done = over_batches(data, options.batch_size, [&](const FitData& batch) { return trainer.train(batch); }, &result.batch_losses);
    if (done) done = record(trainer, "", result);
    if (done && validation && options.validates_after(epoch)) {
      trainer.reset_metrics();
      done = over_batches(*validation, options.validation_batch_size, [&](const FitData& batch) { return trainer.evaluate(batch); }, nullptr);
      if (done) done = record(trainer, "val_", result);
    }
    if (!done) return Error{done.error()};
  }
  if (const Result<bool> done = trainer.finish(); !done) return Error{done.error()};
  return result;
}

}  // namespace keratin
