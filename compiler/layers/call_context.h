// CallContext: what a layer's expansion sees: the builder, its weights, the mode, and where problems go.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/layers/layer.h"
#include "compiler/problems.h"

namespace keratin {

/// State of one expansion of a whole model.
struct Expansion {
  ir::Program& program;
  Problems& problems;
  std::string file;
  bool training = false;
  std::vector<Layer*> built;               // layers in the order in which their first call declared weights
  uint64_t random_draws = 0;  // so far, so that every call of a layer has its own stream
  Vals losses;                             // regularization terms, scalars
  std::vector<std::pair<ir::VariableId, Val>> current;  // variables that an earlier call of this expansion has updated
  std::set<ir::VariableId> regularized;    // whose term stands in losses: once, however often a layer is called
  std::optional<int64_t> wanted_batch;                  // a size in the file holds for this number of examples only
  std::map<const Layer*, Vals> cell_masks = {};  // of dropout in recurrent cells that are called as layers
};

class CallContext {
 public:
  CallContext(Expansion& expansion, ir::Builder& builder, Layer& layer, std::string path) : b(builder), expansion_(expansion), layer_(layer), path_(std::move(path)) {}

  ir::Builder& b;

  bool training() const { return expansion_.training; }
  Layer& layer() const { return layer_; }
  const std::string& path() const { return path_; }
  const KerasVersion& version() const { return layer_.version; }
  DType compute() const { return layer_.dtype.compute; }
  bool fresh() const { return layer_.weights.empty() || !layer_.weights.front()->variable.valid(); }

  struct WeightOptions {
    Json initializer;
    Json regularizer;
    bool trainable = true;
    ir::Role role = ir::Role::weight;
    std::optional<DType> dtype;
  };
  /// Declares the layer's weight of that name at its first call; later calls return the same one, and a shape that differs is a problem.
  Weight& weight(const std::string& name, Shape shape, WeightOptions options);
  Weight& weight(const std::string& name, Shape shape, Json initializer = {}, Json regularizer = {}) {
    return weight(name, std::move(shape), WeightOptions{std::move(initializer), std::move(regularizer), true, ir::Role::weight, {}});
  }
  /// A variable that is no weight of the file: the state of a stateful layer, zeros at first.
  Weight& state(const std::string& name, Shape shape, WeightOptions options);
  /// The weight's present value in the compute dtype.
  Val read(const Weight& weight);
  /// The present value in the variable's own dtype.
  Val read_exact(const Weight& weight);
  void update(const Weight& weight, Val value);

  /// Adds a scalar to the model's loss.
  void add_loss(Val value) { expansion_.losses.push_back(value); }

  /// Calls a child layer under its own name: `both/forward_inner`.
  KTensors call_child(Layer& child, const CallInputs& inputs);

  /// Reports a problem of this call and gives poisoned outputs.
  KTensors fail(const std::string& message);
  Val fail_value(const std::string& message);
  Expansion& expansion() { return expansion_; }

 private:
  void regularize(const Weight& weight, const Json& regularizer);

  Expansion& expansion_;
  Layer& layer_;
  std::string path_;
};

/// Expands one call of a layer with all that Keras does around it: casts, implicit masks, activity regularizer, mask of the outputs,
/// names and origins. Builder errors become problems of this call.
KTensors call_layer(Expansion& expansion, ir::Builder& builder, Layer& layer, const std::string& path, const CallInputs& inputs);

}  // namespace keratin
