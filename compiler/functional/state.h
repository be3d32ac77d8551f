// What the handles of the functional API point to. A tensor holds its layer, a layer its calls (nodes), a call the tensors that it read: the graph
// lives as long as anyone holds its end, and has no circle.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/data/array.h"
#include "compiler/layers/layer.h"
#include "compiler/problems.h"
#include "keratin/layer.h"

namespace keratin::functional {

/// What shape inference knows of a tensor.
struct TensorType {
  TensorShape shape;
  DType dtype = DType::float32;
  std::optional<TensorShape> mask;  // of the mask that travels with it
};

struct CallEntry;

/// An argument of a call as it was given: a constant, a tensor, a list or a dictionary of these.
struct CallTree {
  using List = std::vector<CallTree>;
  using Dict = std::vector<CallEntry>;
  std::variant<Json, Tensor, List, Dict> value;
};
struct CallEntry {
  std::string first;
  CallTree second;
};

/// One call of a layer.
struct Node {
  std::vector<CallTree> args;
  CallTree::Dict kwargs;
  std::vector<Tensor> inputs;  // flattened
  std::vector<TensorType> outputs;
};

struct VariableState {
  std::string name, path;
  std::vector<int64_t> shape;
  DType dtype = DType::float32;
  bool trainable = true;  // by kind
  bool frozen = false;    // with its layer
  Json initializer;
  uint64_t seed = 0;      // of its first value
  std::optional<Array> value;  // absent: nobody has asked for it yet

  /// The value, made by the initializer where there is none yet. ValueError where the initializer cannot be read.
  const Array& current();
};

struct ModelState;

struct LayerState {
  std::string class_name, name;
  std::string module, registered_name;  // as Keras writes them for this class; empty registered_name: null
  Json config;
  bool operation = false, built = false;
  int changes = 0;  // of its configuration, since it was made or read
  std::shared_ptr<keratin::Layer> definition;  // what a call expands to; null of an unbuilt model
  std::vector<std::shared_ptr<VariableState>> weights;  // in Keras's order; of a model: those of its layers
  std::vector<std::unique_ptr<Node>> nodes;
  int outbound = 0;
  std::shared_ptr<ModelState> model;  // where the layer is a model

  bool trainable() const;
  const TensorType& output(int node, int index) const { return nodes[static_cast<size_t>(node)]->outputs[static_cast<size_t>(index)]; }
};

/// The way from handles to states.
struct GraphAccess {
  static const std::shared_ptr<LayerState>& state(const Layer& layer) { return layer.state_; }
  static const std::shared_ptr<LayerState>& layer(const Tensor& tensor) { return tensor.layer_; }
  static Tensor tensor(std::shared_ptr<LayerState> layer, int node, int index) { return Tensor(std::move(layer), node, index); }
  static Layer handle(std::shared_ptr<LayerState> state) { return Layer(std::move(state)); }
  static Variable variable(std::shared_ptr<VariableState> state) { return Variable(std::move(state)); }
  static const std::shared_ptr<VariableState>& state(const Variable& variable) { return variable.state_; }
};

/// The type of a Keras tensor.
const TensorType& type_of(const Tensor& tensor);

/// `dense`, `dense_1`, ...: Keras's automatic names, one counter for each class.
std::string automatic_name(const std::string& class_name);

/// Puts the numbers of automatic names back at its end.
class SessionNames {
 public:
  SessionNames();
  ~SessionNames();
  SessionNames(const SessionNames&) = delete;
  SessionNames& operator=(const SessionNames&) = delete;

 private:
  std::map<std::string, int> names_;
};

/// The next number of the process's stream of seeds.
uint64_t next_seed();

/// A layer's state from its serialized object ({class_name, config}); its problems are a ValueError.
std::shared_ptr<LayerState> make_layer(const std::string& class_name, Json config, bool operation = false);

/// Records a call: infers the types of its outputs, builds the weights at the first one. Throws ValueError in Keras's words.
std::vector<Tensor> record_call(const std::shared_ptr<LayerState>& layer, std::vector<CallTree> args, CallTree::Dict kwargs);

/// A call on data: computes by the evaluator; moving statistics change where options.training is true.
std::vector<NDArray> computed_call(const std::shared_ptr<LayerState>& layer, const std::vector<NDArray>& data, const CallOptions& options);

/// All tensors inside, dictionaries in the order of their sorted keys.
void flatten(const CallTree& tree, std::vector<Tensor>& tensors);

/// Inputs and options of a call as Keras takes them.
std::vector<CallTree> call_arguments(const Inputs& inputs);
/// ValueError for an option that the layer does not take.
CallTree::Dict call_keywords(const LayerState& layer, const CallOptions& options);

/// An operation of keras.ops recorded on tensors and constants: `Add`, its constructor's arguments, its call's.
std::vector<Tensor> record_operation(const std::string& name, Json::Object config, std::vector<CallTree> args, CallTree::Dict kwargs = {});

/// Throws the problems as one ValueError, each without the name of the file that they begin with.
[[noreturn]] void raise(const Problems& problems, const std::string& file);

// Data of the API to the engines' and back.
Array to_engine(const NDArray& array);
NDArray from_engine(Array array);

}  // namespace keratin::functional
