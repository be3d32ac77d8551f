// Outline: a model as people look at it: layers in Keras's order with shapes, numbers of parameters and connections. What `summary` and
// `plot` show. No weights are needed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/load.h"

namespace keratin {

/// nullopt: open, Keras's None.
using OpenShape = std::vector<std::optional<int64_t>>;

/// A tensor that a call reads: the layer by its place in Outline::layers.
struct OutlineRead {
  int layer = 0, call = 0, output = 0;
};

struct OutlineCall {
  std::vector<OutlineRead> reads;
  std::vector<OpenShape> inputs, outputs;
};

struct Outline;

struct OutlineLayer {
  std::string name, class_name;
  bool operation = false;          // of keras.ops
  bool built = true;
  int64_t parameters = 0;
  std::vector<OutlineCall> calls;  // of this graph; empty where nobody has called the layer
  std::shared_ptr<Outline> model;  // of a nested model
};

struct ParameterCount {
  int64_t number = 0, bytes = 0;
};

struct Outline {
  std::string name, class_name;
  bool path = true;                       // no need to say what is connected to what
  std::vector<OutlineLayer> layers;       // a Sequential's without its InputLayer
  std::vector<OutlineRead> outputs;
  std::vector<int> inputs;                // input layers; empty for a Sequential
  ParameterCount trainable, non_trainable;
  std::optional<ParameterCount> optimizer;  // of the outermost model: what opening the file in Keras makes of it
};

/// Problems name what cannot be read or has no shape. Dimensions that stay open in the file are None.
std::optional<Outline> outline_of(ReadModel& read, Problems& problems);

}  // namespace keratin
