#include "compiler/expand.h"

#include <fmt/format.h>

#include "compiler/layers/call_context.h"
#include "compiler/layers/input_layer.h"

namespace keratin {

std::vector<InputSpec> input_specs(const Model& model) {
  std::vector<InputSpec> specs;
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    const auto* input = dynamic_cast<const InputLayer*>(model.layers[static_cast<size_t>(model.inputs[i].layer)].layer.get());
    InputSpec spec{model.input_names[i], {}, DType::float32, {}};
    if (input) {
      spec.dtype = input->input_dtype;
      for (size_t axis = 0; axis < input->batch_shape.size(); ++axis) {
        const std::optional<int64_t> extent = input->batch_shape[axis];
        if (!extent && axis > 0) spec.open.push_back(static_cast<int>(axis));
        spec.shape.dims.push_back(extent ? Dim(*extent) : axis == 0 ? kBatch : Dim(-1));
      }
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

namespace {

/// Declared shapes with the caller's numbers in the open places and one batch size for all.
std::vector<InputSpec> fixed_inputs(const Model& model, const std::string& file, const ExpandOptions& options, Problems& problems) {
  std::vector<InputSpec> specs = input_specs(model);
  std::optional<int64_t> batch = options.batch;
  for (const InputSpec& spec : specs)
    if (!batch && spec.shape.rank() > 0 && spec.shape[0].is_static()) batch = spec.shape[0].size;
  for (InputSpec& spec : specs) {
    if (batch && spec.shape.rank() > 0) spec.shape[0] = Dim(*batch);
    const auto given = options.shapes.find(spec.name);
    if (given != options.shapes.end() && static_cast<int>(given->second.size()) + 1 != spec.shape.rank()) {
      problems.add(fmt::format("{}: {}: the given shape has {} dimensions without the batch, the model's has {}", file, spec.name, given->second.size(), spec.shape.rank() - 1));
      continue;
    }
    for (int axis : spec.open) {
      if (given == options.shapes.end()) {
        problems.add(fmt::format("{}: {}: dimension {} of its shape is open; give the shape with --shape {}=...", file, spec.name, axis, spec.name));
        break;
      }
      spec.shape[axis] = Dim(given->second[static_cast<size_t>(axis - 1)]);
    }
    if (given == options.shapes.end()) continue;
    for (int axis = 1; axis < spec.shape.rank(); ++axis)
      if (spec.shape[axis] != Dim(given->second[static_cast<size_t>(axis - 1)]))
        problems.add(fmt::format("{}: {}: the model fixes dimension {} to {}, the given shape has {}", file, spec.name, axis, spec.shape[axis].size, given->second[static_cast<size_t>(axis - 1)]));
  }
  return specs;
}

KTensors call_model(Expansion& expansion, ir::Builder& builder, Model& model, const std::vector<InputSpec>& specs) {
  CallInputs inputs;
  CallValue::List list;
  for (const InputSpec& spec : specs) list.push_back({KTensor{builder.parameter({spec.dtype, spec.shape}, spec.name), {}}});
  inputs.args.push_back({std::move(list)});
  CallContext ctx(expansion, builder, model, "");
  return model.call(ctx, inputs);
}

/// The model once more, as another function of its program with the same parameters as predict.
TrainingGraph expand_again(Model& model, ExpandedModel& expanded, const std::string& function, bool training, const std::string& file, Problems& problems) {
  const ir::Function& predict = expanded.program.function(expanded.program.find("predict"));
  std::vector<InputSpec> specs;
  for (size_t i = 0; i < predict.parameters.size(); ++i) {
    const ir::Type& type = predict.type(predict.parameters[i]);
    specs.push_back({predict.parameter_names[i], type.shape, type.dtype, {}});
  }
  Expansion expansion{expanded.program, problems, file, training, {}, 0, {}, {}, {}, {}};
  expanded.program.functions.push_back({});
  expanded.program.functions.back().name = function;
  TrainingGraph graph{std::make_unique<ir::Builder>(expanded.program, expanded.program.find(function)), {}, {}, {}};
  if (!specs.empty() && specs[0].shape.rank() > 0) graph.examples = specs[0].shape[0];
  graph.outputs = call_model(expansion, *graph.builder, model, specs);
  graph.losses = std::move(expansion.losses);
  return graph;
}

}  // namespace

TrainingGraph expand_training(Model& model, ExpandedModel& expanded, const std::string& file, Problems& problems) {
  return expand_again(model, expanded, "forward", true, file, problems);
}

TrainingGraph expand_evaluation(Model& model, ExpandedModel& expanded, const std::string& file, Problems& problems) {
  return expand_again(model, expanded, "evaluate_step", false, file, problems);
}

ExpandedModel expand(Model& model, const std::string& file, const ExpandOptions& options, Problems& problems) {
  ExpandedModel expanded;
  ir::Program& program = expanded.program;
  const std::vector<InputSpec> specs = fixed_inputs(model, file, options, problems);
  if (!problems.empty() && model.inputs.empty()) return expanded;
  for (const InputSpec& spec : specs)
    for (int axis : spec.open)
      if (spec.shape[axis] == Dim(-1)) return expanded;  // reported above

  Expansion expansion{program, problems, file, false, {}, 0, {}, {}, {}, {}};
  program.functions.push_back({});
  program.functions.back().name = "predict";
  ir::Builder builder(program, ir::FunctionId{0});
  const KTensors outputs = call_model(expansion, builder, model, specs);
  if (expansion.wanted_batch && !options.batch) {  // a size in the file holds for so many examples: once more with them
    for (Layer* layer : expansion.built) layer->weights.clear();
    ExpandOptions fixed = options;
    fixed.batch = expansion.wanted_batch;
    return expand(model, file, fixed, problems);
  }
  if (problems.empty()) {
    for (size_t i = 0; i < model.outputs.size(); ++i) builder.output(outputs[i].value, model.output_names[i]);
    if (options.losses) {
      Val total = builder.number(DType::float32, 0);
      for (const Val& term : expansion.losses)
        if (!term.poisoned()) total = total + builder.cast(term, DType::float32);
      builder.output(total, "losses");
    }
  }
  expanded.layers = std::move(expansion.built);
  return expanded;
}

}  // namespace keratin
