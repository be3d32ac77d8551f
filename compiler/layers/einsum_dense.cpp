// EinsumDense: y = activation(einsum(equation, x, W) + b) (keras.layers.EinsumDense).
#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "compiler/activations/activation.h"
#include "compiler/layers/call_context.h"
#include "compiler/layers/read_arguments.h"
#include "keratin/layers/einsum_dense.h"

namespace keratin {

namespace {

/// The equation for inputs of one rank, every axis a letter: `...x,xy->...y` with rank 3 is `abx,xy->aby`.
struct Contraction {
  std::string input, weights, output;
  std::vector<Dim> output_dims;  // by letter of `output`, before missing extents are taken from the input
};

class EinsumDense : public Layer {
 public:
  void configure(ConfigReader& config) override {
    read_arguments(config, arguments_);
    equation_ = arguments_.equation;
    if (equation_.empty()) config.fail("equation", "is missing");
    std::erase(equation_, ' ');
    read_output_shape(config);
    bias_axes_ = arguments_.bias_axes.value_or("");
    activation_ = read_activation(config, "activation", "linear");
    config.require("lora_rank", {Json()});
    config.require("quantization_config", {Json()});
    config.ignore({"lora_alpha", "gptq_unpacked_column_size"});
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const KTensors tensors = inputs.tensors();
    if (tensors.size() != 1) return ctx.fail(fmt::format("takes one tensor, got {}", tensors.size()));
    const Val x = tensors[0].value;
    const Shape shape = x.shape();
    const Result<Contraction> read = contraction(shape);
    if (!read) return ctx.fail(read.error());
    const Contraction& c = *read;
    const auto extent = [&](char letter) {
      if (const size_t at = c.input.find(letter); at != std::string::npos) return shape[static_cast<int>(at)];
      return c.output_dims[c.output.find(letter)];
    };
    Shape kernel;
    for (char letter : c.weights) {
      kernel.dims.push_back(extent(letter));
      if (!kernel.dims.back().is_static() || kernel.dims.back().size < 1) return ctx.fail(fmt::format("equation: '{}': the extent of {} is not known", equation_, letter));
    }
    for (size_t i = 0; i < c.output.size(); ++i)
      if (c.output_dims[i] != Dim(-1) && c.output_dims[i] != extent(c.output[i]))
        return ctx.fail(fmt::format("output_shape: axis {} is {}, the input has {}", c.output[i], ir::to_string(c.output_dims[i]), ir::to_string(extent(c.output[i]))));
    for (char letter : bias_axes_)
      if (c.output.find(letter) == std::string::npos) return ctx.fail(fmt::format("bias_axes: {} is no axis of the output of '{}'", letter, equation_));
    const Weight& weight = ctx.weight("kernel", kernel, arguments_.kernel_initializer.json(), arguments_.kernel_regularizer.json());
    Val y = ctx.b.einsum(c.input + "," + c.weights + "->" + c.output, {x, ctx.read(weight)});
    const Json &initializer = arguments_.bias_initializer.json(), &regularizer = arguments_.bias_regularizer.json();
    if (!bias_axes_.empty()) y = y + ctx.read(ctx.weight("bias", bias_shape(c, extent), initializer, regularizer));
    return {{apply(ctx, activation_, y), {}}};
  }

  std::string describe() const override { return fmt::format("EinsumDense({})", equation_); }

 private:
  void read_output_shape(ConfigReader& config) {
    if (!arguments_.output_shape.given() && !config.failed()) config.fail("output_shape", "is missing");
    for (const std::optional<int64_t>& extent : arguments_.output_shape.values()) {
      if (extent && *extent < 1) config.fail("output_shape", fmt::format("{} is not positive", *extent));
      output_shape_.push_back(Dim(extent.value_or(-1)));
    }
  }

  /// Splits the equation and gives the axes that `...` stands for letters of their own.
  Result<Contraction> contraction(const Shape& shape) const {
    const Error wrong{fmt::format("equation: '{}' is none of the forms ab,bc->ac, ...ab,bc->...ac, ab...,bc->ac...", equation_)};
    const size_t comma = equation_.find(','), arrow = equation_.find("->");
    if (comma == std::string::npos || arrow == std::string::npos || comma > arrow) return wrong;
    Contraction c{equation_.substr(0, comma), equation_.substr(comma + 1, arrow - comma - 1), equation_.substr(arrow + 2), {}};
    const bool left = c.input.starts_with("...") && c.output.starts_with("..."), right = c.input.ends_with("...") && c.output.ends_with("...");
    if (left || right) {
      for (std::string* part : {&c.input, &c.output}) *part = left ? part->substr(3) : part->substr(0, part->size() - 3);
    }
    const auto letters = [](const std::string& text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char ch) { return std::isalpha(ch) != 0; }); };
    if (!letters(c.input) || !letters(c.weights) || !letters(c.output)) return wrong;
    std::string elided;
    const std::string used = c.input + c.weights + c.output;
    for (char letter = 'A'; letter <= 'Z' && static_cast<int>(c.input.size() + elided.size()) < shape.rank(); ++letter)
      if (used.find(letter) == std::string::npos) elided += letter;
    if (static_cast<int>(c.input.size() + elided.size()) != shape.rank() || (!elided.empty() && !left && !right))
      return Error{fmt::format("equation: '{}' does not fit an input of shape {}", equation_, ir::keras_shape(shape))};
    const size_t own = c.output.size();
    c.input = left ? elided + c.input : c.input + elided;
    c.output = left ? elided + c.output : c.output + elided;
    // output_shape says all axes but the batch and the elided ones.
    const size_t first = left && !elided.empty() ? elided.size() : 1, count = left && !elided.empty() ? own : own - 1;
    if (output_shape_.size() != count) return Error{fmt::format("output_shape: has {} axes, the equation '{}' needs {}", output_shape_.size(), equation_, count)};
    c.output_dims.assign(c.output.size(), Dim(-1));
    std::copy(output_shape_.begin(), output_shape_.end(), c.output_dims.begin() + static_cast<ptrdiff_t>(first));
    for (char letter : c.weights + c.output) {
      const bool known = c.input.find(letter) != std::string::npos || c.output.find(letter) != std::string::npos;
      if (!known || (c.output.find(letter) != std::string::npos && c.input.find(letter) == std::string::npos && c.weights.find(letter) == std::string::npos)) return wrong;
    }
    return c;
  }

  /// From the first bias axis on; axes that the bias does not have are 1.
  template <class Extent>
  Shape bias_shape(const Contraction& c, const Extent& extent) const {
    Shape shape;
    const auto has = [&](char letter) { return bias_axes_.find(letter) != std::string::npos; };
    for (char letter : c.output)
      if (has(letter) || !shape.dims.empty()) shape.dims.push_back(has(letter) ? extent(letter) : Dim(1));
    return shape;
  }

  std::string equation_, bias_axes_;
  std::vector<Dim> output_shape_;
  layers::EinsumDenseArguments arguments_;
  Activation activation_;
};

}  // namespace

const LayerDefinition& layer_EinsumDense() {
  static const LayerDefinition definition{.name = "EinsumDense", .aliases = {}, .create = create_layer<EinsumDense>};
  return definition;
}

}  // namespace keratin
