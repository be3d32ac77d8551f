#include "random_model.h"

#include <algorithm>
#include <fmt/format.h>
#include <random>
#include <vector>

namespace keratin {

namespace {

struct Tensor {
  std::string layer;
  int call = 0;
  std::vector<int> shape;  // without the batch
};

std::string shape_json(const std::vector<int>& shape) {
  std::string text = "[null";
  for (int extent : shape) text += fmt::format(", {}", extent);
  return text + "]";
}

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}

  std::string model() {
    const bool images = below(3) > 0;
    tensors_.push_back(input("x", images ? std::vector<int>{6 + below(8), 6 + below(8), 1 + below(5)} : std::vector<int>{3 + below(6), 2 + below(6)}));
    if (below(4) == 0) tensors_.push_back(input("x2", tensors_[0].shape));
    const int steps = 3 + below(7);
    for (int i = 0; i < steps; ++i) tensors_.push_back(below(4) == 0 ? merge() : layer(any()));
    std::string outputs = output(tensors_.back());
    if (below(3) == 0) outputs += ", " + output(any());
    std::string inputs = R"(["x", 0, 0])";
    if (has_two_) inputs += R"(, ["x2", 0, 0])";
    return fmt::format(R"({{"class_name": "Functional", "module": "keras", "config": {{"name": "model", "trainable": true, "layers": [{}],
 "input_layers": [{}], "output_layers": [{}]}}}})", layers_, inputs, outputs);
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  const char* pick(std::initializer_list<const char*> list) { return list.begin()[below(static_cast<int>(list.size()))]; }
  const Tensor& any() { return tensors_[static_cast<size_t>(below(3) ? static_cast<int>(tensors_.size()) - 1 : below(static_cast<int>(tensors_.size())))]; }
  const char* activation() { return pick({"linear", "relu", "tanh", "sigmoid", "swish", "gelu", "elu", "leaky_relu", "softplus", "hard_sigmoid", "relu6", "softmax"}); }

  Tensor input(const std::string& name, std::vector<int> shape) {
    has_two_ = has_two_ || name == "x2";
    append(fmt::format(R"({{"class_name": "InputLayer", "module": "keras.layers", "name": "{0}", "inbound_nodes": [], "config": {{"name": "{0}", "dtype": "float32", "batch_shape": {1}}}}})", name,
                       shape_json(shape)));
    return {name, 0, std::move(shape)};
  }
  void append(const std::string& entry) { layers_ += (layers_.empty() ? "" : ",\n ") + entry; }

  static std::string argument(const Tensor& t) {
    return fmt::format(R"({{"class_name": "__keras_tensor__", "config": {{"shape": {}, "dtype": "float32", "keras_history": ["{}", {}, 0]}}}})", shape_json(t.shape), t.layer, t.call);
  }
  /// A layer called on one tensor, a list of tensors (a merge), or twice, on one after the other.
  Tensor add(const char* class_name, const std::string& config, const std::vector<Tensor>& on, std::vector<int> shape, bool list = false) {
    const std::string name = fmt::format("l{}", count_++);
    std::string nodes;
    if (list) {
      std::string args;
      for (const Tensor& t : on) args += (args.empty() ? "" : ", ") + argument(t);
      nodes = fmt::format(R"({{"args": [[{}]], "kwargs": {{}}}})", args);
    } else {
      for (const Tensor& t : on) nodes += fmt::format(R"({}{{"args": [{}], "kwargs": {{}}}})", nodes.empty() ? "" : ", ", argument(t));
    }
    append(fmt::format(R"({{"class_name": "{}", "module": "keras.layers", "name": "{}", "config": {{"name": "{}"{}{}}}, "inbound_nodes": [{}]}})", class_name, name, name, config.empty() ? "" : ", ",
                       config, nodes));
    return {name, list ? 0 : static_cast<int>(on.size()) - 1, std::move(shape)};
  }
  std::string output(const Tensor& t) { return fmt::format(R"(["{}", {}, 0])", t.layer, t.call); }

  /// Two or three tensors of one shape; a convolution or Dense makes the second where there is none.
  Tensor merge() {
    const Tensor a = any();
    std::vector<Tensor> alike;
    for (const Tensor& t : tensors_)
      if (t.shape == a.shape) alike.push_back(t);
    if (alike.size() < 2) alike.push_back(add("Dense", fmt::format(R"("units": {}, "activation": "{}")", a.shape.back(), activation()), {a}, a.shape));
    std::vector<Tensor> parts;
    for (int i = 0; i < 2 + below(2); ++i) parts.push_back(alike[static_cast<size_t>(below(static_cast<int>(alike.size())))]);
    if (below(3) == 0) {
      std::vector<int> shape = a.shape;
      shape.back() *= static_cast<int>(parts.size());
      return add("Concatenate", R"("axis": -1)", parts, shape, true);
    }
    return add(pick({"Add", "Multiply", "Average", "Maximum", "Minimum"}), "", parts, a.shape, true);
  }

  Tensor layer(const Tensor& t) {
    switch (below(5)) {
      case 0: return pointwise(t);
      case 1: return normalization(t);
      default: return t.shape.size() == 3 ? image_layer(t) : t.shape.size() == 2 ? sequence_layer(t) : dense(t);
    }
  }

  Tensor dense(const Tensor& t) {
    std::vector<int> shape = t.shape;
    const int units = shape.back() = 1 + below(40);
    const std::string config = fmt::format(R"("units": {}, "activation": "{}", "use_bias": {})", units, activation(), below(4) ? "true" : "false");
    if (units == t.shape.back()) return add("Dense", config, {t, {fmt::format("l{}", count_), 0, shape}}, shape);  // called on its own result too
    return add("Dense", config, {t}, shape);
  }

  Tensor pointwise(const Tensor& t) {
    switch (below(4)) {
      case 0: return add("Activation", fmt::format(R"("activation": "{}")", activation()), {t}, t.shape);
      case 1: return add("LeakyReLU", R"("negative_slope": 0.2)", {t}, t.shape);
      case 2: return add("Rescaling", R"("scale": 0.5, "offset": -0.25)", {t}, t.shape);
      default: return add("Dropout", R"("rate": 0.5)", {t}, t.shape);
    }
  }

  Tensor normalization(const Tensor& t) {
    if (below(2)) return add("BatchNormalization", fmt::format(R"("axis": -1, "scale": {}, "center": {})", below(3) ? "true" : "false", below(3) ? "true" : "false"), {t}, t.shape);
    return add("LayerNormalization", R"("axis": -1)", {t}, t.shape);
  }

  static int extent(int size, int kernel, int stride, bool same) { return same ? (size + stride - 1) / stride : (size - kernel) / stride + 1; }

  Tensor image_layer(const Tensor& t) {
    const int h = t.shape[0], w = t.shape[1], c = t.shape[2];
    const bool same = below(2) || h < 4 || w < 4;
    const int kernel = same ? 1 + below(3) : 1 + below(3), stride = 1 + (below(3) == 0), filters = 1 + below(36);
    const char* padding = same ? "same" : "valid";
    const std::vector<int> strided = {extent(h, kernel, stride, same), extent(w, kernel, stride, same)};
    switch (below(9)) {
      case 0: return add("DepthwiseConv2D", fmt::format(R"("kernel_size": [{0}, {0}], "strides": [{1}, {1}], "padding": "{2}", "depth_multiplier": 1, "activation": "{3}")", kernel, stride, padding, activation()),
                         {t}, {strided[0], strided[1], c});
      case 1: return add("SeparableConv2D", fmt::format(R"("filters": {3}, "kernel_size": [{0}, {0}], "strides": [{1}, {1}], "padding": "{2}")", kernel, stride, padding, filters), {t}, {strided[0], strided[1], filters});
      case 2: {
        const char* name = pick({"MaxPooling2D", "AveragePooling2D"});
        const int size = std::min({2, h, w});
        return add(name, fmt::format(R"("pool_size": [{0}, {0}], "padding": "{1}")", size, padding), {t}, {extent(h, size, size, same), extent(w, size, size, same), c});
      }
      case 3: return add("ZeroPadding2D", R"("padding": [[1, 0], [2, 1]])", {t}, {h + 1, w + 3, c});
      case 4: return h * w > 200 ? pointwise(t) : add("UpSampling2D", R"("size": [2, 2], "interpolation": "nearest")", {t}, {2 * h, 2 * w, c});
      case 5: return below(2) ? add("GlobalAveragePooling2D", "", {t}, {c}) : add("Flatten", "", {t}, {h * w * c});
      default: return add("Conv2D", fmt::format(R"("filters": {3}, "kernel_size": [{0}, {0}], "strides": [{1}, {1}], "padding": "{2}", "activation": "{4}", "use_bias": {5})", kernel, stride, padding, filters,
                                                activation(), below(4) ? "true" : "false"), {t}, {strided[0], strided[1], filters});
    }
  }

  Tensor sequence_layer(const Tensor& t) {
    const int steps = t.shape[0], units = 1 + below(20);
    const bool all = below(2);
    const std::vector<int> result = all ? std::vector<int>{steps, units} : std::vector<int>{units};
    const std::string config = fmt::format(R"("units": {}, "return_sequences": {}, "go_backwards": {})", units, all ? "true" : "false", below(3) ? "false" : "true");
    switch (below(6)) {
      case 0: return add("LSTM", config, {t}, result);
      case 1: return add("GRU", config, {t}, result);
      case 2: return add("SimpleRNN", config, {t}, result);
      case 3: return add("Conv1D", fmt::format(R"("filters": {}, "kernel_size": [2], "padding": "causal", "activation": "{}")", units, activation()), {t}, {steps, units});
      case 4: return add("Permute", R"("dims": [2, 1])", {t}, {t.shape[1], steps});
      default: return dense(t);
    }
  }

  std::mt19937_64 random_;
  std::vector<Tensor> tensors_;
  std::string layers_;
  int count_ = 0;
  bool has_two_ = false;
};

}  // namespace

std::string random_model(uint64_t seed) { return Draw(seed).model(); }

}  // namespace keratin
