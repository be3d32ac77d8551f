// TensorFlowOpLayer (TensorFlow 2.0 to 2.3): one node of a TensorFlow graph as a layer: node_def, and its constant inputs by position.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>

#include "compiler/operations/tf_functions.h"
#include "compiler/operations/tf_nodes.h"

namespace keratin {

namespace {

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> list;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

class TensorFlowOpLayer : public Layer {
 public:
  void configure(ConfigReader& config) override {
    const Result<TfNode> node = read_tf_node(config.raw("node_def"));
    const Json constants = config.raw("constants");
    if (!node) return config.fail("node_def", node.error());
    op_name_ = node->op;
    const auto found = std::find_if(tf_node_ops().begin(), tf_node_ops().end(), [&](const TfNodeOp& op) { return op.op == op_name_; });
    if (found == tf_node_ops().end()) return config.fail("node_def", fmt::format("the TensorFlow op {} is not supported", op_name_));
    op_ = &*found;
    function_ = find_tf_function(op_->function);
    for (const auto& [key, value] : node->attributes) read_attribute(config, key, value);
    if (!constants.is_object()) return;
    for (const auto& [key, value] : constants.as_object()) {
      size_t position = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), position);
      if (error != std::errc() || end != key.data() + key.size()) config.fail("constants", fmt::format("'{}' is no position", key));
      constants_[position] = value;
    }
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    std::vector<CallValue> all;
    for (size_t position = 0, next = 0; next < tensors.size() || constants_.contains(position); ++position) {
      if (const auto constant = constants_.find(position); constant != constants_.end())
        all.push_back({constant->second});
      else
        all.push_back({tensors[next++]});
    }
    CallInputs named;
    const std::vector<std::string_view> names = words(op_->inputs);
    const bool variadic = std::any_of(names.begin(), names.end(), [](std::string_view name) { return name.starts_with('*'); });
    if (all.size() > names.size() && !variadic) return ctx.fail(fmt::format("{} takes {} inputs, got {}", op_name_, names.size(), all.size()));
    size_t at = 0;
    for (size_t i = 0; i < names.size() && at < all.size(); ++i) {
      if (!names[i].starts_with('*')) {
        named.kwargs.emplace_back(std::string(names[i]), all[at++]);
        continue;
      }
      const size_t behind = names.size() - i - 1, count = all.size() - at > behind ? all.size() - at - behind : 0;
      named.kwargs.emplace_back(std::string(names[i].substr(1)), CallValue{CallValue::List(all.begin() + static_cast<long>(at), all.begin() + static_cast<long>(at + count))});
      at += count;
    }
    named.kwargs.insert(named.kwargs.end(), attributes_.begin(), attributes_.end());
    return run_tf_function(*function_, ctx, named);
  }

  bool autocasts() const override { return false; }
  std::string describe() const override { return "TensorFlow op " + op_name_; }

 private:
  void read_attribute(ConfigReader& config, const std::string& key, const Json& value) {
    for (std::string_view word : words(op_->attributes)) {
      const size_t colon = word.find(':');
      if (word.substr(0, colon) != key) continue;
      const bool none = value.is_array() && value.as_array().empty();  // squeeze_dims: all of extent 1
      if (!none) attributes_.emplace_back(std::string(colon == std::string_view::npos ? word : word.substr(colon + 1)), CallValue{value});
      return;
    }
    // Types and counts of the inputs, which these have themselves, and what changes no number.
    constexpr std::string_view kKnown[] = {"N", "use_cudnn_on_gpu", "Truncate", "incompatible_shape_error", "SrcT", "Index", "validate_indices", "num"};
    if (key.starts_with('T') || key.starts_with('_') || std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown)) return;
    const bool harmless = value == Json("NHWC") || (key == "explicit_paddings" && value == Json(Json::Array{}));
    if (!harmless && !(value.is_string() && (key == "dtype" || key == "out_type"))) config.fail("node_def", fmt::format("attribute {} of {} with value {} is not supported", key, op_name_, value.dump()));
  }

  std::string op_name_;
  const TfNodeOp* op_ = nullptr;
  const TfFunction* function_ = nullptr;
  CallValue::Dict attributes_;
  std::map<size_t, Json> constants_;
};

}  // namespace

const LayerDefinition& layer_TensorFlowOpLayer() {
  static const LayerDefinition definition{.name = "TensorFlowOpLayer", .aliases = {}, .create = create_layer<TensorFlowOpLayer>};
  return definition;
}

}  // namespace keratin
