#include "compiler/operations/operation.h"

#include <deque>
#include <fmt/format.h>
#include <map>

namespace keratin {

#define KERATIN_OPERATIONS(table) const OperationTable& table##_operations();
#include "compiler/operations/operations.def"
#undef KERATIN_OPERATIONS

namespace {

const std::map<std::string_view, const Operation*>& operations() {
  static const std::map<std::string_view, const Operation*> by_name = [] {
    std::map<std::string_view, const Operation*> map;
#define KERATIN_OPERATIONS(table) \
  for (const Operation& operation : table##_operations()) map[operation.name] = &operation;
#include "compiler/operations/operations.def"
#undef KERATIN_OPERATIONS
    return map;
  }();
  return by_name;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> list;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

/// A node of keras.ops in a graph.
class OperationLayer : public Layer {
 public:
  explicit OperationLayer(const Operation& operation) : operation_(operation) {}

  void configure(ConfigReader& config) override {
    for (std::string_view key : words(operation_.config)) {
      const Json& value = config.raw(key);
      config_.emplace_back(std::string(key), CallValue{value});
      if (value.is_null()) continue;
      shown_ += fmt::format("{}{}={}", shown_.empty() ? "" : ", ", key, value.dump());
    }
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    std::vector<std::string> problems;
    CallValue::Dict arguments = bind_arguments(operation_.call, inputs, problems);
    for (const std::string& problem : problems) ctx.fail(problem);
    if (!problems.empty()) return KTensors(8);
    arguments.insert(arguments.end(), config_.begin(), config_.end());
    return run_operation(operation_, ctx, std::move(arguments));
  }

  bool autocasts() const override { return false; }
  std::string describe() const override {
    return shown_.empty() || shown_.size() > 60 ? std::string(operation_.name) : fmt::format("{}({})", operation_.name, shown_);
  }

 private:
  const Operation& operation_;
  CallValue::Dict config_;
  std::string shown_;
};

}  // namespace

const Operation* find_operation(std::string_view name) {
  const auto found = operations().find(name);
  return found == operations().end() ? nullptr : found->second;
}

std::string_view keras_module(std::string_view name) {
  // Those that are not in numpy's.
  static const std::map<std::string_view, std::vector<std::string_view>> modules = {
      {"keras.src.ops.nn", {"BatchNorm", "Celu", "DepthToSpace", "DotProductAttention", "Elu", "Gelu", "Glu", "HardShrink", "HardSigmoid",
       "HardSilu", "HardTanh", "LayerNorm", "LeakyRelu", "LogSigmoid", "LogSoftmax", "Moments", "MultiHot", "Normalize", "OneHot", "Polar",
       "RMSNorm", "Relu", "Relu6", "Selu", "Sigmoid", "Silu", "SoftShrink", "Softmax", "Softplus", "Softsign", "SpaceToDepth",
       "SparsePlus", "SparseSigmoid", "Sparsemax", "Squareplus", "TanhShrink", "Threshold"}},
      {"keras.src.ops.math", {"CDist", "Erf", "Erfc", "Erfinv", "ExtractSequences", "InTopK", "Logdet", "Logsumexp", "Rsqrt", "SegmentMax",
       "SegmentMin", "SegmentProd", "SegmentSum", "TopK"}},
      {"keras.src.ops.core", {"Cast", "ConvertToTensor", "SaturateCast", "Scatter", "ScatterUpdate", "Slice", "SliceUpdate",
       "StopGradient", "Unstack"}},
      {"keras.src.ops.linalg", {"Cholesky", "CholeskyInverse", "Det", "Inv", "LuFactor", "Norm", "Solve", "SolveTriangular"}},
      {"keras.src.ops.image", {"CropImages", "ExtractPatches", "PadImages", "RGBToGrayscale", "Resize"}}};
  for (const auto& [module, names] : modules)
    if (std::find(names.begin(), names.end(), name) != names.end()) return module;
  return "keras.src.ops.numpy";
}

CallValue::Dict bind_arguments(std::string_view names, const CallInputs& inputs, std::vector<std::string>& problems) {
  CallValue::Dict bound;
  const std::vector<std::string_view> known = words(names);
  if (known.size() == 1 && known[0].starts_with('*')) {
    bound.emplace_back(std::string(known[0].substr(1)), CallValue{inputs.args});
  } else {
    for (size_t i = 0; i < inputs.args.size(); ++i) {
      if (i < known.size())
        bound.emplace_back(std::string(known[i]), inputs.args[i]);
      else
        problems.push_back(fmt::format("is called with {} arguments, of which {} are known", inputs.args.size(), known.size()));
    }
  }
  for (const auto& [key, value] : inputs.kwargs) {
    if (value.is_none()) continue;
    if (std::find(known.begin(), known.end(), key) == known.end())
      problems.push_back(fmt::format("{}: this argument of the call is not known", key));
    else
      bound.emplace_back(key, value);
  }
  return bound;
}

KTensors run_operation(const Operation& operation, CallContext& ctx, CallValue::Dict arguments) {
  Arguments a(ctx, std::move(arguments));
  const Vals values = operation.build(a);
  if (a.failed()) return KTensors(8);
  KTensors outputs;
  for (const Val& value : values) outputs.push_back({value, {}});
  return outputs;
}

const std::vector<LayerDefinition>& operation_definitions() {
  static std::deque<std::string> names;  // LayerDefinition looks at its name
  static const std::vector<LayerDefinition> definitions = [] {
    std::vector<LayerDefinition> list;
    for (const auto& [name, operation] : operations()) {
      names.push_back(std::string(name) + ".op");
      list.push_back({.name = names.back(), .aliases = {}, .create = [operation = operation]() -> std::unique_ptr<Layer> { return std::make_unique<OperationLayer>(*operation); }});
    }
    return list;
  }();
  return definitions;
}

}  // namespace keratin
