// The memory of emitted code over time.
#include <algorithm>
#include <fmt/format.h>

#include "compiler/view/dot_text.h"
#include "compiler/view/plot_text.h"

namespace keratin {

namespace {

// Inches on the drawing.
constexpr double kStepWidth = 1.2, kHeight = 7, kLeast = 0.04, kTwoLines = 0.35;

struct Bar {
  std::string name;
  int first, last;  // steps
  int64_t offset, bytes;
};

std::vector<Bar> bars_of(const ir::PlannedFunction& function) {
  std::vector<Bar> bars;
  for (const ir::Buffer& buffer : function.buffers)
    if (buffer.role == ir::BufferRole::scratch && buffer.first >= 0) bars.push_back({buffer.name, buffer.first, buffer.last, buffer.offset.at(1), buffer.bytes().at(1)});
  return bars;
}

std::string text_at(const std::string& id, double x, double y, const std::string& text) {
  return fmt::format("  {} [shape=plaintext, style=\"\", label={}, pos=\"{:.3f},{:.3f}!\"];\n", id, dot_quoted(text), x, y);
}

}  // namespace

std::string memory_dot(const ir::Plan& plan) {
  const auto found = std::find_if(plan.functions.begin(), plan.functions.end(), [](const ir::PlannedFunction& function) { return function.name == "predict"; });
  const ir::PlannedFunction& function = *found;
  const int64_t total = function.workspace_bytes.at(1);
  const double scale = kHeight / static_cast<double>(std::max<int64_t>(total, 1));
  std::string text = "graph memory {\n  graph [layout=neato, fontname=\"Helvetica\"];\n  node [fontname=\"Helvetica\", fontsize=9, shape=box, style=filled, fillcolor=\"#cfe2f3\", fixedsize=true];\n";
  text += text_at("title", kStepWidth * static_cast<double>(function.steps.size()) / 2, kHeight + 0.5, fmt::format("{}: workspace of {} bytes for one example", function.name, total));
  const std::vector<Bar> bars = bars_of(function);
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const double width = kStepWidth * (bar.last - bar.first + 1), height = std::max(kLeast, scale * static_cast<double>(bar.bytes));
    text += fmt::format("  b{} [label={}, pos=\"{:.3f},{:.3f}!\", width={:.3f}, height={:.3f}, tooltip={}];\n", i, dot_quoted(fmt::format("{}{}{}", bar.name, height < kTwoLines ? " " : "\n", bar.bytes)),
                        kStepWidth * bar.first + width / 2, scale * static_cast<double>(bar.offset) + height / 2, width, height,
                        dot_quoted(fmt::format("{}: bytes {} to {}, steps {} to {}", bar.name, bar.offset, bar.offset + bar.bytes, bar.first, bar.last)));
  }
  for (size_t i = 0; i < function.steps.size(); ++i)
    text += text_at(fmt::format("s{}", i), kStepWidth * (static_cast<double>(i) + 0.5), -0.3, fmt::format("{}\n{}", i, function.steps[i].kernel));
  text += text_at("zero", -0.4, 0, "0") + text_at("top", -0.6, kHeight, std::to_string(total));
  return text + "}\n";
}

}  // namespace keratin
