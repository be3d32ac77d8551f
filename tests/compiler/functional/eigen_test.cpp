// Eigen's matrices and tensors as data of models.
#include <catch2/catch.hpp>
#include <keratin/eigen.h>
#include <keratin/layers.h>
#include <keratin/model.h>

using namespace keratin::functional;

TEST_CASE("matrices of both storage orders are the same array") {
  Eigen::MatrixXf columns(2, 3);
  columns << 1, 2, 3, 4, 5, 6;
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = columns;
  const NDArray copied = from_eigen(columns), seen = view_eigen(rows);
  CHECK(copied.shape() == std::vector<int64_t>{2, 3});
  CHECK(copied(1, 0) == 4);
  CHECK(seen(1, 0) == 4);
  CHECK(seen.bytes() == rows.data());
  CHECK(matrix_of<float>(copied) == columns);
  CHECK(from_eigen(columns * 2)(0, 2) == 6);  // an expression

  const Eigen::VectorXd vector = Eigen::VectorXd::LinSpaced(4, 0, 3);
  CHECK(from_eigen(vector).shape() == std::vector<int64_t>{4});
  CHECK(view_eigen(vector).dtype() == "float64");
  CHECK(matrix_of<double>(view_eigen(vector)).col(0) == vector);
  CHECK_THROWS_AS(matrix_of<double>(copied), TypeError);
  CHECK_THROWS_AS(matrix_of<float>(NDArray::zeros({2, 2, 2})), ValueError);
}

TEST_CASE("tensors of both storage orders are the same array") {
  Eigen::Tensor<float, 3> columns(2, 3, 4);
  Eigen::Tensor<float, 3, Eigen::RowMajor> rows(2, 3, 4);
  for (int i = 0; i < 24; ++i) columns(i / 12, i / 4 % 3, i % 4) = rows(i / 12, i / 4 % 3, i % 4) = static_cast<float>(i);
  const NDArray a = from_eigen(columns), b = from_eigen(rows);
  CHECK(a.shape() == std::vector<int64_t>{2, 3, 4});
  for (int64_t i = 0; i < 24; ++i) {
    CHECK(a.number(i) == static_cast<double>(i));
    CHECK(b.number(i) == static_cast<double>(i));
  }
  CHECK(tensor_of<float, 3>(a)(1, 2, 3) == 23);
  CHECK_THROWS_AS((tensor_of<float, 2>(a)), ValueError);
}

TEST_CASE("a model takes and gives matrices") {
  set_engine(Engine::reference);
  const Tensor x = Input({3});
  const Model model(x, keratin::layers::Dense(2, {.use_bias = false})(x));
  const Eigen::MatrixXf data = Eigen::MatrixXf::Random(5, 3);
  const NDArray kernel = model.get_weights()[0], result = model.predict(from_eigen(data));
  const Eigen::MatrixXf expected = data * matrix_of<float>(kernel);
  CHECK((matrix_of<float>(result) - expected).cwiseAbs().maxCoeff() < 1e-6f);
}
