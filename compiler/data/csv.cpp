#include "compiler/data/csv.h"

#include <algorithm>
#include <fmt/format.h>

#include "compiler/data/file_bytes.h"

namespace keratin {

namespace {

/// Goes through a text row by row.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name) : rest_(text), name_(name) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool at_end() const { return rest_.empty(); }
  size_t line() const { return line_; }

  /// The fields up to the next end of a line; none: an empty line.
  Result<std::vector<std::string>> row() {
    std::vector<std::string> fields;
    if (take_line_end()) return fields;
    while (true) {
      Result<std::string> field = rest_.starts_with('"') ? quoted() : plain();
      if (!field) return Error{field.error()};
      fields.push_back(std::move(*field));
      if (rest_.empty() || take_line_end()) return fields;
      rest_.remove_prefix(1);  // the comma
    }
  }

 private:
  bool take_line_end() {
    const size_t length = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
    rest_.remove_prefix(length);
    line_ += length > 0;
    return length > 0;
  }
  bool at_field_end() const { return rest_.empty() || rest_[0] == ',' || rest_[0] == '\n' || rest_.starts_with("\r\n"); }
  Error wrong(const char* what) const { return Error{fmt::format("{}: line {}: {}", name_, line_, what)}; }

  Result<std::string> plain() {
    std::string field;
    for (; !at_field_end(); rest_.remove_prefix(1)) {
      if (rest_[0] == '"') return wrong("a quote inside a field that does not begin with one");
      field += rest_[0];
    }
    return field;
  }

  Result<std::string> quoted() {
    std::string field;
    const size_t begin = line_;
    for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_[0] == '"') {
        rest_.remove_prefix(1);
        if (at_field_end()) return field;
        if (rest_[0] != '"') return wrong("a quoted field goes on after its end");
      }
      line_ += rest_[0] == '\n';
      field += rest_[0];
    }
    line_ = begin;
    return wrong("a quote that is not closed");
  }

  std::string_view rest_;
  const std::string& name_;
  size_t line_ = 1;
};

}  // namespace

std::string CsvTable::names_text() const {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Result<CsvTable> parse_csv(std::string_view text, const std::string& name) {
  CsvReader reader(text, name);
  CsvTable table;
  while (!reader.at_end()) {
    const size_t line = reader.line();
    Result<std::vector<std::string>> fields = reader.row();
    if (!fields) return Error{fields.error()};
    if (fields->empty()) continue;
    if (table.names.empty()) {
      for (const std::string& column : *fields) {
        if (column.empty()) return Error{fmt::format("{}: line {}: a column without a name", name, line)};
        if (std::count(fields->begin(), fields->end(), column) > 1) return Error{fmt::format("{}: line {}: two columns are named '{}'", name, line, column)};
      }
      table.names = std::move(*fields);
      table.columns.resize(table.names.size());
      continue;
    }
    if (fields->size() != table.names.size()) return Error{fmt::format("{}: line {}: has {} fields, the header has {}", name, line, fields->size(), table.names.size())};
    for (size_t i = 0; i < fields->size(); ++i) table.columns[i].push_back(std::move((*fields)[i]));
    table.lines.push_back(line);
  }
  if (table.names.empty()) return Error{fmt::format("{}: has no header", name)};
  if (table.lines.empty()) return Error{fmt::format("{}: holds no rows", name)};
  return table;
}

Result<CsvTable> read_csv(const std::string& file) {
  const Result<Bytes> bytes = read_file(file);
  if (!bytes) return Error{bytes.error()};
  return parse_csv(bytes->text(), file);
}

}  // namespace keratin
