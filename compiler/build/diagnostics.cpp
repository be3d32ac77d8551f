#include "compiler/build/diagnostics.h"

#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

namespace keratin {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_indented(const std::string& line) { return line.starts_with("  "); }

/// What a paragraph's comment says before the shapes; nothing where the line is no such comment.
std::optional<std::string> origin_in(const std::string& line) {
  const size_t begin = line.find_first_not_of(' ');
  if (begin == 0 || begin == std::string::npos || line.compare(begin, 3, "// ") != 0) return std::nullopt;
  const std::string text = line.substr(begin + 3);
  return text.substr(0, text.find("   "));
}

/// Whether the identifier stands in the line.
bool mentions(const std::string& line, const std::string& name) {
  const auto is_part = [&](size_t i) { return i < line.size() && (std::isalnum(static_cast<unsigned char>(line[i])) || line[i] == '_'); };
  for (size_t at = line.find(name); at != std::string::npos; at = line.find(name, at + 1))
    if (!(at > 0 && is_part(at - 1)) && !is_part(at + name.size())) return true;
  return false;
}

/// Lines of a paragraph follow its comment without an empty one between.
std::string paragraph_origin(const std::vector<std::string>& lines, size_t index) {
  for (size_t i = index + 1; i-- > 0 && is_indented(lines[i]);)
    if (const std::optional<std::string> origin = origin_in(lines[i])) return *origin;
  return "";
}

struct Place {
  size_t file_begin, file_index, line;
};

/// Where a message's line begins with the place of one of the files.
std::optional<Place> place_in(const std::string& message, const std::vector<EmittedFile>& files) {
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& name = files[i].name;
    const size_t at = message.find(name + ":");
    if (at == std::string::npos || (at > 0 && message[at - 1] != '/')) continue;
    if (message.find(": ") < at || message.starts_with(' ') || message.starts_with("In file ")) continue;  // within what is said
    const char* digits = message.data() + at + name.size() + 1;
    Place place{at, i, 0};
    const auto [end, error] = std::from_chars(digits, message.data() + message.size(), place.line);
    if (error == std::errc() && end != message.data() + message.size() && *end == ':') return place;
  }
  return std::nullopt;
}

}  // namespace

std::string layer_of(const std::string& source, size_t line) {
  const std::vector<std::string> lines = lines_of(source);
  if (line == 0 || line > lines.size()) return "";
  if (std::string origin = paragraph_origin(lines, line - 1); !origin.empty()) return origin;
  size_t head = line - 1;
  while (head > 0 && (is_indented(lines[head]) || lines[head].starts_with('}'))) --head;
  std::istringstream words(lines[head]);
  std::string keyword, name;
  words >> keyword >> name;
  if (keyword != "struct") return "";
  for (size_t i = head + 1; i < lines.size(); ++i) {
    if (!mentions(lines[i], name)) continue;
    if (std::string origin = paragraph_origin(lines, i); !origin.empty()) return origin;
  }
  return "";
}

std::string with_layers(const std::string& messages, const std::vector<EmittedFile>& files) {
  std::string text;
  for (const std::string& message : lines_of(messages)) {
    const std::optional<Place> place = place_in(message, files);
    const std::string layer = place ? layer_of(files[place->file_index].content, place->line) : "";
    text += (place ? message.substr(place->file_begin) : message) + (layer.empty() ? "" : " (of " + layer + ")") + "\n";
  }
  if (!text.empty() && !messages.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace keratin
