#include <catch2/catch.hpp>

#include "one_layer.h"

using namespace keratin;

namespace {

struct Case {
  std::string class_name, config;
  std::vector<std::string> inputs;
  std::string expected;  // the output's type, or part of the only problem
};

void check_shape(const Case& c, const char* version = "3.15.1") {
  CAPTURE(c.class_name, c.config);
  const OneLayer result = one_layer(c.class_name, c.config, c.inputs, "{}", version);
  CHECK(result.problems == std::vector<std::string>{});
  REQUIRE(result.shapes.size() == 1);
  CHECK(result.shapes[0] == c.expected);
}

void check_problem(const Case& c) {
  CAPTURE(c.class_name, c.config);
  const OneLayer result = one_layer(c.class_name, c.config, c.inputs);
  REQUIRE(result.problems.size() == 1);
  CHECK_THAT(result.problems[0], Catch::StartsWith("model.keras: layer: ") && Catch::Contains(c.expected));
}

/// How many random tensors a training step of a model of this one layer draws.
int draws_in_training(const char* class_name, const char* config, const char* kwargs, const char* version) {
  Problems problems;
  ReadContext context{"model.keras", KerasVersion::parse(version), problems, {}};
  const Result<Json> json = Json::parse(one_layer_text(class_name, config, {"[null, 4]"}, kwargs));
  const std::shared_ptr<Model> model = read_model(*json, context);
  REQUIRE((model && problems.empty()));
  ExpandedModel expanded = expand(*model, "model.keras", {}, problems);
  const TrainingGraph graph = expand_training(*model, expanded, "model.keras", problems);
  REQUIRE(problems.empty());
  int draws = 0;
  for (const ir::Node& node : graph.builder->function().nodes) draws += node.op.as<ir::Random>() != nullptr;
  return draws;
}

}  // namespace

