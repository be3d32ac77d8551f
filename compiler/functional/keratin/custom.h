// Layers of a program's own: functions and types that compose operations. Shapes, gradients and code follow from what they compose.
#pragma once

#include <functional>
#include <memory>

#include "keratin/arguments.h"

namespace keratin::functional {

/// A function of symbolic tensors; it may call operations and layers without weights.
using TensorFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// Makes a function known under a name (`package>name`), so that a file whose Lambda names it loads. A later one of the same name replaces it.
void register_function(const std::string& name, TensorFunction function);

struct WeightOptions {
  NamedOnly named_only{};
  Initializer initializer = "glorot_uniform";
  Regularizer regularizer{};
  bool trainable = true;
};

struct CustomScope;

/// The base of a layer type. An object is made once for each layer; `call` is asked for every call, with symbolic tensors.
class CustomLayer {
 public:
  virtual ~CustomLayer() = default;
  virtual std::vector<Tensor> call(const std::vector<Tensor>& inputs) = 0;

 protected:
  /// The weight of that name as a tensor; to be called in `call`. The first call makes it.
  Tensor weight(const std::string& name, const std::vector<int64_t>& shape, const WeightOptions& options = {}) const;

 private:
  friend struct CustomScope;
  CustomScope* scope_ = nullptr;
};

using CustomFactory = std::function<std::unique_ptr<CustomLayer>(const Json& config)>;
/// Makes a type known as `package>Name`, the name that Keras's register_keras_serializable gives.
void register_layer(const std::string& registered_name, CustomFactory factory);
/// The same for a type with a constructor from its config.
template <class T>
void register_layer(const std::string& registered_name) {
  register_layer(registered_name, [](const Json& config) { return std::make_unique<T>(config); });
}

/// A layer of a registered type; `config` is what its constructor gets and what files keep.
Layer make_custom(const std::string& registered_name, const Json& config = Json(Json::Object{}));

}  // namespace keratin::functional

namespace keratin::layers {

/// The arguments of Lambda.
struct LambdaArguments {
  NamedOnly named_only{};
  Json function{};
  KERATIN_ARGUMENTS(function)
};

/// A function of symbolic tensors as a layer. A file keeps the name of a registered function only; one without a name can be run, but not loaded again.
class Lambda : public Layer {
 public:
  using Arguments = LambdaArguments;
  explicit Lambda(std::function<Tensor(const Tensor&)> function, Arguments arguments = {});
  explicit Lambda(functional::TensorFunction function, Arguments arguments = {});
  /// A registered function by its name.
  explicit Lambda(const std::string& registered_name, Arguments arguments = {});
};

}  // namespace keratin::layers
