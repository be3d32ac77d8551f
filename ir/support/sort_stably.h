// std::stable_sort, whose temporary buffer libstdc++ 12 takes from a function that Clang calls deprecated in C++20.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace keratin {

/// Sorts; elements of which neither is less stay in their order.
template <class T, class Less>
void sort_stably(std::vector<T>& values, Less less) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (less(values[a], values[b])) return true;
    return !less(values[b], values[a]) && a < b;
  });
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (size_t place : order) sorted.push_back(std::move(values[place]));
  values = std::move(sorted);
}

}  // namespace keratin