TEST_CASE("layers give Keras's output shapes") {
  const auto c = GENERATE(values<Case>({
      {"Add", "{}", {"[null, 5, 3]", "[null, 3]"}, "float32[n,5,3]"},
      {"Concatenate", R"({"axis": 1})", {"[null, 5, 3]", "[null, 2, 3]"}, "float32[n,7,3]"},
      {"Dot", R"({"axes": [2, 1]})", {"[null, 5, 3]", "[null, 3, 4]"}, "float32[n,5,4]"},
      {"Dot", R"({"axes": 1, "normalize": true})", {"[null, 5]", "[null, 5]"}, "float32[n,1]"},
      {"Conv2DTranspose", R"({"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"})", {"[null, 5, 6, 2]"},
       "float32[n,10,12,4]"},
      {"Conv2DTranspose", R"({"filters": 4, "kernel_size": 3, "strides": 2})", {"[null, 5, 6, 2]"}, "float32[n,11,13,4]"},
      {"Conv1DTranspose", R"({"filters": 4, "kernel_size": 2, "strides": 3})", {"[null, 5, 2]"}, "float32[n,15,4]"},
      {"Conv2DTranspose", R"({"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1})", {"[null, 5, 5, 2]"},
       "float32[n,10,10,4]"},
      {"DepthwiseConv2D", R"({"kernel_size": 3, "depth_multiplier": 2, "data_format": "channels_first"})", {"[null, 3, 6, 7]"},
       "float32[n,6,4,5]"},
      {"SeparableConv1D", R"({"filters": 5, "kernel_size": 3, "padding": "causal"})", {"[null, 6, 2]"}, "float32[n,6,5]"},
      {"ZeroPadding2D", R"({"padding": [[1, 2], [0, 3]]})", {"[null, 4, 5, 2]"}, "float32[n,7,8,2]"},
      {"ZeroPadding1D", R"({"padding": 2})", {"[null, 4, 5]"}, "float32[n,8,5]"},
      {"Cropping2D", R"({"cropping": [1, 2]})", {"[null, 4, 5, 2]"}, "float32[n,2,1,2]"},
      {"Cropping1D", "{}", {"[null, 4, 5]"}, "float32[n,2,5]"},
      {"GlobalAveragePooling2D", R"({"keepdims": true})", {"[null, 4, 5, 2]"}, "float32[n,1,1,2]"},
      {"GlobalMaxPooling1D", R"({"data_format": "channels_first"})", {"[null, 4, 5]"}, "float32[n,4]"},
      {"Embedding", R"({"input_dim": 7, "output_dim": 3})", {"[null, 4]"}, "float32[n,4,3]"},
      {"Permute", R"({"dims": [2, 1]})", {"[null, 4, 5]"}, "float32[n,5,4]"},
      {"RepeatVector", R"({"n": 3})", {"[null, 4]"}, "float32[n,3,4]"},
      {"Reshape", R"({"target_shape": [2, -1]})", {"[null, 4, 5]"}, "float32[n,2,10]"},
      {"UpSampling2D", R"({"size": [2, 3], "interpolation": "bilinear", "data_format": "channels_first"})", {"[null, 2, 4, 5]"},
       "float32[n,2,8,15]"},
      {"UpSampling3D", R"({"size": [2, 1, 3]})", {"[null, 2, 4, 5, 1]"}, "float32[n,4,4,15,1]"},
      {"Resizing", R"({"height": 7, "width": 3, "interpolation": "lanczos3"})", {"[null, 4, 5, 2]"}, "float32[n,7,3,2]"},
      {"Resizing", R"({"height": 7, "width": 3, "crop_to_aspect_ratio": true})", {"[null, 4, 5, 2]"}, "float32[n,7,3,2]"},
      {"CenterCrop", R"({"height": 3, "width": 4})", {"[null, 4, 5, 2]"}, "float32[n,3,4,2]"},
      {"LayerNormalization", R"({"axis": [1, 2]})", {"[null, 4, 5]"}, "float32[n,4,5]"},
      {"GroupNormalization", R"({"groups": 2, "axis": 1})", {"[null, 4, 5, 6]"}, "float32[n,4,5,6]"},
      {"Normalization", R"({"mean": [1, 2], "variance": [3, 4]})", {"[null, 4, 2]"}, "float32[n,4,2]"},
      {"Activation", R"({"activation": "glu"})", {"[null, 4, 6]"}, "float32[n,4,3]"},
      {"PReLU", R"({"shared_axes": [1]})", {"[null, 4, 6]"}, "float32[n,4,6]"},
      {"RandomRotation", R"({"factor": 0.1})", {"[null, 4, 6, 1]"}, "float32[n,4,6,1]"},
      {"TimeDistributed", R"({"layer": {"class_name": "Dense", "config": {"name": "inner", "units": 4}}})", {"[null, 5, 6, 3]"},
       "float32[n,5,6,4]"},
      {"TimeDistributed", R"({"layer": {"class_name": "Flatten", "config": {"name": "inner"}}})", {"[null, 5, 6, 3]"}, "float32[n,5,18]"},
      {"SpectralNormalization", R"({"layer": {"class_name": "Dense", "config": {"name": "inner", "units": 4}}})", {"[null, 3]"},
       "float32[n,4]"},
  }));
  check_shape(c);
}

TEST_CASE("the version of the file decides") {
  // RandomCrop outside of training: the identity since Keras 3.7, a resize before.
  check_shape({"RandomCrop", R"({"height": 3, "width": 2})", {"[null, 4, 6, 1]"}, "float32[n,4,6,1]"}, "3.15.1");
  check_shape({"RandomCrop", R"({"height": 3, "width": 2})", {"[null, 4, 6, 1]"}, "float32[n,3,2,1]"}, "3.5.0");
  check_shape({"BatchNormalization", R"({"axis": [1, 3]})", {"[null, 4, 5, 3]"}, "float32[n,4,5,3]"}, "2.15.0");
  check_shape({"LocallyConnected1D", R"({"filters": 2, "kernel_size": 3, "strides": 2})", {"[null, 7, 3]"}, "float32[n,3,2]"}, "2.15.0");
  check_shape({"LocallyConnected2D", R"({"filters": 2, "kernel_size": [3, 2]})", {"[null, 7, 3, 1]"}, "float32[n,5,2,2]"}, "2.15.0");
}

