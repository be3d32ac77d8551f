// A model of one layer, from the text of its config, for tests.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "compiler/expand.h"
#include "compiler/graph/model.h"
#include "compiler/import/graph_reader.h"
#include "compiler/json/json.h"
#include "compiler/problems.h"

namespace keratin {

/// What the compiler says about a layer read by inputs of these shapes (without the batch); outputs' shapes where it says nothing.
struct OneLayer {
  std::vector<std::string> problems;
  std::vector<std::string> shapes;
};

/// The text of the model: the layer reads all inputs and is called with `kwargs`.
inline std::string one_layer_text(const std::string& class_name, const std::string& config, const std::vector<std::string>& inputs,
                                  const std::string& kwargs, const std::string& dtype = "float32") {
  std::string layers, arguments, ends;
  for (size_t i = 0; i < inputs.size(); ++i) {
    layers += fmt::format(R"({{"class_name": "InputLayer", "module": "keras.layers", "name": "in{0}", "inbound_nodes": [],
                              "config": {{"name": "in{0}", "dtype": "{2}", "batch_shape": {1}}}}}, )", i, inputs[i], dtype);
    arguments += fmt::format(R"({}{{"class_name": "__keras_tensor__",
                                    "config": {{"shape": {}, "dtype": "{}", "keras_history": ["in{}", 0, 0]}}}})",
                             i ? ", " : "", inputs[i], dtype, i);
    ends += fmt::format(R"({}["in{}", 0, 0])", i ? ", " : "", i);
  }
  if (inputs.size() > 1) arguments = "[" + arguments + "]";
  return fmt::format(
      R"({{"class_name": "Functional", "module": "keras", "config": {{"name": "model", "trainable": true, "layers": [{}
          {{"class_name": "{}", "module": "keras.layers", "name": "layer", "config": {},
            "inbound_nodes": [{{"args": [{}], "kwargs": {}}}]}}],
          "input_layers": [{}], "output_layers": [["layer", 0, 0]]}}}})",
      layers, class_name, config, arguments, kwargs, ends);
}

inline OneLayer one_layer(const std::string& class_name, const std::string& config, const std::vector<std::string>& inputs,
                          const std::string& kwargs = "{}",
                          const char* version = "3.15.1") {
  OneLayer result;
  Problems problems;
  const Result<Json> json = Json::parse(one_layer_text(class_name, config, inputs, kwargs));
  if (!json) return {{json.error()}, {}};
  ReadContext context{"model.keras", KerasVersion::parse(version), problems, {}};
  if (const std::shared_ptr<Model> model = read_model(*json, context); model && problems.empty()) {
    const ExpandedModel expanded = expand(*model, "model.keras", {}, problems);
    if (problems.empty()) {
      const ir::Function& predict = expanded.program.function(expanded.program.find("predict"));
      for (ir::ValueId output : predict.outputs) result.shapes.push_back(ir::to_string(predict.type(output)));
    }
  }
  result.problems = problems.messages();
  return result;
}

}  // namespace keratin
