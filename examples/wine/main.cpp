// Tells three cultivars apart: a model with two named inputs.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "../csv.h"
#include "wine.h"

int main(int argc, char** argv) {
  const Table table = read_csv(argc > 1 ? argv[1] : "wine_standardised.csv");
  const kr::Size count = static_cast<kr::Size>(table.rows());
  std::vector<float> chemistry, colour, cultivar(table.rows() * 3);
  for (size_t i = 0; i < table.rows(); ++i) {
    for (size_t c = 0; c < 9; ++c) chemistry.push_back(table.at(i, 1 + c));
    for (size_t c = 0; c < 4; ++c) colour.push_back(table.at(i, 10 + c));
  }
  wine::Inputs inputs{{chemistry.data(), count}, {colour.data(), count}};
  wine::Outputs outputs{{cultivar.data(), count}};
  wine::Workspace workspace(count);
  if (const kr::Status status = wine::predict(wine::prepared(), inputs, outputs, workspace); !status) return std::fprintf(stderr, "%s\n", status.message), 1;
  size_t right = 0;
  for (size_t i = 0; i < table.rows(); ++i) right += std::max_element(&cultivar[i * 3], &cultivar[i * 3] + 3) - &cultivar[i * 3] == static_cast<long>(table.at(i, 0));
  std::printf("%zu of %zu wines right\n", right, table.rows());
  return right * 100 >= table.rows() * 95 ? 0 : 1;
}