TEST_CASE("what does not fit is refused with Keras's words") {
  const auto c = GENERATE(values<Case>({
      {"Add", "{}", {"[null, 3]", "[null, 4]"}, "inputs have incompatible shapes. Received shapes (3,) and (4,)"},
      {"Subtract", "{}", {"[null, 3]"}, "exactly 2 inputs, got 1"},
      {"Concatenate", "{}", {"[null, 2, 3]", "[null, 3, 3]"},
       "matching shapes except for the concatenation axis -1. Received: [(None, 2, 3), (None, 3, 3)]"},
      {"Concatenate", R"({"axis": 3})", {"[null, 2, 3]", "[null, 3, 3]"}, "axis: 3 is outside the 3 dimensions"},
      {"Dot", R"({"axes": 1})", {"[null, 3]", "[null, 4]"}, "axis values 3 (at axis 1) != 4 (at axis 1)"},
      {"Dot", R"({"axes": 0})", {"[null, 3]", "[null, 3]"}, "axes: 0 is not one of the dimensions after the batch"},
      {"Conv1DTranspose", R"({"filters": 4, "kernel_size": 2})", {"[null, 5]"},
       "expected ndim=3, found ndim=2. Full shape received: (None, 5)"},
      {"Conv1DTranspose", R"({"filters": 4, "kernel_size": 2, "strides": 2, "output_padding": 2})", {"[null, 5, 2]"},
       "output_padding: 2 is not below the stride 2"},
      {"Conv2DTranspose", R"({"filters": 4, "kernel_size": 2, "strides": 2, "dilation_rate": 2})", {"[null, 5, 5, 2]"},
       "dilation_rate above 1"},
      {"DepthwiseConv2D", R"({"kernel_size": 3})", {"[null, 2, 2, 1]"}, "does not fit"},
      {"Cropping1D", R"({"cropping": [1, 3]})", {"[null, 4, 5]"}, "cropping must be smaller than the input"},
      {"ZeroPadding2D", R"({"padding": [1, 2, 3]})", {"[null, 4, 5, 1]"}, "padding: [1, 2, 3] is neither a number nor a pair"},
      {"ZeroPadding1D", R"({"padding": -1})", {"[null, 4, 5]"}, "padding: -1 is not an integer of at least 0"},
      {"Reshape", R"({"target_shape": [2, 13]})", {"[null, 5, 5]"}, "Received: input_shape=(5, 5), target_shape=(2, 13)"},
      {"Reshape", R"({"target_shape": [-1, -1]})", {"[null, 5, 5]"}, "target_shape: has more than one -1"},
      {"Permute", R"({"dims": [1, 3]})", {"[null, 5, 5]"}, "dims: (1, 3) must be consecutive and start from 1"},
      {"RepeatVector", R"({"n": 0})", {"[null, 5]"}, "n: 0 is below 1"},
      {"GroupNormalization", R"({"groups": 3})", {"[null, 5, 4]"}, "groups: 3 does not divide 4 channels"},
      {"LayerNormalization", R"({"axis": [3]})", {"[null, 5, 4]"}, "axis: 3 is outside the 3 dimensions"},
      {"Normalization", R"({"mean": [1, 2, 3], "variance": [1, 2]})", {"[null, 2]"},
       "mean: its shape (3,) does not fit the kept dimensions (2,)"},
      {"Normalization", R"({"mean": [1, 2, 3]})", {"[null, 3]"}, "variance: is missing"},
      {"Rescaling", R"({"scale": "a"})", {"[null, 3]"}, "scale: is neither a number nor a list of numbers"},
      {"PReLU", R"({"shared_axes": [3]})", {"[null, 4, 6]"}, "shared_axes: 3 is not one of the dimensions"},
      {"Resizing", R"({"height": 7, "width": 3, "interpolation": "cubic"})", {"[null, 4, 5, 2]"}, "interpolation: 'cubic' is not one of"},
      {"Resizing", R"({"height": 7, "width": 3})", {"[null, 4]"}, "expected ndim=3 or 4, found ndim=2"},
      {"UpSampling2D", R"({"size": 0})", {"[null, 4, 5, 2]"}, "size: 0 is below 1"},
      {"Dropout", R"({"rate": 2})", {"[null, 4]"}, "rate: 2 is not between 0 and 1"},
      {"AlphaDropout", R"({"rate": -1})", {"[null, 4]"}, "rate: -1 is not between 0 and 1"},
      {"GaussianNoise", "{}", {"[null, 4]"}, "stddev: is missing"},
      {"LeakyReLU", R"({"negative_slope": -0.5})", {"[null, 4]"}, "negative_slope: -0.5 is negative"},
      {"Embedding", R"({"input_dim": 0, "output_dim": 3})", {"[null, 4]"}, "input_dim: 0 is below 1"},
      {"TimeDistributed", R"({"layer": {"class_name": "Dense", "config": {"name": "inner", "units": 4}}})", {"[null, 5]"},
       "expected min_ndim=3, found ndim=2"},
      {"SpectralNormalization", R"({"layer": {"class_name": "Flatten", "config": {"name": "inner"}}})", {"[null, 3, 4]"},
       "layer: Flatten has neither kernel nor embeddings"},
      {"Activation", R"({"activation": "glu"})", {"[null, 5]"}, "glu halves axis 1 of (None, 5), which is not even"},
      {"Activation", R"({"activation": "zorp"})", {"[null, 5]"}, "activation: activation 'zorp' is not known"},
  }));
  check_problem(c);
}

