#include "compiler/operations/tf_nodes.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace keratin {

namespace {

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t buffer = 0;
  int bits = 0;
  for (char c : text) {
    if (c == '=') break;
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    buffer = buffer << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(buffer >> bits & 0xff);
  }
  return bytes;
}

/// DT_FLOAT -> float32.
Json dtype_of(const std::string& name) {
  constexpr std::pair<std::string_view, const char*> kNames[] = {
      {"DT_FLOAT", "float32"}, {"DT_DOUBLE", "float64"}, {"DT_HALF", "float16"},   {"DT_BFLOAT16", "bfloat16"}, {"DT_INT8", "int8"},     {"DT_INT16", "int16"},
      {"DT_INT32", "int32"},   {"DT_INT64", "int64"},    {"DT_UINT8", "uint8"},    {"DT_UINT16", "uint16"},     {"DT_UINT32", "uint32"}, {"DT_UINT64", "uint64"},
      {"DT_BOOL", "bool"},     {"DT_STRING", "string"}};
  for (const auto& [theirs, ours] : kNames)
    if (name == theirs) return Json(ours);
  return Json(name);
}

/// protobuf's JSON writes 64-bit integers as texts.
std::optional<Json> integer_of(const Json& value) {
  if (value.is_int()) return value;
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.as_string();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(number);
}

std::optional<Json> plain_attribute(const Json& value);

std::optional<Json> plain_list(const Json& list) {
  Json::Array items;
  if (!list.is_object()) return std::nullopt;
  for (const auto& [kind, values] : list.as_object()) {
    if (!values.is_array()) return std::nullopt;
    for (const Json& value : values.as_array()) {
      const std::optional<Json> item = plain_attribute(Json(Json::Object{{kind, value}}));
      if (!item) return std::nullopt;
      items.push_back(*item);
    }
  }
  return Json(std::move(items));
}

/// {"i": "2"} -> 2.
std::optional<Json> plain_attribute(const Json& value) {
  if (!value.is_object() || value.as_object().size() > 1) return std::nullopt;
  if (value.as_object().empty()) return Json();
  const auto& [kind, inner] = value.as_object()[0];
  if (kind == "i") return integer_of(inner);
  if (kind == "f" || kind == "b" || kind == "shape") return inner;
  if (kind == "type" && inner.is_string()) return dtype_of(inner.as_string());
  if (kind == "list") return plain_list(inner);
  if (kind != "s" || !inner.is_string()) return std::nullopt;
  const std::optional<std::string> bytes = from_base64(inner.as_string());
  return bytes ? std::optional<Json>(Json(*bytes)) : std::nullopt;
}

}  // namespace

Result<TfNode> read_tf_node(const Json& node_def) {
  if (node_def.is_string()) {
    Result<Json> parsed = Json::parse(node_def.as_string());
    if (!parsed || !parsed->is_object()) return Error{"is no NodeDef in JSON"};
    return read_tf_node(*parsed);
  }
  const Json* op = node_def.find("op");
  if (!op || !op->is_string()) return Error{"is no NodeDef: op is missing"};
  TfNode node{op->as_string(), {}};
  const Json* attributes = node_def.find("attr");
  if (!attributes || !attributes->is_object()) return node;
  for (const auto& [key, value] : attributes->as_object()) {
    std::optional<Json> plain = plain_attribute(value);
    if (!plain) return Error{fmt::format("attribute {} is not understood: {}", key, value.dump())};
    node.attributes.emplace_back(key, std::move(*plain));
  }
  return node;
}

