// The graph of IR nodes.
#include <fmt/format.h>
#include <map>

#include "compiler/view/dot_text.h"
#include "compiler/view/plot_text.h"

namespace keratin {

namespace {

constexpr size_t kShownAttributes = 48;  // characters

std::string label_of(const ir::Program& program, const ir::Function& function, const ir::Node& node) {
  std::string label(node.op.info().name);
  if (const auto* read = node.op.as<ir::Read>()) {
    label = program.variable(read->variable).name;
  } else if (std::string attributes = print(node.op); !attributes.empty()) {
    const bool cut = attributes.size() > kShownAttributes;
    label += fmt::format(" {}{}", std::string_view(attributes).substr(0, cut ? kShownAttributes - 3 : attributes.size()), cut ? "..." : "");
  }
  for (ir::ValueId id : node.outputs) label += fmt::format("\n{}", to_string(function.type(id)));
  return label;
}

}  // namespace

std::string ir_dot(const ir::Program& program) {
  const ir::Function& function = program.function(program.find("predict"));
  std::string text = "digraph predict {\n  graph [rankdir=TB, fontname=\"Helvetica\"];\n  node [fontname=\"Helvetica\", fontsize=10, shape=box];\n";
  std::map<uint32_t, std::string> maker;                 // value -> box
  std::map<uint32_t, std::string> frames;                // origin -> boxes
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const ir::ValueId id = function.parameters[i];
    maker[id.index] = fmt::format("p{}", i);
    text += fmt::format("  p{} [label={}, shape=ellipse];\n", i, dot_quoted(function.parameter_names[i] + "\n" + to_string(function.type(id))));
  }
  std::string edges;
  for (size_t i = 0; i < function.nodes.size(); ++i) {
    const ir::Node& node = function.nodes[i];
    const std::string box = fmt::format("    n{} [label={}{}];\n", i, dot_quoted(label_of(program, function, node)), node.op.as<ir::Read>() ? ", style=rounded" : "");
    if (node.origin.valid()) frames[node.origin.index] += box;
    else text += box.substr(2);
    for (ir::ValueId id : node.outputs) maker[id.index] = fmt::format("n{}", i);
    for (ir::ValueId id : node.inputs) edges += fmt::format("  {} -> n{};\n", maker.at(id.index), i);
  }
  for (const auto& [origin, boxes] : frames)
    text += fmt::format("  subgraph cluster_{} {{\n    label={}; labeljust=l; style=dashed;\n{}  }}\n", origin, dot_quoted(program.origins[origin].description), boxes);
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    text += fmt::format("  o{} [label={}, shape=ellipse];\n", i, dot_quoted(function.output_names[i] + "\n" + to_string(function.type(function.outputs[i]))));
    edges += fmt::format("  {} -> o{};\n", maker.at(function.outputs[i].index), i);
  }
  return text + edges + "}\n";
}

}  // namespace keratin