TEST_CASE("Keras 3 trains every layer of a graph, whatever mode the graph recorded; in tf.keras the recorded mode counts") {
  for (const auto& [layer, config] : {std::pair{"Dropout", R"({"rate": 0.5})"}, std::pair{"GaussianNoise", R"({"stddev": 0.5})"}}) {
    CHECK(draws_in_training(layer, config, R"({"training": false})", "3.15.1") == 1);
    CHECK(draws_in_training(layer, config, R"({"training": false})", "2.9.0-tf") == 0);
    CHECK(draws_in_training(layer, config, "{}", "2.9.0-tf") == 1);
  }
}

TEST_CASE("the layer Merge of Keras 2.0 is the layer of its mode") {
  const auto c = GENERATE(values<Case>({
      {"Merge", R"({"mode": "concat", "mode_type": "raw", "concat_axis": 1})", {"[null, 5, 3]", "[null, 2, 3]"}, "float32[n,7,3]"},
      {"Merge", R"({"mode": "concat", "concat_axis": -1, "dot_axes": -1, "output_shape": null})", {"[null, 5]", "[null, 2]"}, "float32[n,7]"},
      {"Merge", R"({"mode": "sum", "mode_type": "raw", "arguments": {}})", {"[null, 5]", "[null, 5]"}, "float32[n,5]"},
      {"Merge", R"({"mode": "dot", "dot_axes": [2, 1]})", {"[null, 5, 3]", "[null, 3, 4]"}, "float32[n,5,4]"},
      {"Merge", R"({"mode": "max"})", {"[null, 2, 5]", "[null, 2, 5]"}, "float32[n,2,5]"},
  }));
  check_shape(c, "2.0.8");
}

TEST_CASE("modes of Merge that have no layer are refused by name") {
  const auto problem = [](const char* config, const char* version) {
    const OneLayer result = one_layer("Merge", config, {"[null, 5]", "[null, 5]"}, "{}", version);
    REQUIRE(result.problems.size() == 1);
    return result.problems[0];
  };
  CHECK(problem(R"({"mode": "cos"})", "2.0.8") ==
        "model.keras: layer: mode: 'cos' of the layer Merge is not supported; allowed are sum, mul, ave, max, concat, dot");
  CHECK(problem(R"({"mode": "f", "mode_type": "function"})", "2.0.8") == "model.keras: layer: mode: is a Python function, which cannot be compiled");
  CHECK(problem(R"({"mode": "dot", "dot_axes": [[1], [1]]})", "2.0.8") ==
        "model.keras: layer: dot_axes: [[1], [1]] is neither an axis nor a list of axes");
  CHECK(problem(R"({"mode": "sum"})", "3.15.1") == "model.keras: layer: layer class Merge is not supported");
}
