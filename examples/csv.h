// A table of numbers from a .csv file with a header: all that the examples need to read their data.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

struct Table {
  size_t columns = 0;
  std::vector<float> values;  // row by row
  size_t rows() const { return columns ? values.size() / columns : 0; }
  float at(size_t row, size_t column) const { return values[row * columns + column]; }
};

inline Table read_csv(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (!file) {
    std::perror(path.c_str());
    std::exit(1);
  }
  Table table;
  char line[4096];
  table.columns = 1;
  if (std::fgets(line, sizeof line, file))
    for (const char* c = line; *c; ++c) table.columns += *c == ',';
  while (std::fgets(line, sizeof line, file))
    for (char *at = line, *end = nullptr; *at && *at != '\n'; at = *end == ',' ? end + 1 : end) table.values.push_back(std::strtof(at, &end));
  std::fclose(file);
  return table;
}
