// Layer: what a Keras layer or operation is to the compiler: how its config reads, which weights it has, what a call expands to.
// One small file per layer, one line in layers.def; see docs/adding_a_layer.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/graph/version.h"
#include "compiler/json/json.h"
#include "compiler/layers/config_reader.h"
#include "ir/builder.h"

namespace keratin {

using ir::Dim;
using ir::kBatch;
using ir::Shape;
using ir::Val;
using ir::Vals;

class CallContext;
class Layer;

/// A Keras tensor in expansion: its value and, where one travels with it, its mask (bool).
struct KTensor {
  Val value;
  Val mask;  // poisoned: no mask
  bool has_mask() const { return !mask.poisoned(); }
};
using KTensors = std::vector<KTensor>;

struct CallEntry;

/// An argument of a call: a tensor, a constant of the file, a list or a dictionary of these.
struct CallValue {
  using List = std::vector<CallValue>;
  using Dict = std::vector<CallEntry>;
  std::variant<Json, KTensor, List, Dict> value;

  const KTensor* tensor() const { return std::get_if<KTensor>(&value); }
  const Json* constant() const { return std::get_if<Json>(&value); }
  const List* list() const { return std::get_if<List>(&value); }
  const Dict* dict() const { return std::get_if<Dict>(&value); }
  bool is_none() const { return constant() && constant()->is_null(); }
  /// All tensors inside, dictionaries in the order of their sorted keys (Keras's flattening).
  KTensors flatten() const;
};

/// An entry of a dictionary, as a pair would be: a pair must know its types before it can stand in a variant of itself.
struct CallEntry {
  std::string first;
  CallValue second;
};

/// The arguments of one call of a layer.
struct CallInputs {
  std::vector<CallValue> args;
  CallValue::Dict kwargs;

  /// The argument at a position or, failing that, of that name; nullptr where absent or None.
  const CallValue* find(size_t position, std::string_view name) const;
  const CallValue* find(std::string_view name) const;
  /// The tensors of the first argument (`inputs`, `x`): one, or the list that merge layers take.
  KTensors tensors() const;
};

/// A variable of a layer, as Keras declares it.
struct Weight {
  std::string name;        // `kernel`
  Shape shape;             // static
  DType dtype = DType::float32;
  bool trainable = true;   // by kind; a frozen layer's weights are not trained either
  Json initializer;        // as in the config; null: zeros
  ir::Role role = ir::Role::weight;
  ir::VariableId variable; // in the program being expanded
  std::string path;        // `encoder/dense_1/kernel`
  std::optional<size_t> stored_at;  // number of its array in the layer's group of a Keras 3 file; absent: its place among ordered_weights
};

/// What reads from other layers' files by attribute name: `cell`, `forward_layer`, `layer`, `query_dense`.
struct Child {
  std::string attribute;
  std::shared_ptr<Layer> layer;
};

/// float32, mixed_float16, ...
struct DTypePolicy {
  DType compute = DType::float32;
  DType variable = DType::float32;
};

class Layer {
 public:
  virtual ~Layer() = default;

  /// Reads the config. Every key is read, or known to be without effect; anything else is a problem.
  virtual void configure(ConfigReader&) {}
  /// Expands one call: adds ops to the context's builder. Inputs are cast to the compute dtype already. Problems go to ctx.fail.
  virtual KTensors call(CallContext& ctx, const CallInputs& inputs) = 0;
  /// Whether the mask of the first input is the mask of the outputs (Keras's supports_masking).
  virtual bool passes_mask() const { return false; }
  /// Inputs keep their dtype (integer ids, nested models, wrappers).
  virtual bool autocasts() const { return true; }
  /// Whether a call may name such an argument besides its inputs: `mask`, `training` and what the layer itself looks for.
  virtual bool takes_argument(std::string_view argument) const { return argument == "mask" || argument == "training"; }
  /// The arguments whose shapes Keras's `build` takes, where it takes more than that of the inputs.
  virtual std::vector<std::string_view> build_arguments() const { return {}; }
  /// One line for comments and tables: `Dense(64, relu)`.
  virtual std::string describe() const { return class_name; }

  std::string name;
  std::string class_name;
  bool trainable = true;
  bool is_operation = false;  // a keras.ops node: no weights, not in model.layers
  DTypePolicy dtype;
  KerasVersion version;
  Json activity_regularizer;  // null: none
  std::vector<std::unique_ptr<Weight>> weights;  // in the order of creation
  std::vector<std::unique_ptr<Weight>> states;   // of a stateful layer: not in files
  std::vector<Child> children;                   // layers held by this one; a model holds its layers otherwise

  /// The weights in Keras's order: trainable by kind first, then the others.
  std::vector<Weight*> ordered_weights() const;
};

/// What the registry knows about a class.
struct LayerDefinition {
  std::string_view name;                       // `Dense`; operations: `Add.op`
  std::vector<std::string_view> aliases;       // older class names
  std::function<std::unique_ptr<Layer>()> create;
  std::string_view note = "";                  // shown by `keratin layers`: what part is not supported
};

/// The definition of a class name, or nullptr. Operations are looked up with `.op` appended.
const LayerDefinition* find_layer(std::string_view class_name);
/// Makes a class known to this process, beside those of layers.def: what a program defines. `name` is a class name or `package>Name`.
void add_layer_definition(const std::string& name, std::function<std::unique_ptr<Layer>()> create);
/// All definitions but added ones, sorted by name.
std::vector<const LayerDefinition*> all_layers();

template <class T>
std::unique_ptr<Layer> create_layer() {
  return std::make_unique<T>();
}

}  // namespace keratin
