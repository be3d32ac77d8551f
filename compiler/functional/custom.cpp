#include "keratin/custom.h"

#include <atomic>
#include <fmt/format.h>
#include <map>
#include <mutex>

#include "compiler/functional/model_state.h"
#include "compiler/functional/state.h"
#include "compiler/graph/model.h"
#include "compiler/layers/call_context.h"
#include "keratin/model.h"

namespace keratin::functional {

/// One expansion of a custom layer: its weights become inputs of the graph that its call makes.
struct CustomScope {
  struct Declared {
    std::string name;
    std::vector<int64_t> shape;
    WeightOptions options;
    Tensor tensor;
  };
  std::vector<Declared> weights;

  static void enter(CustomLayer& layer, CustomScope* scope) { layer.scope_ = scope; }
};

namespace {

struct Registered {
  std::mutex mutex;
  std::map<std::string, TensorFunction> functions;
};
Registered& registered() {
  static Registered the;
  return the;
}

TensorShape open_shape(const Shape& shape) {
  TensorShape made;
  for (const Dim& dim : shape.dims) made.push_back(dim.is_static() ? std::optional(dim.size) : std::nullopt);
  return made;
}

Tensor stand_in(const std::string& name, const TensorShape& shape, DType dtype) {
  InputOptions options;
  options.batch_shape = shape;
  options.dtype = std::string(name_of(dtype));
  options.name = name;
  return Input(options);
}

/// A layer whose call is a graph of operations that a function of the program makes for the types at hand.
class ComposedLayer : public keratin::Layer {
 public:
  KTensors call(CallContext& ctx, const CallInputs& given) override {
    const SessionNames names;  // what is composed here takes no automatic names from the program
    const KTensors values = given.tensors();
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < values.size(); ++i) inputs.push_back(stand_in(fmt::format("input_{}", i), open_shape(values[i].value.shape()), values[i].value.dtype()));
    CustomScope scope;
    std::vector<Tensor> outputs;
    try {
      outputs = compose(inputs, scope);
      for (const CustomScope::Declared& weight : scope.weights) inputs.push_back(weight.tensor);
      graphs_.push_back(Model(inputs, outputs));
    } catch (const Exception& error) {
      return ctx.fail(error.what());
    }
    if (!graphs_.back().weights().empty())
      return ctx.fail(fmt::format("calls layer '{}', which has weights: they would not be this layer's. Declare weights, or build the model of both", graphs_.back().weights()[0].path()));
    CallInputs arguments;
    CallValue::List list;
    for (const KTensor& value : values) list.push_back({value});
    for (const CustomScope::Declared& weight : scope.weights) list.push_back({KTensor{ctx.read(declare(ctx, weight)), {}}});
    arguments.args.push_back({std::move(list)});
    return GraphAccess::state(graphs_.back())->definition->call(ctx, arguments);
  }

 protected:
  virtual std::vector<Tensor> compose(const std::vector<Tensor>& inputs, CustomScope& scope) = 0;

 private:
  static Weight& declare(CallContext& ctx, const CustomScope::Declared& weight) {
    Shape shape;
    for (int64_t extent : weight.shape) shape.dims.push_back(extent);
    CallContext::WeightOptions options;
    options.initializer = encode(weight.options.initializer);
    options.regularizer = encode(weight.options.regularizer);
    options.trainable = weight.options.trainable;
    return ctx.weight(weight.name, shape, options);
  }

  std::vector<Model> graphs_;  // an expansion names them
};

class LambdaLayer : public ComposedLayer {
 public:
  void configure(ConfigReader& config) override {
    config.ignore({"arguments", "output_shape", "mask"});
    const Json& function = config.raw("function");
    const Json* key = function.find("registered_name");
    const Json& name = key ? *key : function;
    if (!name.is_string()) return config.fail("Lambda holds Python bytecode, which cannot be compiled; rebuild the model with operations or a registered layer");
    const std::lock_guard lock(registered().mutex);
    const auto found = registered().functions.find(name.as_string());
    if (found == registered().functions.end()) return config.fail("function", fmt::format("'{}' is not registered", name.as_string()));
    function_ = found->second;
  }

