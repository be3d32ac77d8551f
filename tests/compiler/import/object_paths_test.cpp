#include "compiler/import/object_paths.h"

#include <catch2/catch.hpp>

namespace keratin {
namespace {

using Paths = std::vector<std::string>;

TEST_CASE("paths of Keras 3 stay as they are") {
  const Paths paths = {"layers/dense/vars/0", "layers/dense_2/vars/0", "optimizer/vars/0", "layers/a\\b/vars/0"};
  CHECK(canonical_object_paths(paths) == paths);
}

TEST_CASE("TensorFlow 2.13 counted layers with weights twice") {
  const std::string old = "_layer_checkpoint_dependencies/";
  CHECK(canonical_object_paths({old + "conv2d/vars/0", old + "conv2d_10/vars/0", old + "conv2d_2/vars/0", old + "conv2d_4/vars/0",
                                old + "conv2d_6/vars/0", old + "conv2d_8/vars/0", "optimizer/vars/1"}) ==
        Paths{"layers/conv2d/vars/0", "layers/conv2d_5/vars/0", "layers/conv2d_1/vars/0", "layers/conv2d_2/vars/0",
              "layers/conv2d_3/vars/0", "layers/conv2d_4/vars/0", "optimizer/vars/1"});
}

TEST_CASE("TensorFlow 2.14 did not, and gaps are no proof") {
  const std::string old = "_layer_checkpoint_dependencies/";
  CHECK(canonical_object_paths({old + "dense/vars/0", old + "dense_1/vars/0", old + "lstm_2/cell/vars/0", old + "gru_2/cell/vars/0",
                                old + "gru_4/cell/vars/0"}) ==
        Paths{"layers/dense/vars/0", "layers/dense_1/vars/0", "layers/lstm_2/cell/vars/0", "layers/gru_2/cell/vars/0",
              "layers/gru_4/cell/vars/0"});
}

TEST_CASE("nested models and the backslashes of Windows") {
  const std::string old = "_layer_checkpoint_dependencies";
  CHECK(canonical_object_paths({old + "\\functional/" + old + "\\dense/vars/0", old + "\\functional/" + old + "\\dense_2/vars/0",
                                old + "\\functional_2/" + old + "\\dense/vars/0", "metrics\\auc/vars/0"}) ==
        Paths{"layers/functional/layers/dense/vars/0", "layers/functional/layers/dense_1/vars/0", "layers/functional_1/layers/dense/vars/0",
              "metrics/auc/vars/0"});
}

}  // namespace
}  // namespace keratin
