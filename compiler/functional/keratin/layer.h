// Layer: the handle of a Keras layer (keras.layers.Layer). Copies share; weights and nodes come with the first call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "keratin/array.h"
#include "keratin/error.h"
#include "keratin/tensor.h"

namespace keratin::functional {

struct VariableState;

/// A weight of a layer (keras.Variable): a handle.
class Variable {
 public:
  std::string name() const;  // `kernel`
  std::string path() const;  // `dense/kernel`
  std::vector<int64_t> shape() const;
  std::string dtype() const;
  bool trainable() const;    // and its layer is not frozen
  NDArray numpy() const;
  /// ValueError where the shape differs.
  void assign(const NDArray& value) const;

 private:
  friend struct GraphAccess;
  explicit Variable(std::shared_ptr<VariableState> state) : state_(std::move(state)) {}
  std::shared_ptr<VariableState> state_;
};

/// Arguments of a call besides the inputs, in no layer all of them: those that a layer does not take are a ValueError.
struct CallOptions {
  Inputs mask{};
  Inputs initial_state{};                       // recurrent layers
  Inputs states{};                              // recurrent cells
  std::optional<bool> training{};
  Inputs key{};                                 // attention
  Inputs query_mask{}, value_mask{}, key_mask{}, attention_mask{};
  bool return_attention_scores = false, use_causal_mask = false;
};

class Layer {
 public:
  /// No layer: `if (layer)` tells.
  Layer() = default;
  explicit operator bool() const { return state_ != nullptr; }
  bool operator==(const Layer& other) const = default;  // the same layer

  /// Records a call. Throws ValueError in Keras's words where the inputs do not fit.
  Outputs operator()(const Inputs& inputs, const CallOptions& options = {}) const;
  /// The call on data: computes.
  NDArray operator()(const NDArray& data, const CallOptions& options = {}) const;
  std::vector<NDArray> operator()(const std::vector<NDArray>& data, const CallOptions& options = {}) const;

  const std::string& name() const;
  /// `Dense`.
  const std::string& class_name() const;
  bool built() const;
  bool trainable() const;
  /// Of a model or wrapper: of all that it holds, too.
  void set_trainable(bool trainable) const;
  Json get_config() const;

  // Weights in Keras's order: trainable ones first, then the others. Empty before the first call.
  std::vector<Variable> weights() const;
  std::vector<Variable> trainable_weights() const;
  std::vector<Variable> non_trainable_weights() const;
  std::vector<NDArray> get_weights() const;
  void set_weights(const std::vector<NDArray>& weights) const;
  int64_t count_params() const;

  // Nodes: one for each call, also those that no model took.
  int inbound_nodes() const;
  int outbound_nodes() const;
  // Of the only node; AttributeError before a call. With several: of the first where all agree, else AttributeError.
  Tensor input() const;
  Tensor output() const;
  TensorShape input_shape() const;
  TensorShape output_shape() const;
  std::vector<TensorShape> output_shapes() const;
  std::vector<Tensor> get_input_at(int node) const;
  std::vector<Tensor> get_output_at(int node) const;
  TensorShape get_input_shape_at(int node) const;
  TensorShape get_output_shape_at(int node) const;

  /// A layer of any supported class from its configuration (keras.layers.deserialize); for the classes of keratin::layers.
  static Layer from_config(const std::string& class_name, const Json& config);

 protected:
  explicit Layer(std::shared_ptr<LayerState> state) : state_(std::move(state)) {}
  /// `config` in Keras's keys; without a name it gets an automatic one.
  Layer(const char* class_name, const Json& config) : Layer(from_config(class_name, config).state_) {}
  friend struct GraphAccess;
  friend class Tensor;
  std::shared_ptr<LayerState> state_;
};

/// Forgets the numbers of automatic names (keras.utils.clear_session).
void clear_session();
/// Makes the first values of weights, the order of shuffling and the draws of training repeatable (keras.utils.set_random_seed). Without it they
/// differ from run to run.
void set_random_seed(uint64_t seed);

}  // namespace keratin::functional
