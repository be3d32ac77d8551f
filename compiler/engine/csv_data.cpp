#include "compiler/engine/csv_data.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "compiler/expand.h"

namespace keratin {

namespace {

/// Decimal or scientific, `nan` and `inf`; spaces around it do not count.
std::optional<float> number_in(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return static_cast<float>(value);
}

class Table {
 public:
  Table(const CsvTable& table, const std::string& file, Problems& problems) : table_(table), file_(file), problems_(problems) {}

  int64_t rows() const { return static_cast<int64_t>(table_.lines.size()); }
  std::optional<size_t> find(const std::string& name) const {
    const auto found = std::find(table_.names.begin(), table_.names.end(), name);
    if (found == table_.names.end()) return {};
    return static_cast<size_t>(found - table_.names.begin());
  }

  /// Columns side by side; the first cell that is no number is a problem.
  std::vector<float> numbers(const std::vector<size_t>& columns) const {
    std::vector<float> values(columns.size() * table_.lines.size());
    for (size_t i = 0; i < columns.size(); ++i)
      for (size_t row = 0; row < table_.lines.size(); ++row) {
        const std::string& text = table_.columns[columns[i]][row];
        const std::optional<float> value = number_in(text);
        if (!value) return problems_.add(fmt::format("{}: line {}: {}: '{}' is no number", file_, table_.lines[row], table_.names[columns[i]], text)), std::vector<float>();
        values[row * columns.size() + i] = *value;
      }
    return values;
  }

  Array targets(size_t column, std::vector<std::string>& classes) const {
    const std::vector<std::string>& texts = table_.columns[column];
    const bool of_numbers = classes.empty() && std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return number_in(text).has_value(); });
    if (of_numbers) return Array::of({rows(), 1}, numbers({column}));
    if (classes.empty()) {
      classes = texts;
      std::sort(classes.begin(), classes.end());
      classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    }
    std::vector<int32_t> ids;
    for (size_t row = 0; row < texts.size(); ++row) {
      const auto found = std::lower_bound(classes.begin(), classes.end(), texts[row]);
      if (found == classes.end() || *found != texts[row])
        return problems_.add(fmt::format("{}: line {}: {}: '{}' is no class of the training data", file_, table_.lines[row], table_.names[column], texts[row])), Array();
      ids.push_back(static_cast<int32_t>(found - classes.begin()));
    }
    return Array::of({rows(), 1}, ids);
  }

  /// An input's shape where the features fill it, else a row of them, which does not fit either.
  std::vector<int64_t> shape_of(const InputSpec& spec, size_t features) const {
    std::vector<int64_t> shape = {rows()};
    int64_t product = 1;
    for (int axis = 1; axis < spec.shape.rank(); ++axis) {
      shape.push_back(spec.shape[axis].is_static() ? spec.shape[axis].size : -1);
      product *= shape.back() > 0 ? shape.back() : 0;
    }
    return product == static_cast<int64_t>(features) ? shape : std::vector<int64_t>{rows(), static_cast<int64_t>(features)};
  }

 private:
  const CsvTable& table_;
  const std::string& file_;
  Problems& problems_;
};

}  // namespace

std::vector<TargetColumn> target_columns(const Model& model, const CsvTable& table, const std::string& text, const std::string& file, Problems& problems) {
  std::vector<TargetColumn> targets;
  const std::vector<std::string>& outputs = model.output_names;
  if (outputs.size() == 1) targets.push_back({outputs[0], text});
  for (size_t begin = 0; outputs.size() > 1 && begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size()), equals = std::min(text.find('=', begin), end);
    const std::string output = text.substr(begin, equals - begin);
    targets.push_back({output, equals == end ? output : text.substr(equals + 1, end - equals - 1)});
    if (std::find(outputs.begin(), outputs.end(), output) == outputs.end()) problems.add(fmt::format("{}: --target: the model has no output '{}'; there are {}", file, output, fmt::join(outputs, ", ")));
    begin = end + 1;
  }
  for (const std::string& output : outputs) {
    const auto times = std::count_if(targets.begin(), targets.end(), [&](const TargetColumn& target) { return target.output == output; });
    if (times == 0) problems.add(fmt::format("{}: --target: names no column of output '{}'", file, output));
    if (times > 1) problems.add(fmt::format("{}: --target: output '{}' is given twice", file, output));
  }
  for (const TargetColumn& target : targets)
    if (std::find(table.names.begin(), table.names.end(), target.column) == table.names.end())
      problems.add(fmt::format("{}: --target: there is no column '{}'; there are {}", file, target.column, table.names_text()));
  return targets;
}

NamedArrays inputs_of_table(const Model& model, const CsvTable& table, const std::vector<TargetColumn>& targets, const std::string& prefix, const std::string& file, Problems& problems) {
  NamedArrays arrays;
  const Table reader(table, file, problems);
  const std::vector<InputSpec> specs = input_specs(model);
  const auto is_target = [&](const std::string& name) { return std::any_of(targets.begin(), targets.end(), [&](const TargetColumn& target) { return target.column == name; }); };
  for (const InputSpec& spec : specs) {
    std::vector<size_t> features;
    for (size_t i = 0; i < table.names.size(); ++i)
      if (!is_target(table.names[i]) && (specs.size() == 1 || table.names[i] == spec.name)) features.push_back(i);
    if (features.empty()) {
      problems.add(fmt::format("{}: holds no column '{}'", file, spec.name));
      continue;
    }
    std::vector<float> values = reader.numbers(features);
    if (problems.empty()) arrays.emplace_back(prefix + spec.name, Array::of(reader.shape_of(spec, features.size()), values));
  }
  const auto is_input = [&](const std::string& name) { return specs.size() == 1 || std::any_of(specs.begin(), specs.end(), [&](const InputSpec& spec) { return spec.name == name; }); };
  for (const std::string& name : table.names)
    if (!is_target(name) && !is_input(name)) problems.add(fmt::format("{}: the column '{}' is no input of the model", file, name));
  return arrays;
}

NamedArrays arrays_of_table(const Model& model, const CsvTable& table, const std::vector<TargetColumn>& targets, TargetClasses& classes, const std::string& file, Problems& problems) {
  NamedArrays arrays = inputs_of_table(model, table, targets, "x/", file, problems);
  const Table reader(table, file, problems);
  for (const TargetColumn& target : targets) {
    const auto known = classes.find(target.output);
    std::vector<std::string> own = known == classes.end() ? std::vector<std::string>() : known->second;
    if (const std::optional<size_t> column = reader.find(target.column)) arrays.emplace_back("y/" + target.output, reader.targets(*column, own));
    if (!own.empty()) classes[target.output] = std::move(own);
  }
  return arrays;
}

}  // namespace keratin
