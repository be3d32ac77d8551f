// The graph of layers, as keras.src.utils.model_visualization draws it.
#include <fmt/format.h>
#include <set>

#include "compiler/view/dot_text.h"
#include "compiler/view/plot_text.h"

namespace keratin {

namespace {

/// A shape as Python prints a tuple: `(None,)`.
std::string tuple_text(const OpenShape& shape) {
  std::string text;
  for (const std::optional<int64_t>& extent : shape) text += (text.empty() ? "" : ", ") + (extent ? std::to_string(*extent) : "None");
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

std::string shapes_text(const std::vector<OpenShape>& shapes) {
  if (shapes.empty()) return "?";
  if (shapes.size() == 1) return tuple_text(shapes[0]);
  std::string text;
  for (const OpenShape& shape : shapes) text += (text.empty() ? "" : ", ") + tuple_text(shape);
  return "[" + text + "]";
}

std::string label_of(const OutlineLayer& layer) {
  static const OutlineCall uncalled;
  const OutlineCall& call = layer.calls.empty() ? uncalled : layer.calls.front();  // Keras shows the first one
  const auto cell = [](const char* what, const std::string& shapes) {
    return fmt::format("<td bgcolor=\"white\"><font point-size=\"14\">{} shape: <b>{}</b></font></td>", what, dot_html(shapes));
  };
  const bool input = layer.class_name == "InputLayer";
  return fmt::format("<<table border=\"0\" cellborder=\"1\" bgcolor=\"black\" cellpadding=\"10\"><tr><td colspan=\"{}\" bgcolor=\"black\"><font point-size=\"16\" color=\"white\"><b>{}</b> ({})</font>"
                     "</td></tr><tr>{}{}</tr></table>>",
                     input ? 1 : 2, dot_html(layer.name), dot_html(layer.class_name), input ? "" : cell("Input", shapes_text(call.inputs)), cell("Output", shapes_text(call.outputs)));
}

class ModelPlot {
 public:
  explicit ModelPlot(bool expand_nested) : expand_(expand_nested) {}

  std::string of(const Outline& outline) {
    boxes(outline, "n", "  ");
    edges(outline, "n");
    return "digraph " + dot_quoted(outline.name) + " {\n  graph [concentrate=true, rankdir=TB, splines=ortho];\n  node [fontname=\"Helvetica\", margin=0, shape=none];\n  edge [penwidth=2];\n" +
           text_ + "}\n";
  }

 private:
  bool framed(const OutlineLayer& layer) const { return expand_ && layer.model && !layer.model->layers.empty(); }
  static std::string id(const std::string& prefix, size_t layer) { return fmt::format("{}_{}", prefix, layer); }

  void boxes(const Outline& outline, const std::string& prefix, const std::string& indent) {
    for (size_t i = 0; i < outline.layers.size(); ++i) {
      const OutlineLayer& layer = outline.layers[i];
      if (!framed(layer)) {
        text_ += fmt::format("{}{} [label={}];\n", indent, id(prefix, i), label_of(layer));
        continue;
      }
      text_ += fmt::format("{}subgraph cluster_{} {{\n{}  label={}; labeljust=l; style=dashed;\n", indent, id(prefix, i), indent, dot_quoted(layer.name));
      boxes(*layer.model, id(prefix, i), indent + "  ");
      text_ += indent + "}\n";
    }
  }

  /// The box from which output `output` of a layer comes, or that takes its input `input`: inside, where its model is framed.
  std::string source(const Outline& outline, const std::string& prefix, const OutlineRead& read) const {
    const OutlineLayer& layer = outline.layers[static_cast<size_t>(read.layer)];
    const std::string name = id(prefix, static_cast<size_t>(read.layer));
    if (!framed(layer) || read.output >= static_cast<int>(layer.model->outputs.size())) return name;
    return source(*layer.model, name, layer.model->outputs[static_cast<size_t>(read.output)]);
  }
  std::string target(const Outline& outline, const std::string& prefix, size_t at, size_t input) const {
    const OutlineLayer& layer = outline.layers[at];
    const std::string name = id(prefix, at);
    if (!framed(layer)) return name;
    const std::vector<int>& inputs = layer.model->inputs;  // empty for a Sequential, whose first layer takes what comes
    return target(*layer.model, name, input < inputs.size() ? static_cast<size_t>(inputs[input]) : 0, 0);
  }

  void edges(const Outline& outline, const std::string& prefix) {
    std::set<std::pair<std::string, std::string>> drawn;
    for (size_t i = 0; i < outline.layers.size(); ++i) {
      const OutlineLayer& layer = outline.layers[i];
      if (framed(layer)) edges(*layer.model, id(prefix, i));
      for (const OutlineCall& call : layer.calls)
        for (size_t input = 0; input < call.reads.size(); ++input) {
          const std::pair<std::string, std::string> edge{source(outline, prefix, call.reads[input]), target(outline, prefix, i, input)};
          if (drawn.insert(edge).second) text_ += fmt::format("  {} -> {};\n", edge.first, edge.second);
        }
    }
  }

  bool expand_;
  std::string text_;
};

}  // namespace

std::string model_dot(const Outline& outline, bool expand_nested) { return ModelPlot(expand_nested).of(outline); }

}  // namespace keratin
