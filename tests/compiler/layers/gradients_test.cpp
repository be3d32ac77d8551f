// The gradients of every layer, of its inputs and of its weights, against central differences in double; and of layers that are shared.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "gradient_check.h"
#include "ir/passes/differentiate.h"
#include "one_layer.h"

namespace keratin {
namespace {

struct Case {
  std::string class_name, config;
  std::vector<std::string> inputs;
  std::string dtype = "float32", kwargs = "{}";
};

const std::string kImage = "[null, 4, 5, 3]", kSequence = "[null, 4, 3]", kVolume = "[null, 3, 4, 5, 2]", kVector = "[null, 5]";

std::string cell(const std::string& class_name, int units) {
  return fmt::format(R"({{"class_name": "{}", "module": "keras.layers", "config": {{"units": {}}}}})", class_name, units);
}

/// Extents differ along all axes, so that no two can be mistaken for each other.
std::vector<Case> cases() {
  const std::string lstm = R"({"class_name": "LSTM", "module": "keras.layers", "config": {"units": 2, "return_sequences": true}})";
  const std::string dense = R"({"class_name": "Dense", "module": "keras.layers", "config": {"units": 2, "activation": "tanh"}})";
  return {
      {"Activation", R"({"activation": "gelu"})", {kVector}},
      {"ActivityRegularization", R"({"l2": 0.1})", {kVector}},
      {"Add", "{}", {kSequence, "[null, 1, 3]", "[null, 3]"}},
      {"Average", "{}", {kSequence, kSequence}},
      {"AveragePooling1D", R"({"pool_size": 3, "strides": 2, "padding": "same"})", {kSequence}},
      {"AveragePooling2D", R"({"pool_size": [2, 3], "strides": [1, 2], "padding": "same"})", {kImage}},
      {"AveragePooling3D", R"({"pool_size": 2, "padding": "same"})", {kVolume}},
      {"BatchNormalization", "{}", {kImage}},
      {"Bidirectional", R"({"merge_mode": "mul", "layer": )" + lstm + "}", {kSequence}},
      {"CenterCrop", R"({"height": 2, "width": 3})", {kImage}},
      {"Concatenate", R"({"axis": 1})", {kSequence, "[null, 2, 3]"}},
      {"Conv1D", R"({"filters": 4, "kernel_size": 2, "padding": "causal", "dilation_rate": 2, "activation": "tanh"})", {kSequence}},
      {"Conv1DTranspose", R"({"filters": 2, "kernel_size": 3, "strides": 2})", {kSequence}},
      {"Conv2D", R"({"filters": 4, "kernel_size": [3, 2], "strides": [1, 2], "padding": "same"})", {kImage}},
      {"Conv2DTranspose", R"({"filters": 2, "kernel_size": [2, 3], "strides": [2, 1], "padding": "same"})", {kImage}},
      {"Conv3D", R"({"filters": 2, "kernel_size": [2, 3, 2], "strides": [2, 1, 1], "padding": "same"})", {kVolume}},
      {"Conv3DTranspose", R"({"filters": 2, "kernel_size": 2, "strides": [1, 2, 1]})", {kVolume}},
      {"Cropping1D", R"({"cropping": [1, 2]})", {kSequence}},
      {"Cropping2D", R"({"cropping": [[1, 0], [2, 1]]})", {kImage}},
      {"Cropping3D", R"({"cropping": [[1, 0], [0, 2], [1, 1]]})", {kVolume}},
      {"Dense", R"({"units": 4, "activation": "softplus"})", {kSequence}},
      {"DepthwiseConv1D", R"({"kernel_size": 2, "depth_multiplier": 2})", {kSequence}},
      {"DepthwiseConv2D", R"({"kernel_size": [3, 2], "depth_multiplier": 2, "padding": "same"})", {kImage}},
      {"Dot", R"({"axes": [2, 1], "normalize": true})", {kSequence, "[null, 3, 2]"}},
      {"ELU", R"({"alpha": 0.7})", {kVector}},
      {"EinsumDense", R"({"equation": "abc,cde->abde", "output_shape": [null, 2, 5], "bias_axes": "e"})", {kSequence}},
      {"Embedding", R"({"input_dim": 3, "output_dim": 4})", {kVector}, "int32"},
      {"Flatten", "{}", {kSequence}},
      {"GRU", R"({"units": 2, "return_sequences": true})", {kSequence}},
      {"GlobalAveragePooling1D", "{}", {kSequence}},
      {"GlobalAveragePooling2D", R"({"keepdims": true})", {kImage}},
      {"GlobalAveragePooling3D", "{}", {kVolume}},
      {"GlobalMaxPooling1D", "{}", {kSequence}},
      {"GlobalMaxPooling2D", "{}", {kImage}},
      {"GlobalMaxPooling3D", "{}", {kVolume}},
      {"GroupNormalization", R"({"groups": 3})", {"[null, 4, 6]"}},
      {"Identity", "{}", {kVector}},
      {"LSTM", R"({"units": 2, "go_backwards": true, "unit_forget_bias": true})", {kSequence}},
      {"LayerNormalization", R"({"axis": [1, 2]})", {kSequence}},
      {"LayerScale", R"({"projection_dim": 3, "init_values": 0.1})", {kSequence}},
      {"LeakyReLU", "{}", {kVector}},
      {"LocallyConnected1D", R"({"filters": 2, "kernel_size": 2})", {kSequence}},
      {"LocallyConnected2D", R"({"filters": 2, "kernel_size": [2, 3]})", {kImage}},
      {"Masking", R"({"mask_value": 0.0})", {kSequence}},
      {"MaxPooling1D", R"({"pool_size": 2, "strides": 1})", {kSequence}},
      {"MaxPooling2D", R"({"pool_size": [2, 3], "strides": [2, 1], "padding": "same"})", {kImage}},
      {"MaxPooling3D", R"({"pool_size": 2, "padding": "same"})", {kVolume}},
      {"Maximum", "{}", {kSequence, kSequence}},
      {"Minimum", "{}", {kSequence, "[null, 1, 3]"}},
      {"MultiHeadAttention", R"({"num_heads": 2, "key_dim": 3, "value_dim": 2})", {kSequence}, "float32",
       R"({"value": {"class_name": "__keras_tensor__", "config": {"shape": [null, 4, 3], "dtype": "float32", "keras_history": ["in0", 0, 0]}}})"},
      {"Multiply", "{}", {kSequence, kSequence, "[null, 4, 1]"}},
      {"Normalization", "{}", {kVector}},
      {"PReLU", R"({"shared_axes": [1]})", {kSequence}},
      {"Permute", R"({"dims": [3, 1, 2]})", {kImage}},
      {"RMSNormalization", "{}", {kSequence}},
      {"RNN", R"({"return_sequences": true, "cell": )" + cell("GRUCell", 2) + "}", {kSequence}},
      {"ReLU", R"({"negative_slope": 0.1, "max_value": 0.8, "threshold": 0.2})", {kVector}},
      {"RepeatVector", R"({"n": 3})", {kVector}},
      {"Rescaling", R"({"scale": 0.5, "offset": -1.0})", {kImage}},
      {"Reshape", R"({"target_shape": [6, -1]})", {kSequence}},
      {"Resizing", R"({"height": 3, "width": 7, "interpolation": "bicubic"})", {kImage}},
      {"SeparableConv1D", R"({"filters": 4, "kernel_size": 2, "depth_multiplier": 2})", {kSequence}},
      {"SeparableConv2D", R"({"filters": 4, "kernel_size": [2, 3], "padding": "same"})", {kImage}},
      {"SimpleRNN", R"({"units": 2, "return_sequences": true})", {kSequence}},
      {"Softmax", R"({"axis": 1})", {kSequence}},
      {"SpectralNormalization", R"({"layer": )" + dense + "}", {kVector}},
      {"Subtract", "{}", {kSequence, kSequence}},
      {"ThresholdedReLU", R"({"theta": 0.3})", {kVector}},
      {"TimeDistributed", R"({"layer": )" + dense + "}", {kSequence}},
      {"UnitNormalization", "{}", {kSequence}},
      {"UpSampling1D", R"({"size": 2})", {kSequence}},
      {"UpSampling2D", R"({"size": [2, 3], "interpolation": "bilinear"})", {kImage}},
      {"UpSampling3D", R"({"size": [1, 2, 3]})", {kVolume}},
      {"ZeroPadding1D", R"({"padding": [1, 2]})", {kSequence}},
      {"ZeroPadding2D", R"({"padding": [[1, 0], [2, 3]]})", {kImage}},
      {"ZeroPadding3D", R"({"padding": 1})", {kVolume}},
  };
}

/// Random when trained, their input when not: of these the recorded trainings tell.
const std::set<std::string> kOnlyWhenTrained = {"AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "StochasticDepth"};
/// Parts of other layers (cells), entries of a graph, operations of older files, and a class of keras.applications like Rescaling.
const std::set<std::string> kPartsOfOthers = {"CustomScaleLayer", "GRUCell", "InputLayer", "LSTMCell", "SimpleRNNCell", "StackedRNNCells", "TFOpLambda", "TensorFlowOpLayer"};

/// Augmentation of images gives the image when nothing is trained.
bool is_augmentation(const std::string& name) { return name.starts_with("Rand") || name == "AugMix" || name == "CutMix" || name == "MixUp"; }

ExpandedModel expanded(const std::string& text) {
  Problems problems;
  const Result<Json> json = Json::parse(text);
  REQUIRE(json);
  ReadContext context{"model.keras", KerasVersion::parse("3.15.1"), problems, {}};
  const std::shared_ptr<Model> model = read_model(*json, context);
  ExpandedModel made;
  if (model && problems.empty()) made = expand(*model, "model.keras", {}, problems);
  for (const std::string& problem : problems.messages()) UNSCOPED_INFO(problem);
  REQUIRE(problems.empty());
  return made;
}

void draw_weights(ir::Program& program) {
  std::mt19937_64 random(3);
  for (ir::Variable& variable : program.variables) {
    ir::Tensor tensor = ir::random_tensor(variable.type, 1, random);
    if (variable.name.ends_with("variance"))
      for (double& value : tensor.floats) value = 0.5 + std::abs(value);
    variable.initial = std::make_shared<const ir::Tensor>(std::move(tensor));
  }
}

TEST_CASE("the gradients of every layer equal central differences") {
  for (const Case& c : cases()) {
    INFO(c.class_name << " " << c.config);
    ExpandedModel model = expanded(one_layer_text(c.class_name, c.config, c.inputs, c.kwargs, c.dtype));
    draw_weights(model.program);
    ir::check_gradients(model.program, model.program.find("predict"), 2);
  }
}

TEST_CASE("every layer is among the checked ones") {
  std::set<std::string> checked = kOnlyWhenTrained;
  checked.insert(kPartsOfOthers.begin(), kPartsOfOthers.end());
  for (const Case& c : cases()) checked.insert(c.class_name);
  for (const LayerDefinition* layer : all_layers()) {
    const std::string name(layer->name);
    INFO(name);
    CHECK((checked.count(name) == 1 || is_augmentation(name) || name.ends_with(".op")));
  }
}

/// `calls` chained calls: of one layer, or of as many layers of their own.
std::string chained(const std::string& class_name, const std::string& config, const std::string& shape, int calls, bool shared) {
  const auto argument = [&](const std::string& from, int node) {
    return fmt::format(R"({{"args": [{{"class_name": "__keras_tensor__", "config": {{"shape": {}, "dtype": "float32", "keras_history": ["{}", {}, 0]}}}}], "kwargs": {{}}}})", shape, from, node);
  };
  std::string layers = fmt::format(R"({{"class_name": "InputLayer", "module": "keras.layers", "name": "x", "inbound_nodes": [], "config": {{"name": "x", "dtype": "float32", "batch_shape": {}}}}})", shape);
  const auto add = [&](const std::string& name, const std::string& nodes) {
    layers += fmt::format(R"(, {{"class_name": "{}", "module": "keras.layers", "name": "{}", "config": {}, "inbound_nodes": [{}]}})", class_name, name, config, nodes);
  };
  std::string nodes = argument("x", 0);
  for (int i = 1; i < calls; ++i) nodes += ", " + argument("shared", i - 1);
  if (shared) add("shared", nodes);
  for (int i = 0; i < calls && !shared; ++i) add(fmt::format("copy_{}", i), argument(i ? fmt::format("copy_{}", i - 1) : "x", 0));
  const std::string last = shared ? fmt::format(R"(["shared", {}, 0])", calls - 1) : fmt::format(R"(["copy_{}", 0, 0])", calls - 1);
  return fmt::format(R"({{"class_name": "Functional", "module": "keras", "config": {{"name": "model", "trainable": true, "layers": [{}], "input_layers": [["x", 0, 0]], "output_layers": [{}]}}}})", layers, last);
}

/// Gradients of all weights, by the weight's own name, summed over layers.
std::map<std::string, std::vector<double>> weight_gradients(ExpandedModel model) {
  std::map<std::string, std::shared_ptr<const ir::Tensor>> values;  // copies begin with the same weights
  std::mt19937_64 random(5);
  const auto own_name = [](const std::string& path) { return path.substr(path.find('/')); };
  ir::GradientRequest request;
  request.outputs = {0};
  for (uint32_t i = 0; i < model.program.variables.size(); ++i) {
    ir::Variable& variable = model.program.variables[i];
    auto [found, added] = values.try_emplace(own_name(variable.name));
    if (added) found->second = std::make_shared<const ir::Tensor>(ir::random_tensor(variable.type, 1, random));
    variable.initial = found->second;
    request.variables.push_back(ir::VariableId{i});
  }
  const ir::FunctionId backward = ir::differentiate(model.program, model.program.find("predict"), request);
  const ir::Tensors results = ir::evaluate(model.program, backward, 2, ir::random_parameters(model.program, backward, 2, 9), true);
  std::map<std::string, std::vector<double>> sums;
  for (size_t i = 0; i < request.variables.size(); ++i) {
    std::vector<double>& sum = sums[own_name(model.program.variables[i].name)];
    sum.resize(results[i + 1].floats.size());
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += results[i + 1].floats[k];
  }
  return sums;
}

TEST_CASE("the gradient of a shared layer is the sum of those of copies that are not") {
  const Case c = GENERATE(values<Case>({
      {"Dense", R"({"units": 5, "activation": "tanh"})", {"[null, 5]"}},
      {"LSTM", R"({"units": 3, "return_sequences": true})", {"[null, 4, 3]"}},
      {"LayerNormalization", "{}", {"[null, 4, 3]"}},
      {"Conv2D", R"({"filters": 2, "kernel_size": 3, "padding": "same", "activation": "sigmoid"})", {"[null, 4, 5, 2]"}},
  }));
  INFO(c.class_name);
  const auto shared = weight_gradients(expanded(chained(c.class_name, c.config, c.inputs[0], 3, true)));
  const auto copies = weight_gradients(expanded(chained(c.class_name, c.config, c.inputs[0], 3, false)));
  REQUIRE(shared.size() == copies.size());
  for (const auto& [name, gradient] : shared) {
    INFO(name);
    const std::vector<double>& sum = copies.at(name);
    REQUIRE(gradient.size() == sum.size());
    for (size_t k = 0; k < sum.size(); ++k) CHECK(gradient[k] == Approx(sum[k]).epsilon(1e-12).margin(1e-12));
  }
}

}  // namespace
}  // namespace keratin
