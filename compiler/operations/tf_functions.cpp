#include "compiler/operations/tf_functions.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "compiler/operations/constants.h"

namespace keratin {

namespace {

struct Renamed {
  std::string_view theirs, ours;
};

std::vector<Renamed> renamed_arguments(std::string_view text) {
  std::vector<Renamed> list;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const size_t colon = word.find(':');
    if (!word.empty()) list.push_back({word.substr(0, colon), colon == std::string_view::npos ? word : word.substr(colon + 1)});
    at = end + 1;
  }
  return list;
}

/// SAME, REFLECT and NHWC become Keras's words.
CallValue in_keras_words(std::string_view name, const CallValue& value) {
  const Json* constant = value.constant();
  if (name == "data_format" && constant && constant->is_string()) {
    const std::string& format = constant->as_string();
    if (format.starts_with("NC")) return {Json("channels_first")};
    if (format.starts_with("N") && format.ends_with("C")) return {Json("channels_last")};
  }
  if ((name == "padding" || name == "mode") && constant && constant->is_string()) {
    std::string word = constant->as_string();
    std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return {Json(word)};
  }
  return value;
}

bool is_channels_first(const CallValue::Dict& arguments) {
  for (const auto& [name, value] : arguments)
    if (name == "data_format" && value.constant() && *value.constant() == Json("channels_first")) return true;
  return false;
}

/// Strides and window sizes of all four axes become those of the spatial ones.
void keep_spatial_axes(CallValue::Dict& arguments) {
  const bool first = is_channels_first(arguments);
  for (auto& [name, value] : arguments) {
    if (name != "strides" && name != "dilation_rate" && name != "pool_size") continue;
    const std::optional<Json> plain = plain_json(value);
    if (!plain || !plain->is_array() || plain->as_array().size() < 3) continue;
    const Json::Array& all = plain->as_array();
    value = first ? CallValue{Json(Json::Array(all.begin() + 2, all.end()))} : CallValue{Json(Json::Array(all.begin() + 1, all.end() - 1))};
  }
}

}  // namespace

