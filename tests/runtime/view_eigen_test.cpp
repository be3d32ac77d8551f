#include <Eigen/Core>

#include "keratin/runtime/view.h"

#include <catch2/catch.hpp>
#include <vector>

TEST_CASE("a view is an Eigen matrix where Eigen was included first") {
  std::vector<float> data{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const kr::View<float, kr::any, 2, 3> x(data);
  auto m = x.as_matrix();
  CHECK((m.rows() == 2 && m.cols() == 6 && m(1, 4) == 10));
  m *= 2.f;
  CHECK(data[10] == 20);
  const kr::View<const float, kr::any> row(data.data(), 3);
  CHECK((row.as_matrix().rows() == 3 && row.as_matrix().cols() == 1 && row.as_matrix()(2, 0) == 4));
}
