#include "compiler/view/summary_text.h"

#include <cmath>
#include <fmt/format.h>

#include "compiler/view/text_table.h"

namespace keratin {

namespace {

std::string with_commas(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string memory_text(int64_t bytes) {
  double size = static_cast<double>(bytes);
  for (const char* unit : {"B", "KB", "MB", "GB", "TB", "PB"}) {
    if (size / 1024 < 1) return fmt::format("{:.2f} {}", size, unit);
    size /= 1024;
  }
  return fmt::format("{:.2f} PB", size);
}

std::string shape_cell(const OutlineLayer& layer) {
  if (layer.calls.empty()) return "?";
  const std::vector<OpenShape>& outputs = layer.calls.back().outputs;  // Keras shows the last call's
  if (outputs.size() == 1) return shape_text(outputs[0]);
  std::string text;
  for (const OpenShape& shape : outputs) text += (text.empty() ? "" : ", ") + shape_text(shape);
  return "[" + text + "]";
}

std::string parameter_cell(const OutlineLayer& layer) { return layer.built ? with_commas(layer.parameters) : "0 (unbuilt)"; }

std::string connection_cell(const OutlineLayer& layer, const Outline& outline) {
  std::string text;
  for (const OutlineCall& call : layer.calls)
    for (const OutlineRead& read : call.reads)
      text += fmt::format("{}{}[{}][{}]", text.empty() ? "" : ", ", outline.layers[static_cast<size_t>(read.layer)].name, read.call, read.output);
  return text.empty() ? "-" : text;
}

using Rows = std::vector<std::vector<std::string>>;

void add_rows(const Outline& outline, const SummaryOptions& options, bool connections, int level, Rows& rows) {
  const std::string prefix = level == 0 ? "" : std::string(3 * static_cast<size_t>(level), ' ') + "└ ";
  for (const OutlineLayer& layer : outline.layers) {
    if (level > 0 && layer.operation) continue;
    rows.push_back({fmt::format("{}{} ({})", prefix, layer.name, layer.class_name), shape_cell(layer), parameter_cell(layer)});
    if (connections) rows.back().push_back(level == 0 ? connection_cell(layer, outline) : "-");  // Keras shows those of the outermost graph
    if (options.expand_nested && layer.model) add_rows(*layer.model, options, connections, level + 1, rows);
  }
}

/// Widths of the cells' texts. The columns' own widths leave no room for borders and blanks: rich takes that from all of them alike.
Result<std::vector<TextColumn>> columns_of(bool path, int terminal) {
  std::vector<TextColumn> columns = {{"Layer (type)", 0, false}, {"Output Shape", 0, false}, {"Param #", 0, true}};
  std::vector<double> positions = {0.45, 0.80, 1.0};
  if (!path) {
    columns.push_back({"Connected to", 0, false});
    positions = {0.3, 0.56, 0.74, 1.0};
  }
  const int length = std::min(path ? 88 : 108, terminal - 4);
  int current = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].width = static_cast<int>(positions[i] * length) - current;
    if (columns[i].width < 4) return Error{fmt::format("a terminal of {} columns is too narrow for a summary", terminal)};
    current += columns[i].width;
  }
  const int count = static_cast<int>(columns.size());
  int excess = 3 * count + 1;
  for (int i = 0; i < count; ++i) {
    const int share = static_cast<int>(std::nearbyint(static_cast<double>(excess) / (count - i)));
    columns[static_cast<size_t>(i)].width -= share;
    excess -= share;
    if (columns[static_cast<size_t>(i)].width < 1) return Error{fmt::format("a terminal of {} columns is too narrow for a summary", terminal)};
  }
  return columns;
}

Json count_json(const ParameterCount& count) { return Json::Object{{"parameters", count.number}, {"bytes", count.bytes}}; }

Json layer_json(const OutlineLayer& layer, const Outline& outline) {
  Json::Array shapes, connected;
  if (!layer.calls.empty()) {
    for (const OpenShape& shape : layer.calls.back().outputs) {
      Json::Array extents;
      for (const std::optional<int64_t>& extent : shape) extents.push_back(extent ? Json(*extent) : Json());
      shapes.push_back(std::move(extents));
    }
  }
  for (const OutlineCall& call : layer.calls)
    for (const OutlineRead& read : call.reads)
      connected.push_back(Json::Array{outline.layers[static_cast<size_t>(read.layer)].name, int64_t{read.call}, int64_t{read.output}});
  Json::Object object{{"name", layer.name}, {"class_name", layer.class_name}, {"output_shapes", std::move(shapes)},
                      {"parameters", layer.parameters}, {"built", layer.built}, {"connected_to", std::move(connected)}};
  if (layer.model) {
    Json::Array nested;
    for (const OutlineLayer& inner : layer.model->layers) nested.push_back(layer_json(inner, *layer.model));
    object.emplace_back("layers", std::move(nested));
  }
  return object;
}

ParameterCount total_of(const Outline& outline) {
  ParameterCount total{outline.trainable.number + outline.non_trainable.number, outline.trainable.bytes + outline.non_trainable.bytes};
  if (!outline.optimizer) return total;
  return {total.number + outline.optimizer->number, total.bytes + outline.optimizer->bytes};
}

}  // namespace

std::string shape_text(const OpenShape& shape) {
  std::string text;
  for (const std::optional<int64_t>& extent : shape) text += (text.empty() ? "" : ", ") + (extent ? std::to_string(*extent) : "None");
  return "(" + text + ")";
}

Result<std::string> summary_text(const Outline& outline, const SummaryOptions& options) {
  Result<std::vector<TextColumn>> columns = columns_of(outline.path, options.columns);
  if (!columns) return Error{columns.error()};
  Rows rows;
  add_rows(outline, options, !outline.path, 0, rows);
  std::string text;
  for (const std::string& line : wrap_text(fmt::format("Model: \"{}\"", outline.name), options.columns, true)) text += line + "\n";
  text += draw_table(*columns, rows);
  const auto add = [&](const char* what, const ParameterCount& count) { text += fmt::format(" {} params: {} ({})\n", what, with_commas(count.number), memory_text(count.bytes)); };
  add("Total", total_of(outline));
  add("Trainable", outline.trainable);
  add("Non-trainable", outline.non_trainable);
  if (outline.optimizer) add("Optimizer", *outline.optimizer);
  return text;
}

Json summary_json(const Outline& outline) {
  Json::Array layers;
  for (const OutlineLayer& layer : outline.layers) layers.push_back(layer_json(layer, outline));
  Json::Object object{{"name", outline.name}, {"class_name", outline.class_name}, {"layers", std::move(layers)}, {"total", count_json(total_of(outline))},
                      {"trainable", count_json(outline.trainable)}, {"non_trainable", count_json(outline.non_trainable)}};
  if (outline.optimizer) object.emplace_back("optimizer", count_json(*outline.optimizer));
  return object;
}

}  // namespace keratin
