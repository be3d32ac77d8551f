#include "compiler/engine/training_data.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/engine/fit_arguments.h"
#include "compiler/engine/run_data.h"

namespace keratin {

namespace {

bool has_examples(const Array& array, int64_t examples) { return array.rank() > 0 && array.shape[0] == examples; }

/// The arrays below a prefix; `inputs` gets what was matched.
FitData data_below(const Model& model, const NamedArrays& arrays, const std::string& prefix, const std::string& file, InputData& inputs, Problems& problems) {
  FitData data;
  NamedArrays x;
  const std::vector<InputSpec> specs = input_specs(model);
  const bool one_input = specs.size() == 1, one_output = model.output_names.size() == 1;
  for (const auto& [name, array] : arrays) {
    if (name.starts_with(prefix + "x/")) x.emplace_back(name.substr(prefix.size() + 2), array);
    if (one_input && name == prefix + "x") x.emplace_back(specs[0].name, array);
  }
  inputs = match_inputs(x, specs, file, problems);
  if (!problems.empty()) return data;
  data.inputs = inputs.arrays;
  for (const std::string& output : model.output_names) {
    const auto find = [&](const std::string& kind) {
      const Array* array = find_array(arrays, fmt::format("{}{}/{}", prefix, kind, output));
      return !array && one_output ? find_array(arrays, prefix + kind) : array;
    };
    const auto other_number = [&](const char* kind) {
      problems.add(fmt::format("{}: {}{}/{} has another number of examples than the inputs, which have {}", file, prefix, kind, output, inputs.examples));
    };
    const Array *y = find("y"), *weight = find("sample_weight");
    if (!y) problems.add(fmt::format("{}: holds no array '{}y/{}'", file, prefix, output));
    else if (!has_examples(*y, inputs.examples)) other_number("y");
    else data.targets.push_back(*y);
    if (weight && !has_examples(*weight, inputs.examples)) other_number("sample_weight");
    data.weights.push_back(weight ? std::optional(*weight) : std::nullopt);
  }
  return data;
}

}  // namespace

TrainingFile training_data_of(const Model& model, const NamedArrays& arrays, const std::string& file, Problems& problems) {
  TrainingFile made;
  InputData inputs, validation_inputs;
  made.data = data_below(model, arrays, "", file, inputs, problems);
  made.shapes = inputs.shapes;
  const bool validates = std::any_of(arrays.begin(), arrays.end(), [](const NamedArray& entry) { return entry.first.starts_with("validation/"); });
  if (problems.empty() && validates) made.validation = data_below(model, arrays, "validation/", file, validation_inputs, problems);
  return made;
}

void apply_class_weights(FitData& data, const std::vector<std::pair<int64_t, double>>& weights, const std::string& file, Problems& problems) {
  if (weights.empty()) return;
  if (data.targets.size() != 1) return problems.add(fmt::format("{}: class_weight takes a model with one output", file));
  if (data.weights[0]) return problems.add(fmt::format("{}: class_weight and sample weights exclude each other", file));
  Result<Array> of_examples = class_weights_of(data.targets[0], weights);
  if (of_examples) data.weights[0] = std::move(*of_examples);
  else problems.add(fmt::format("{}: {}", file, of_examples.error()));
}

std::optional<FitData> evaluated_data(const TrainingFile& file, double validation_split, bool weights_of_classes) {
  if (file.validation) return file.validation;
  if (validation_split <= 0) return {};
  FitData data = file.data;
  if (weights_of_classes) data.weights.assign(data.weights.size(), std::nullopt);
  return data;
}

BatchTypes batch_types(const ir::Program& program, const FitData& data) {
  const ir::Function& predict = program.function(program.find("predict"));
  const Dim batch = predict.type(predict.parameters[0]).shape[0];
  const auto type_of = [&](const Array& array) {
    ir::Type type{array.dtype == DType::float64 ? DType::float32 : array.dtype, {batch}};
    for (size_t axis = 1; axis < array.shape.size(); ++axis) type.shape.dims.push_back(Dim(array.shape[axis]));
    return type;
  };
  BatchTypes types;
  for (const Array& target : data.targets) types.targets.push_back(type_of(target));
  for (const auto& weight : data.weights) types.weights.push_back(weight ? std::optional(type_of(*weight)) : std::nullopt);
  return types;
}

std::vector<std::string> input_names(const Model& model) {
  std::vector<std::string> names;
  for (const InputSpec& spec : input_specs(model)) names.push_back(spec.name);
  return names;
}

}  // namespace keratin