const TfFunction* find_tf_function(std::string_view name) {
  static const std::map<std::string_view, const TfFunction*> by_name = [] {
    std::map<std::string_view, const TfFunction*> map;
    for (const TfTable* table : {&tf_renamed_functions(), &tf_special_functions()})
      for (const TfFunction& function : *table) map[function.name] = &function;
    return map;
  }();
  for (std::string_view prefix : {"tf.", "compat.v1.", "compat.v2."})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

KTensors run_tf_function(const TfFunction& function, CallContext& ctx, const CallInputs& inputs) {
  const std::vector<Renamed> names = renamed_arguments(function.arguments);
  CallValue::Dict arguments;
  const auto add = [&](std::string_view name, const CallValue& value) {
    for (const auto& [known, old] : arguments)
      if (known == name) return;  // the arguments of a list's tensors come once for each
    arguments.emplace_back(std::string(name), in_keras_words(name, value));
  };
  bool known = inputs.args.size() <= names.size();
  if (!known) ctx.fail(fmt::format("{} is called with {} arguments, of which {} are known", function.name, inputs.args.size(), names.size()));
  for (size_t i = 0; i < inputs.args.size() && known; ++i) add(names[i].ours, inputs.args[i]);
  for (const auto& [key, value] : inputs.kwargs) {
    if (value.is_none() || key == "name") continue;
    const auto name = std::find_if(names.begin(), names.end(), [&, k = std::string_view(key)](const Renamed& n) { return n.theirs == k; });
    if (name != names.end()) {
      add(name->ours, value);
    } else {
      ctx.fail(fmt::format("{}: argument {} is not supported", function.name, key));
      known = false;
    }
  }
  if (!known) return KTensors(8);
  for (const auto& [key, value] : function.defaults) add(key, {value});
  keep_spatial_axes(arguments);
  const Operation* operation = function.build ? nullptr : find_operation(function.operation);
  Arguments a(ctx, std::move(arguments));
  a.weak_arrays = true;
  const Vals values = operation ? operation->build(a) : function.build(a);
  if (a.failed()) return KTensors(8);
  KTensors outputs;
  for (const Val& value : values) outputs.push_back({value, {}});
  return outputs;
}

const TfTable& tf_renamed_functions() {
  static const TfTable table = [] {
    TfTable all;
    const auto add = [&](std::string_view names, std::string_view operation, std::string_view arguments, Json::Object defaults = {}) {
      for (size_t at = 0; at < names.size();) {  // several names of one function
        const size_t end = std::min(names.find(' ', at), names.size());
        all.push_back({names.substr(at, end - at), operation, arguments, defaults, {}});
        at = end + 1;
      }
    };
    // ---- one tensor
    add("math.abs abs __operators__.abs", "Absolute", "x");
    add("math.acos acos", "Arccos", "x");
    add("math.acosh acosh", "Arccosh", "x");
    add("math.asin asin", "Arcsin", "x");
    add("math.asinh asinh", "Arcsinh", "x");
    add("math.atan atan", "Arctan", "x");
    add("math.atanh atanh", "Arctanh", "x");
    add("math.ceil", "Ceil", "x");
    add("math.cos cos", "Cos", "x");
    add("math.cosh cosh", "Cosh", "x");
    add("math.erf", "Erf", "x");
    add("math.exp exp", "Exp", "x");
    add("math.expm1", "Expm1", "x");
    add("math.floor floor", "Floor", "x");
    add("math.is_finite", "Isfinite", "x");
    add("math.is_inf", "Isinf", "x");
    add("math.is_nan", "Isnan", "x");
    add("math.log log", "Log", "x");
    add("math.log1p", "Log1p", "x");
    add("math.log_sigmoid", "LogSigmoid", "x");
    add("math.logical_not logical_not __operators__.logical_not", "LogicalNot", "x");
    add("math.negative negative __operators__.neg", "Negative", "x");
    add("math.reciprocal", "Reciprocal", "x");
    add("math.round round", "Round", "x");
    add("math.rsqrt", "Rsqrt", "x");
    add("math.sigmoid sigmoid nn.sigmoid keras.activations.sigmoid", "Sigmoid", "x");
    add("math.sign sign", "Sign", "x");
    add("math.sin sin", "Sin", "x");
    add("math.sinh sinh", "Sinh", "x");
    add("math.softplus nn.softplus", "Softplus", "features:x");
    add("math.sqrt sqrt", "Sqrt", "x");
    add("math.square square", "Square", "x");
    add("math.tan tan", "Tan", "x");
    add("math.tanh tanh nn.tanh", "Tanh", "x");
    add("nn.elu", "Elu", "features:x");
    add("nn.gelu", "Gelu", "features:x approximate", {{"approximate", false}});
    add("nn.leaky_relu", "LeakyRelu", "features:x alpha:negative_slope");
    add("nn.relu", "Relu", "features:x");
    add("nn.relu6", "Relu6", "features:x");
    add("nn.selu", "Selu", "features:x");
    add("nn.softsign math.softsign", "Softsign", "features:x");
    add("nn.softmax math.softmax", "Softmax", "logits:x axis", {{"axis", -1}});
    add("nn.log_softmax math.log_softmax", "LogSoftmax", "logits:x axis", {{"axis", -1}});
    add("identity", "Copy", "input:x");
    add("stop_gradient", "StopGradient", "input:variable");
    // ---- two tensors
    add("math.add add __operators__.add", "Add", "x:x1 y:x2");
    add("math.atan2", "Arctan2", "y:x1 x:x2");
    add("math.divide_no_nan", "DivideNoNan", "x:x1 y:x2");
    add("math.equal equal __operators__.eq", "Equal", "x:x1 y:x2");
    add("math.floordiv floordiv __operators__.floordiv", "FloorDivide", "x:x1 y:x2");
    add("math.floormod math.mod floormod __operators__.mod", "Mod", "x:x1 y:x2");
    add("math.greater greater __operators__.gt", "Greater", "x:x1 y:x2");
    add("math.greater_equal greater_equal __operators__.ge", "GreaterEqual", "x:x1 y:x2");
    add("math.less less __operators__.lt", "Less", "x:x1 y:x2");
    add("math.less_equal less_equal __operators__.le", "LessEqual", "x:x1 y:x2");
    add("math.logical_and logical_and __operators__.logical_and", "LogicalAnd", "x:x1 y:x2");
    add("math.logical_or logical_or __operators__.logical_or", "LogicalOr", "x:x1 y:x2");
    add("math.logical_xor __operators__.logical_xor", "LogicalXor", "x:x1 y:x2");
    add("math.maximum maximum", "Maximum", "x:x1 y:x2");
    add("math.minimum minimum", "Minimum", "x:x1 y:x2");
    add("math.multiply multiply __operators__.mul", "Multiply", "x:x1 y:x2");
    add("math.not_equal not_equal __operators__.ne", "NotEqual", "x:x1 y:x2");
    add("math.pow pow __operators__.pow", "Power", "x:x1 y:x2");
    add("math.scalar_mul scalar_mul", "Multiply", "scalar:x1 x:x2");
    add("math.subtract subtract __operators__.sub", "Subtract", "x:x1 y:x2");
    add("where", "Where", "condition x:x1 y:x2");
    add("clip_by_value", "Clip", "t:x clip_value_min:x_min clip_value_max:x_max");
    // ---- reductions
    add("math.reduce_all reduce_all", "All", "input_tensor:x axis keepdims");
    add("math.reduce_any reduce_any", "Any", "input_tensor:x axis keepdims");
    add("math.reduce_logsumexp reduce_logsumexp", "Logsumexp", "input_tensor:x axis keepdims");
    add("math.reduce_max reduce_max", "Max", "input_tensor:x axis keepdims");
    add("math.reduce_min reduce_min", "Min", "input_tensor:x axis keepdims");
    add("math.reduce_std", "Std", "input_tensor:x axis keepdims");
    add("math.reduce_variance", "Var", "input_tensor:x axis keepdims");
    add("math.reduce_euclidean_norm norm linalg.norm", "Norm", "tensor:x ord axis keepdims");
    add("math.top_k nn.top_k", "TopK", "input:x k sorted");
    add("nn.moments", "Moments", "x axes shift keepdims");
    // ---- shapes
    add("broadcast_to", "BroadcastTo", "input:x shape");
    add("cast", "Cast", "x dtype");
    add("concat", "Concatenate", "values:xs axis");
    add("expand_dims", "ExpandDims", "input:x axis");
    add("fill", "Full", "dims:shape value:fill_value");
    add("linalg.diag_part", "Diagonal", "input:x", {{"axis1", -2}, {"axis2", -1}});
    add("linalg.matmul matmul __operators__.matmul", "Matmul", "a:x1 b:x2 transpose_a transpose_b adjoint_a:transpose_a adjoint_b:transpose_b");
    add("linalg.tensordot tensordot", "Tensordot", "a:x1 b:x2 axes");
    add("linalg.trace", "Trace", "x", {{"axis1", -2}, {"axis2", -1}});
    add("ones_like", "OnesLike", "input:x dtype");
    add("pad", "Pad", "tensor:x paddings:pad_width mode constant_values");
    add("rank", "Ndim", "input:x");
    add("repeat", "Repeat", "input:x repeats axis");
    add("reshape", "Reshape", "tensor:x shape:newshape");
    add("reverse", "Flip", "tensor:x axis");
    add("roll", "Roll", "input:x shift axis");
    add("slice", "Slice", "input_:inputs begin:start_indices size:shape");
    add("squeeze", "Squeeze", "input:x axis");
    add("stack", "Stack", "values:x axis");
    add("tile", "Tile", "input:x multiples:repeats");
    add("transpose", "Transpose", "a:x perm:axes");
    add("unstack", "Unstack", "value:x num axis");
    add("zeros_like", "ZerosLike", "input:x dtype");
    add("__operators__.getitem", "GetItem", "tensor:x slice_spec:key");
    // ---- images
    add("image.resize", "Resize", "images size method:interpolation preserve_aspect_ratio antialias");
    add("image.rgb_to_grayscale", "RGBToGrayscale", "images");
    add("nn.avg_pool nn.avg_pool1d nn.avg_pool2d nn.avg_pool3d", "AveragePool", "input:inputs ksize:pool_size strides padding data_format");
    add("nn.conv1d", "Conv", "input:inputs filters:kernel stride:strides padding data_format dilations:dilation_rate");
    add("nn.conv2d nn.conv3d nn.convolution", "Conv", "input:inputs filters:kernel strides padding data_format dilations:dilation_rate");
    add("nn.depth_to_space", "DepthToSpace", "input:x block_size data_format");
    add("nn.depthwise_conv2d", "DepthwiseConv", "input:inputs filter:kernel strides padding data_format dilations:dilation_rate");
    add("nn.max_pool nn.max_pool1d nn.max_pool2d nn.max_pool3d", "MaxPool", "input:inputs ksize:pool_size strides padding data_format");
    add("nn.space_to_depth", "SpaceToDepth", "input:x block_size data_format");
    return all;
  }();
  return table;
}

}  // namespace keratin
