// Tables of text: comma-separated values with a header, as RFC 4180 has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/support/result.h"

namespace keratin {

struct CsvTable {
  std::vector<std::string> names;                 // distinct, not empty
  std::vector<std::vector<std::string>> columns;  // one per name, all as long as `lines`
  std::vector<size_t> lines;                      // where each row begins in the file, from 1

  /// `a, b, c`: for messages.
  std::string names_text() const;
};

/// Fields may be quoted, with `""` for a quote; lines end with LF or CR LF; empty lines and a byte order mark are skipped. `name` stands in messages.
/// Errors: no header, a name that is empty or repeated, a row of another length, a quote that is not closed or stands inside a field, no rows.
Result<CsvTable> parse_csv(std::string_view text, const std::string& name);
/// The same of a file.
Result<CsvTable> read_csv(const std::string& file);

}  // namespace keratin