 protected:
  std::vector<Tensor> compose(const std::vector<Tensor>& inputs, CustomScope&) override { return function_(inputs); }

 private:
  TensorFunction function_;
};

class RegisteredLayer : public ComposedLayer {
 public:
  explicit RegisteredLayer(CustomFactory factory) : factory_(std::move(factory)) {}
  void configure(ConfigReader& config) override {
    try {
      layer_ = factory_(config.whole());
    } catch (const std::exception& error) {
      config.fail(error.what());
    }
    config.ignore_the_rest();
  }

 protected:
  std::vector<Tensor> compose(const std::vector<Tensor>& inputs, CustomScope& scope) override {
    CustomScope::enter(*layer_, &scope);
    std::vector<Tensor> outputs = layer_->call(inputs);
    CustomScope::enter(*layer_, nullptr);
    return outputs;
  }

 private:
  CustomFactory factory_;
  std::unique_ptr<CustomLayer> layer_;
};

void know_lambda() {
  static const bool known = (add_layer_definition("Lambda", [] { return std::make_unique<LambdaLayer>(); }), true);
  static_cast<void>(known);
}

}  // namespace

Tensor CustomLayer::weight(const std::string& name, const std::vector<int64_t>& shape, const WeightOptions& options) const {
  if (!scope_) throw ValueError("A layer's weights exist within its call only.");
  for (const CustomScope::Declared& known : scope_->weights)
    if (known.name == name) return known.tensor;
  if (shape.empty()) throw ValueError(fmt::format("Weight '{}': a weight without axes is not supported; give it the shape (1,).", name));
  const Tensor tensor = stand_in("weight_" + name, TensorShape(shape.begin(), shape.end()), DType::float32);
  scope_->weights.push_back({name, shape, options, tensor});
  return tensor;
}

void register_function(const std::string& name, TensorFunction function) {
  know_lambda();
  const std::lock_guard lock(registered().mutex);
  registered().functions[name] = std::move(function);
}

void register_layer(const std::string& registered_name, CustomFactory factory) {
  if (registered_name.find('>') == std::string::npos) throw ValueError(fmt::format("'{}' is no name of the form package>Name.", registered_name));
  add_layer_definition(registered_name, [factory = std::move(factory)] { return std::make_unique<RegisteredLayer>(factory); });
}

Layer make_custom(const std::string& registered_name, const Json& config) { return GraphAccess::handle(make_layer(registered_name, config)); }

}  // namespace keratin::functional

namespace keratin::layers {

namespace {

LambdaArguments under_own_name(functional::TensorFunction function, LambdaArguments arguments) {
  static std::atomic<int> number{0};
  const std::string name = fmt::format("lambda>{}", number++);
  functional::register_function(name, std::move(function));
  arguments.function = Json::Object{{"class_name", "function"}, {"config", name}, {"registered_name", name}};
  return arguments;
}

LambdaArguments named(const std::string& name, LambdaArguments arguments) {
  arguments.function = Json::Object{{"class_name", "function"}, {"config", name}, {"registered_name", name}};
  return arguments;
}

}  // namespace

Lambda::Lambda(functional::TensorFunction function, Arguments arguments) : Layer("Lambda", config_of(under_own_name(std::move(function), std::move(arguments)))) {}
Lambda::Lambda(std::function<Tensor(const Tensor&)> function, Arguments arguments)
    : Lambda(functional::TensorFunction([f = std::move(function)](const std::vector<Tensor>& inputs) { return std::vector{f(inputs.at(0))}; }), std::move(arguments)) {}
Lambda::Lambda(const std::string& registered_name, Arguments arguments) : Layer("Lambda", config_of(named(registered_name, std::move(arguments)))) {}

}  // namespace keratin::layers
