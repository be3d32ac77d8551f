// Model: Keras's functional graph. A shared layer is one Layer with many calls, as in Keras. A Model is a Layer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/layers/layer.h"

namespace keratin {

/// An output of a call: layer by position in Model::layers, call and output counted from 0.
struct TensorRef {
  /// How the file said it, which decides from where it counts a nested model's calls.
  enum class Form : uint8_t { history, list, end };
  int layer = 0, call = 0, output = 0;
  Form form = Form::history;
  bool operator==(const TensorRef&) const = default;
};

struct GraphEntry;

/// An argument as the graph stores it: tensors are references.
struct GraphValue {
  using List = std::vector<GraphValue>;
  using Dict = std::vector<GraphEntry>;
  std::variant<Json, TensorRef, List, Dict> value;
};

struct GraphEntry {
  std::string first;
  GraphValue second;
};

struct GraphCall {
  std::vector<GraphValue> args;
  GraphValue::Dict kwargs;
};

struct GraphLayer {
  std::string name;
  std::shared_ptr<Layer> layer;  // null after a problem: its outputs are poisoned
  Json json;  // the whole entry of the file
  std::vector<GraphCall> calls;
};

class Model : public Layer {
 public:
  bool sequential = false;
  std::vector<GraphLayer> layers;  // in the file's order; InputLayers included
  struct CallRef {
    int layer = 0, call = 0;
  };
  std::vector<CallRef> order;      // every call after those it reads
  std::vector<TensorRef> inputs;   // flattened
  std::vector<TensorRef> outputs;  // flattened
  std::vector<std::string> input_names, output_names;  // as recorded data name them
  Json compile_config;
  bool unbuilt = false;            // a Sequential without input shape
  /// What each call took and gave when the model was expanded last: tensors flattened, arguments before named ones.
  struct CallTypes {
    CallRef at;
    ir::Types inputs, outputs;
  };
  std::vector<CallTypes> call_types;

  KTensors call(CallContext& ctx, const CallInputs& inputs) override;
  bool autocasts() const override { return false; }
};

/// The model's input layers in order, with shape and dtype.
struct InputSpec {
  std::string name;
  Shape shape;  // batch included
  DType dtype;
  std::vector<int> open;  // axes still open; the shape holds -1 there until the caller fixes them
};

}  // namespace keratin
