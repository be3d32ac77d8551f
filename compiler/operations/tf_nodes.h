// NodeDefs of TensorFlow graphs, as TensorFlowOpLayer keeps them (TensorFlow 2.0 to 2.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/json/json.h"

namespace keratin {

/// One node: `Reshape` with attributes as plain values: numbers, texts, dtype names, lists of these.
struct TfNode {
  std::string op;
  Json::Object attributes;
};

/// Reads a NodeDef: an object, or the text of one.
Result<TfNode> read_tf_node(const Json& node_def);

/// A graph op as a function of TensorFlow's Python interface.
struct TfNodeOp {
  std::string_view op;        // `BatchMatMulV2`
  std::string_view function;  // `matmul`
  std::string_view inputs;    // the function's names for the inputs in order; `*values` takes all that the others leave
  std::string_view attributes;  // each with the function's name where it differs: `keep_dims:keepdims`
};

const std::vector<TfNodeOp>& tf_node_ops();

}  // namespace keratin
