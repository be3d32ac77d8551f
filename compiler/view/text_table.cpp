#include "compiler/view/text_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "compiler/data/utf8.h"

namespace keratin {

namespace {

/// A character with its bytes and its width.
struct Glyph {
  std::string_view bytes;
  int width = 1;
  bool blank = false;
};
using Glyphs = std::vector<Glyph>;

bool within(uint32_t c, std::initializer_list<std::pair<uint32_t, uint32_t>> ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) { return c >= range.first && c <= range.second; });
}

/// East Asian Width W and F, and the marks that stand on another character (Unicode 15, the blocks that names are written in).
int width_of(uint32_t c) {
  if (within(c, {{0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x610, 0x61A}, {0x64B, 0x65F}, {0x200B, 0x200F}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}})) return 0;
  if (within(c, {{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA000, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},
                 {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}}))
    return 2;
  return 1;
}

Glyphs glyphs_of(std::string_view text) {
  Glyphs glyphs;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    const uint32_t code = next_code_point(text, i);
    glyphs.push_back({text.substr(begin, i - begin), width_of(code), code == ' ' || code == '\t'});
  }
  return glyphs;
}

template <class Iterator>
int width_between(Iterator begin, Iterator end) {
  int width = 0;
  for (; begin != end; ++begin) width += begin->width;
  return width;
}

/// Places at which a line is broken, as indices of glyphs. Words own the blanks behind them, the first one those before it, too.
std::vector<size_t> breaks(const Glyphs& text, int width, bool fold) {
  std::vector<size_t> places;
  int column = 0;
  for (size_t start = 0; start < text.size();) {
    size_t end = start;
    while (end < text.size() && text[end].blank) ++end;
    while (end < text.size() && !text[end].blank) ++end;
    const size_t letters = end;
    while (end < text.size() && text[end].blank) ++end;
    const auto at = [&](size_t i) { return text.begin() + static_cast<std::ptrdiff_t>(i); };
    const int needed = width_between(at(start), at(letters)), whole = width_between(at(start), at(end));
    if (width - column >= needed) {
      column += whole;
    } else if (needed > width && fold) {
      if (start > 0) places.push_back(start);
      column = 0;
      for (size_t i = start; i < end; ++i) {
        if (column + text[i].width > width) {
          places.push_back(i);
          column = 0;
        }
        column += text[i].width;
      }
    } else if (start > 0) {
      places.push_back(start);
      column = whole;
    } else {
      column = whole;
    }
    start = end;
  }
  return places;
}

std::string fitted(Glyphs line, int width) {
  while (!line.empty() && line.back().blank && width_between(line.begin(), line.end()) > width) line.pop_back();
  const bool cut = width_between(line.begin(), line.end()) > width;
  while (cut && !line.empty() && width_between(line.begin(), line.end()) > width - 1) line.pop_back();
  std::string text;
  for (const Glyph& glyph : line) text += glyph.bytes;
  return cut ? text + "…" : text;
}

std::string times(int count, std::string_view text) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

std::string rule(const std::vector<TextColumn>& columns, const char* left, const char* line, const char* between, const char* right) {
  std::string text = left;
  for (size_t i = 0; i < columns.size(); ++i) text += (i ? between : "") + times(columns[i].width + 2, line);
  return text + right + "\n";
}

std::string row_text(const std::vector<TextColumn>& columns, const std::vector<std::string>& cells, const std::string& bar) {
  std::vector<std::vector<std::string>> wrapped;
  size_t height = 1;
  for (size_t i = 0; i < columns.size(); ++i) {
    wrapped.push_back(wrap_text(cells[i], columns[i].width, false));
    height = std::max(height, wrapped.back().size());
  }
  std::string text;
  for (size_t line = 0; line < height; ++line) {
    for (size_t i = 0; i < columns.size(); ++i) {
      std::string cell = line < wrapped[i].size() ? wrapped[i][line] : "";
      if (columns[i].right) cell.erase(cell.find_last_not_of(' ') + 1);
      const std::string filler = times(columns[i].width - display_width(cell), " ");
      text += bar + " " + (columns[i].right ? filler + cell : cell + filler) + " ";
    }
    text += bar + "\n";
  }
  return text;
}

}  // namespace

int display_width(std::string_view utf8) {
  const Glyphs glyphs = glyphs_of(utf8);
  return width_between(glyphs.begin(), glyphs.end());
}

std::vector<std::string> wrap_text(std::string_view utf8, int width, bool fold) {
  const Glyphs text = glyphs_of(utf8);
  std::vector<size_t> places = breaks(text, width, fold);
  places.push_back(text.size());
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end : places) {
    lines.push_back(fitted(Glyphs(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end)), width));
    begin = end;
  }
  return lines;
}

std::string draw_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> titles;
  for (const TextColumn& column : columns) titles.push_back(column.title);
  std::string text = rule(columns, "┏", "━", "┳", "┓") + row_text(columns, titles, "┃") + rule(columns, "┡", "━", "╇", "┩");
  for (size_t i = 0; i < rows.size(); ++i) text += (i ? rule(columns, "├", "─", "┼", "┤") : "") + row_text(columns, rows[i], "│");
  return text + rule(columns, "└", "─", "┴", "┘");
}

int terminal_columns() {
  if (const char* columns = std::getenv("COLUMNS"))
    if (const int number = std::atoi(columns); number > 0) return number;
  winsize size{};
  if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace keratin
