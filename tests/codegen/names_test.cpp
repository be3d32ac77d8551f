#include "codegen/names.h"

#include <catch2/catch.hpp>

#include "ir/support/prepared_name.h"

using namespace keratin;

TEST_CASE("names become identifiers by the published rule") {
  CHECK(identifier("conv1/kernel") == "conv1_kernel");
  CHECK(identifier("dense-1 (a)") == "dense_1_a");
  CHECK(identifier("2d") == "v2d");
  CHECK(identifier("_hidden") == "v_hidden");
  CHECK(identifier("float") == "float_");
  CHECK(identifier("") == "value");
  CHECK(is_identifier("digits"));
  CHECK_FALSE(is_identifier("a-b"));
  CHECK_FALSE(is_identifier("class"));
  CHECK_FALSE(is_identifier(""));
  Scope scope({"n"});
  CHECK(scope.claim("n") == "n_2");
  CHECK(scope.claim("x") == "x");
  CHECK(scope.claim("x") == "x_2");
}

TEST_CASE("a prepared weight is called by its Keras weight") {
  const auto split = [](const char* name) {
    const ir::PreparedName made = ir::split_prepared_name(name);
    return made.weight + ": " + made.done;
  };
  CHECK(split("conv1/kernel_prepared_packed") == "conv1/kernel: prepared, packed");
  CHECK(split("conv2/kernel_winograd4") == "conv2/kernel: winograd4");
  CHECK(split("dense/bias") == "dense/bias: ");
  CHECK(split("packed/kernel") == "packed/kernel: ");
}
