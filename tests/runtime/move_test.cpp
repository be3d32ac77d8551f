#include "keratin/runtime/move.h"

#include <catch2/catch.hpp>
#include <algorithm>
#include <numeric>

#include "guarded.h"

using kr::Size;

namespace {

/// A dense row-major source and a destination with the axes in the order `order`.
template <class T, int R> void check_transpose(const Size (&extents)[R], const int (&order)[R]) {
  Size total = 1, ss[R], ds[R];
  for (int i = R; i-- > 0;) {
    ss[i] = total;
    total *= extents[i];
  }
  Size step = 1;
  for (int i = R; i-- > 0;) {
    ds[order[i]] = step;
    step *= extents[order[i]];
  }
  Guarded<T> x(static_cast<size_t>(total)), y(static_cast<size_t>(total));
  for (Size i = 0; i < total; ++i) x[static_cast<size_t>(i)] = static_cast<T>(i % 251);
  kr::copy<R>(extents, y.data(), ds, static_cast<const T*>(x.data()), ss);
  bool good = y.intact();
  for (Size i = 0; i < total; ++i) {
    Size rest = i, to = 0;
    for (int a = R; a-- > 0;) {
      to += rest % extents[a] * ds[a];
      rest /= extents[a];
    }
    good = good && y[static_cast<size_t>(to)] == x[static_cast<size_t>(i)];
  }
  CHECK(good);
}

}  // namespace

TEST_CASE("copies of every row length") {
  for (Size n = 1; n <= 300; ++n) {
    Guarded<unsigned char> x(static_cast<size_t>(2 * n)), y(static_cast<size_t>(2 * n));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<unsigned char>(i * 7);
    kr::copy<2>({2, n}, y.data() + n, {-n, 1}, static_cast<const unsigned char*>(x.data()), {n, 1});
    CHECK(y.intact());
    CHECK(std::equal(x.begin(), x.begin() + n, y.begin() + n));
    CHECK(std::equal(x.begin() + n, x.end(), y.begin()));
  }
  std::vector<double> x(5000), y(5000);
  std::iota(x.begin(), x.end(), 0);
  kr::copy<1>({5000}, y.data(), {1}, static_cast<const double*>(x.data()), {1});
  CHECK(x == y);
}

TEST_CASE("transposes of every size, element width and order of axes") {
  for (Size a = 1; a <= 40; ++a) {
    for (Size b : {Size{1}, Size{2}, Size{3}, Size{15}, Size{16}, Size{17}, Size{40}, a}) {
      check_transpose<float, 2>({a, b}, {1, 0});
      check_transpose<double, 2>({a, b}, {1, 0});
      check_transpose<bool, 2>({a, b}, {1, 0});
    }
  }
  check_transpose<kr::Int64, 2>({70, 65}, {1, 0});
  int order[] = {0, 1, 2, 3};
  do {
    check_transpose<float, 4>({3, 5, 18, 7}, {order[0], order[1], order[2], order[3]});
  } while (std::next_permutation(order, order + 4));
  check_transpose<float, 8>({2, 1, 3, 2, 1, 2, 4, 3}, {7, 2, 5, 0, 1, 6, 3, 4});
}

TEST_CASE("reverse, broadcast, slices and strided destinations") {
  const float x[] = {1, 2, 3, 4, 5, 6};
  float y[12];
  kr::copy<1>({6}, y, {1}, x + 5, {-1});
  CHECK(std::vector<float>(y, y + 6) == std::vector<float>{6, 5, 4, 3, 2, 1});
  kr::copy<2>({2, 6}, y, {6, 1}, x, {0, 1});
  CHECK(std::vector<float>(y, y + 12) == std::vector<float>{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6});
  kr::copy<2>({6, 2}, y, {2, 1}, x, {1, 0});
  CHECK(std::vector<float>(y, y + 12) == std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6});
  kr::copy<2>({2, 2}, y, {6, 2}, x + 1, {3, 1});   // columns 1 and 2 of [2][3], every second place
  CHECK(std::vector<float>(y, y + 9) == std::vector<float>{2, 1, 3, 2, 3, 3, 5, 4, 6});
  kr::copy<1>({1}, y, {5}, x + 3, {9});
  CHECK(y[0] == 4);
  kr::copy<2>({0, 3}, static_cast<float*>(nullptr), {3, 1}, static_cast<const float*>(nullptr), {3, 1});
}

TEST_CASE("fills") {
  Guarded<float> y(77);
  kr::fill(Size{77}, y.data(), 3.f);
  CHECK(std::count(y.begin(), y.end(), 3.f) == 77);
  CHECK(y.intact());
  std::vector<kr::Int32> image(5 * 6, 1);   // borders of a [5][6] image
  kr::fill<2>({5, 1}, image.data(), {6, 1}, kr::Int32{9});
  kr::fill<2>({1, 6}, image.data() + 24, {6, 1}, kr::Int32{8});
  CHECK(std::count(image.begin(), image.end(), 9) == 4);
  CHECK(std::count(image.begin(), image.end(), 8) == 6);
  bool flags[3] = {};
  kr::fill(Size{3}, flags, true);
  CHECK((flags[0] && flags[1] && flags[2]));
}
