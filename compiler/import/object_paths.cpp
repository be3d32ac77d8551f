#include "compiler/import/object_paths.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>

namespace keratin {

namespace {

constexpr std::string_view kOldContainer = "_layer_checkpoint_dependencies";
constexpr std::string_view kContainer = "layers";

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    parts.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, size_t count) {
  std::string path;
  for (size_t i = 0; i < count; ++i) path += (i > 0 ? "/" : "") + parts[i];
  return path;
}

/// `dense_2` -> dense, 2; `dense` -> dense, 0.
std::pair<std::string, unsigned> split_number(const std::string& name) {
  const size_t line = name.rfind('_');
  unsigned number = 0;
  if (line != std::string::npos && line + 1 < name.size() && name[line + 1] != '0') {
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + line + 1, end, number);
    if (error == std::errc() && stop == end) return {name.substr(0, line), number};
  }
  return {name, 0};
}

bool counted_twice(const std::set<unsigned>& numbers) {
  unsigned expected = 0;
  for (unsigned number : numbers) {
    if (number != expected) return false;
    expected += 2;
  }
  return numbers.size() > 1;
}

}  // namespace

std::vector<std::string> canonical_object_paths(const std::vector<std::string>& paths) {
  const bool old = std::any_of(paths.begin(), paths.end(), [](const std::string& path) { return path.starts_with(kOldContainer); });
  if (!old) return paths;

  std::vector<std::vector<std::string>> trees;
  std::map<std::pair<std::string, std::string>, std::set<unsigned>> numbers;  // of container and class: those of its layers with weights
  for (std::string path : paths) {
    std::replace(path.begin(), path.end(), '\\', '/');
    std::vector<std::string> parts = split(path);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] != kOldContainer) continue;
      if (i + 1 < parts.size()) {
        const auto [name, number] = split_number(parts[i + 1]);
        numbers[{join(parts, i + 1), name}].insert(number);
      }
    }
    trees.push_back(std::move(parts));
  }
  std::vector<std::string> result;
  for (const std::vector<std::string>& parts : trees) {
    std::vector<std::string> renamed = parts;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] != kOldContainer) continue;
      renamed[i] = kContainer;
      if (i + 1 == parts.size()) continue;
      const auto [name, number] = split_number(parts[i + 1]);
      if (number > 0 && counted_twice(numbers[{join(parts, i + 1), name}])) renamed[i + 1] = name + "_" + std::to_string(number / 2);
    }
    result.push_back(join(renamed, renamed.size()));
  }
  return result;
}

}  // namespace keratin
