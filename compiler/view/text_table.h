// Boxed tables as the Python package rich draws them for Keras's summaries: fixed columns, words wrapped, what is too long ends in "…".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keratin {

/// Cells that the text takes on a terminal: two for wide characters, none for combining ones.
int display_width(std::string_view utf8);

/// Lines of at most `width` cells, broken between words. A longer word is broken where `fold`, else its line is cut and ends in "…".
std::vector<std::string> wrap_text(std::string_view utf8, int width, bool fold);

struct TextColumn {
  std::string title;
  int width = 0;       // cells between the blanks at both sides
  bool right = false;  // text at the right
};

/// Header, rows and a line between any two of them; ends with a line feed.
std::string draw_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows);

/// The number of columns of the terminal: COLUMNS where it is set, else of standard output where that is a terminal, else 80.
int terminal_columns();

}  // namespace keratin
