#include "compiler/engine/fit_arguments.h"

#include <charconv>
#include <fmt/format.h>

#include "compiler/training/arguments.h"
#include "keratin/training/class_weights.h"

namespace keratin {

Result<std::vector<std::pair<int64_t, double>>> read_class_weights(const Json& given) {
  if (!given.is_object()) return Error{"class_weight is no object of classes and weights"};
  std::vector<std::pair<int64_t, double>> weights;
  for (const auto& [text, weight] : given.as_object()) {
    int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || !weight.is_number())
      return Error{fmt::format("class_weight '{}' is no class with a weight", text)};
    weights.emplace_back(id, weight.as_double());
  }
  return weights;
}

Result<FitArguments> read_fit(const Json& given) {
  FitArguments result;
  kr::FitOptions& options = result.options;
  TrainingArguments a(&given);
  options.epochs = a.integer("epochs", 1, 1);
  options.initial_epoch = a.integer("initial_epoch", 0, 0);
  options.batch_size = a.integer("batch_size", 32, 1);
  options.validation_batch_size = a.integer("validation_batch_size", options.batch_size, 1);
  options.validation_split = a.number("validation_split", 0, 0, 1);
  options.shuffle = a.flag("shuffle", true);
  if (const Json* frequency = a.raw("validation_freq"); frequency && frequency->is_array())
    for (double epoch : a.numbers("validation_freq")) options.validation_epochs.push_back(static_cast<kr::Size>(epoch));
  else
    options.validation_freq = a.integer("validation_freq", 1, 1);
  if (const Json* weights = a.raw("class_weight"); weights && weights->is_object()) {
    Result<std::vector<std::pair<int64_t, double>>> read = read_class_weights(*weights);
    if (!read) return Error{read.error()};
    result.class_weights = std::move(*read);
  }
  if (const std::string problem = a.problem(); !problem.empty()) return Error{problem};
  return result;
}

Result<Array> class_weights_of(const Array& targets, const std::vector<std::pair<int64_t, double>>& weights) {
  if (targets.rank() < 1 || targets.rank() > 2)
    return Error{fmt::format("class_weight takes targets of rank 1 or 2, not {}", targets.rank())};
  const int64_t examples = targets.shape[0], width = targets.rank() > 1 ? targets.shape[1] : 1;
  const std::vector<std::pair<kr::Int64, double>> by_class(weights.begin(), weights.end());
  return Array::of({examples}, kr::class_weights(targets.as<double>().data(), examples, width, by_class));
}

}  // namespace keratin
