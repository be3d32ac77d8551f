#include "compiler/training/overrides.h"

#include <algorithm>
#include <fmt/format.h>

namespace keratin {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// A name becomes a class with its arguments, so that the learning rate can be among them.
Json with_learning_rate(Json optimizer, double rate) {
  Json config;
  if (optimizer.is_string()) {
    Json named;
    named.set("class_name", optimizer);
    optimizer = std::move(named);
  } else if (const Json* given = optimizer.find("config"); given && given->is_object()) {
    config = *given;
  }
  config.set("learning_rate", Json(rate));
  optimizer.set("config", std::move(config));
  return optimizer;
}

Json losses_of(const Model& model, const std::string& text, Problems& problems) {
  if (text.find('=') == std::string::npos) {
    if (model.output_names.size() == 1) return Json(text);
    return Json(Json::Array(model.output_names.size(), Json(text)));
  }
  Json losses;
  for (const std::string& part : split(text)) {
    const size_t equals = part.find('=');
    const std::string output = part.substr(0, equals);
    if (equals == std::string::npos) problems.add(fmt::format("--loss: '{}' is no OUTPUT=NAME", part));
    else if (std::find(model.output_names.begin(), model.output_names.end(), output) == model.output_names.end()) problems.add(fmt::format("--loss: the model has no output {}", output));
    else losses.set(output, Json(part.substr(equals + 1)));
  }
  return losses;
}

}  // namespace

void override_training(Model& model, const TrainingOverrides& overrides, Problems& problems) {
  if (!overrides.given()) return;
  Json config = model.compile_config.is_object() ? model.compile_config : Json(Json::Object{});
  Json optimizer = config.find("optimizer") ? *config.find("optimizer") : Json("rmsprop");  // compile()'s own default
  if (!overrides.optimizer.empty()) {
    optimizer = Json(overrides.optimizer);
    if (overrides.optimizer[0] == '{') {
      Result<Json> parsed = Json::parse(overrides.optimizer);
      if (parsed) optimizer = std::move(*parsed);
      else problems.add(fmt::format("--optimizer: {}", parsed.error()));
    }
  }
  if (overrides.learning_rate) optimizer = with_learning_rate(std::move(optimizer), *overrides.learning_rate);
  config.set("optimizer", std::move(optimizer));
  if (!overrides.loss.empty()) {
    config.set("loss", losses_of(model, overrides.loss, problems));
    config.set("loss_weights", Json());
  }
  if (!overrides.metrics.empty()) {
    Json::Array names;
    for (const std::string& name : split(overrides.metrics)) names.push_back(Json(name));
    const Json list(std::move(names));
    config.set("metrics", model.output_names.size() == 1 ? list : Json(Json::Array(model.output_names.size(), list)));
    config.set("weighted_metrics", Json());
  }
  model.compile_config = std::move(config);
}

BatchTypes target_types(const TrainingSetup& setup, const ir::Program& program, const std::string& file, Problems& problems) {
  const ir::Function& predict = program.function(program.find("predict"));
  BatchTypes types;
  for (size_t i = 0; i < setup.outputs.size(); ++i) {
    ir::Type type = predict.type(predict.outputs[i]);
    const LossDefinition* loss = setup.outputs[i].loss ? find_loss(setup.outputs[i].loss->name) : nullptr;
    const std::string_view name = loss ? loss->class_name : "";
    if (name == "CTC") problems.add(fmt::format("{}: loss: CTC: the length of the labels follows from data, which compile does not have", file));
    if (name == "SparseCategoricalCrossentropy" && type.shape.rank() > 1) {
      type.dtype = DType::int32;
      type.shape.dims.pop_back();
    } else if (is_float(type.dtype) && type.dtype != DType::float64) {
      type.dtype = DType::float32;
    }
    types.targets.push_back(std::move(type));
    types.weights.emplace_back();
  }
  return types;
}

}  // namespace keratin