const std::vector<TfNodeOp>& tf_node_ops() {
  static const std::vector<TfNodeOp> ops = {
      {"Abs", "math.abs", "x", ""},
      {"Add", "math.add", "x y", ""},
      {"AddN", "math.add_n", "*inputs", ""},
      {"AddV2", "math.add", "x y", ""},
      {"All", "math.reduce_all", "input_tensor axis", "keep_dims:keepdims"},
      {"Any", "math.reduce_any", "input_tensor axis", "keep_dims:keepdims"},
      {"ArgMax", "math.argmax", "input axis", "output_type"},
      {"ArgMin", "math.argmin", "input axis", "output_type"},
      {"AvgPool", "nn.avg_pool", "input", "ksize strides padding data_format"},
      {"BatchMatMul", "matmul", "a b", "adj_x:transpose_a adj_y:transpose_b"},
      {"BatchMatMulV2", "matmul", "a b", "adj_x:transpose_a adj_y:transpose_b"},
      {"BiasAdd", "nn.bias_add", "value bias", "data_format"},
      {"BroadcastTo", "broadcast_to", "input shape", ""},
      {"Cast", "cast", "x", "DstT:dtype"},
      {"Ceil", "math.ceil", "x", ""},
      {"ClipByValue", "clip_by_value", "t clip_value_min clip_value_max", ""},
      {"Concat", "concat", "axis *values", ""},
      {"ConcatV2", "concat", "*values axis", ""},
      {"Conv2D", "nn.conv2d", "input filters", "strides padding data_format dilations"},
      {"Cos", "math.cos", "x", ""},
      {"Cumsum", "math.cumsum", "x axis", "exclusive reverse"},
      {"DepthToSpace", "nn.depth_to_space", "input", "block_size data_format"},
      {"DepthwiseConv2dNative", "nn.depthwise_conv2d", "input filter", "strides padding data_format dilations"},
      {"Div", "math.divide", "x y", ""},
      {"Elu", "nn.elu", "features", ""},
      {"Equal", "math.equal", "x y", ""},
      {"Erf", "math.erf", "x", ""},
      {"Exp", "math.exp", "x", ""},
      {"ExpandDims", "expand_dims", "input axis", ""},
      {"Fill", "fill", "dims value", ""},
      {"Floor", "math.floor", "x", ""},
      {"FloorDiv", "math.floordiv", "x y", ""},
      {"FloorMod", "math.floormod", "x y", ""},
      {"GatherV2", "gather", "params indices axis", "batch_dims"},
      {"Greater", "math.greater", "x y", ""},
      {"GreaterEqual", "math.greater_equal", "x y", ""},
      {"Identity", "identity", "input", ""},
      {"LeakyRelu", "nn.leaky_relu", "features", "alpha"},
      {"Less", "math.less", "x y", ""},
      {"LessEqual", "math.less_equal", "x y", ""},
      {"Log", "math.log", "x", ""},
      {"Log1p", "math.log1p", "x", ""},
      {"LogSoftmax", "nn.log_softmax", "logits", ""},
      {"LogicalAnd", "math.logical_and", "x y", ""},
      {"LogicalNot", "math.logical_not", "x", ""},
      {"LogicalOr", "math.logical_or", "x y", ""},
      {"MatMul", "matmul", "a b", "transpose_a transpose_b"},
      {"Max", "math.reduce_max", "input_tensor axis", "keep_dims:keepdims"},
      {"MaxPool", "nn.max_pool", "input", "ksize strides padding data_format"},
      {"Maximum", "math.maximum", "x y", ""},
      {"Mean", "math.reduce_mean", "input_tensor axis", "keep_dims:keepdims"},
      {"Min", "math.reduce_min", "input_tensor axis", "keep_dims:keepdims"},
      {"Minimum", "math.minimum", "x y", ""},
      {"MirrorPad", "pad", "tensor paddings", "mode"},
      {"Mul", "math.multiply", "x y", ""},
      {"Neg", "math.negative", "x", ""},
      {"NotEqual", "math.not_equal", "x y", ""},
      {"OneHot", "one_hot", "indices depth on_value off_value", "axis T:dtype"},
      {"OnesLike", "ones_like", "input", ""},
      {"Pack", "stack", "*values", "axis"},
      {"Pad", "pad", "tensor paddings", ""},
      {"PadV2", "pad", "tensor paddings constant_values", ""},
      {"Pow", "math.pow", "x y", ""},
      {"Prod", "math.reduce_prod", "input_tensor axis", "keep_dims:keepdims"},
      {"RealDiv", "math.truediv", "x y", ""},
      {"Reciprocal", "math.reciprocal", "x", ""},
      {"Relu", "nn.relu", "features", ""},
      {"Relu6", "nn.relu6", "features", ""},
      {"Reshape", "reshape", "tensor shape", ""},
      {"ReverseV2", "reverse", "tensor axis", ""},
      {"Round", "math.round", "x", ""},
      {"Rsqrt", "math.rsqrt", "x", ""},
      {"Select", "where", "condition x y", ""},
      {"SelectV2", "where", "condition x y", ""},
      {"Selu", "nn.selu", "features", ""},
      {"Shape", "shape", "input", "out_type"},
      {"Sigmoid", "math.sigmoid", "x", ""},
      {"Sign", "math.sign", "x", ""},
      {"Sin", "math.sin", "x", ""},
      {"Slice", "slice", "input_ begin size", ""},
      {"Softmax", "nn.softmax", "logits", ""},
      {"Softplus", "nn.softplus", "features", ""},
      {"Softsign", "nn.softsign", "features", ""},
      {"SpaceToDepth", "nn.space_to_depth", "input", "block_size data_format"},
      {"Split", "split", "axis value", "num_split:num_or_size_splits"},
      {"SplitV", "split", "value num_or_size_splits axis", "num_split:num"},
      {"Sqrt", "math.sqrt", "x", ""},
      {"Square", "math.square", "x", ""},
      {"SquaredDifference", "math.squared_difference", "x y", ""},
      {"Squeeze", "squeeze", "input", "squeeze_dims:axis"},
      {"StopGradient", "stop_gradient", "input", ""},
      {"StridedSlice", "strided_slice", "input_ begin end strides", "begin_mask end_mask ellipsis_mask new_axis_mask shrink_axis_mask"},
      {"Sub", "math.subtract", "x y", ""},
      {"Sum", "math.reduce_sum", "input_tensor axis", "keep_dims:keepdims"},
      {"Tan", "math.tan", "x", ""},
      {"Tanh", "math.tanh", "x", ""},
      {"Tile", "tile", "input multiples", ""},
      {"TopKV2", "math.top_k", "input k", "sorted"},
      {"Transpose", "transpose", "a perm", ""},
      {"Unpack", "unstack", "value", "num axis"},
      {"ZerosLike", "zeros_like", "input", ""},
  };
  return ops;
}

}  // namespace keratin
