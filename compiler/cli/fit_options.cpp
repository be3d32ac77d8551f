#include "compiler/cli/fit_options.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <unistd.h>

#include "compiler/engine/fit_arguments.h"

namespace keratin {

namespace {

namespace fs = std::filesystem;

/// `key=value,key=value` as options; problems name the option.
std::map<std::string, std::string> assignments(const std::string& text, const char* option, Problems& problems) {
  std::map<std::string, std::string> list;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size()), equals = text.find('=', begin);
    if (equals >= end) problems.add(fmt::format("{}: '{}' is no KEY=VALUE", option, text.substr(begin, end - begin)));
    else if (!list.emplace(text.substr(begin, equals - begin), text.substr(equals + 1, end - equals - 1)).second)
      problems.add(fmt::format("{}: {} is given twice", option, text.substr(begin, equals - begin)));
    begin = end + 1;
  }
  return list;
}

double number_of(const std::string& text, const std::string& option, Problems& problems) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) problems.add(fmt::format("{}: '{}' is no number", option, text));
  return value;
}

/// A whole number of at least `least`.
int64_t whole_of(const std::string& text, const std::string& option, int64_t least, Problems& problems) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) problems.add(fmt::format("{}: '{}' is no whole number{}", option, text, least == 0 ? " from 0" : ""));
  return value;
}

bool flag_of(const std::string& text, const std::string& option, Problems& problems) {
  if (text != "true" && text != "false") problems.add(fmt::format("{}: '{}' is neither true nor false", option, text));
  return text == "true";
}

/// Creates a file in the directory and removes it again.
void try_directory(const fs::path& directory, const std::string& path, Problems& problems) {
  const std::string beside = (directory / fmt::format(".keratin.{}.tmp", getpid())).string();
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  if (!file) return problems.add(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  std::fclose(file);
  std::remove(beside.c_str());
}

}  // namespace

kr::EarlyStoppingOptions early_stopping_options(const std::string& text, Problems& problems) {
  kr::EarlyStoppingOptions made;
  for (const auto& [key, value] : assignments(text, "--early-stopping", problems)) {
    const std::string option = "--early-stopping: " + key;
    if (key == "monitor") made.monitor = value;
    else if (key == "min_delta") made.min_delta = number_of(value, option, problems);
    else if (key == "patience") made.patience = whole_of(value, option, 0, problems);
    else if (key == "mode") made.mode = value;
    else if (key == "baseline") made.baseline = number_of(value, option, problems);
    else if (key == "restore_best_weights") made.restore_best_weights = flag_of(value, option, problems);
    else if (key == "start_from_epoch") made.start_from_epoch = whole_of(value, option, 0, problems);
    else problems.add(fmt::format("{}: is none of monitor, min_delta, patience, mode, baseline, restore_best_weights, start_from_epoch", option));
  }
  return made;
}

std::vector<std::pair<int64_t, double>> class_weight_option(const std::string& text, Problems& problems) {
  if (text.starts_with('{')) {
    const Result<Json> parsed = Json::parse(text);
    const Result<std::vector<std::pair<int64_t, double>>> read = parsed ? read_class_weights(*parsed) : Error{parsed.error()};
    if (read) return *read;
    problems.add(fmt::format("--class-weight: {}", read.error()));
    return {};
  }
  std::vector<std::pair<int64_t, double>> list;
  for (const auto& [key, value] : assignments(text, "--class-weight", problems))
    list.emplace_back(whole_of(key, "--class-weight", std::numeric_limits<int64_t>::min(), problems), number_of(value, "--class-weight: " + key, problems));
  return list;
}

void check_file_place(const std::string& path, Problems& problems) {
  if (path.empty()) return;
  std::error_code error;
  if (fs::is_directory(path, error)) return problems.add(fmt::format("{}: cannot be written: {}", path, std::strerror(EISDIR)));
  const fs::path parent = fs::path(path).parent_path();
  try_directory(parent.empty() ? fs::path(".") : parent, path, problems);
}

void check_made_place(const std::string& path, bool file, Problems& problems) {
  if (path.empty()) return;
  fs::path present = path.substr(0, path.find('{'));
  const bool whole = present == fs::path(path);
  std::error_code error;
  if (file && whole && fs::is_directory(present, error)) return problems.add(fmt::format("{}: cannot be written: {}", path, std::strerror(EISDIR)));
  if (file || !whole) present = present.parent_path();
  while (!present.empty() && !fs::exists(present, error)) present = present.parent_path();
  try_directory(present.empty() ? fs::path(".") : present, path, problems);
}

}  // namespace keratin
