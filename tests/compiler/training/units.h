// Recorded values of single losses, metrics, optimizers and schedules (tests/data/units).
#pragma once

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "compiler/data/npz.h"
#include "compiler/data/tensors.h"
#include "compiler/engine/compare.h"
#include "compiler/json/json.h"
#include "ir/builder.h"
#include "ir/eval.h"

namespace keratin {

inline std::string units_file(const std::string& name) { return std::string(KERATIN_TEST_DATA "/units/") + name; }

class Units {
 public:
  explicit Units(const std::string& file) {
    Result<NamedArrays> arrays = read_arrays(units_file(file));
    REQUIRE(arrays);
    arrays_ = std::move(*arrays);
    for (const auto& [name, array] : arrays_)
      if (name.ends_with("/config")) names_.insert(name.substr(0, name.find('/')));
  }
  const std::set<std::string>& names() const { return names_; }
  const Array* find(const std::string& name) const { return find_array(arrays_, name); }
  const Array& at(const std::string& name) const {
    const Array* array = find(name);
    INFO(name);
    REQUIRE(array);
    return *array;
  }
  Json config(const std::string& name) const {
    const Result<Json> json = Json::parse(at(name + "/config").strings[0]);
    REQUIRE(json);
    return *json;
  }

 private:
  NamedArrays arrays_;
  std::set<std::string> names_;
};

/// Row `index` of an array's first axis.
inline Array row(const Array& array, int64_t index) {
  const std::vector<int64_t> shape(array.shape.begin() + 1, array.shape.end());
  const std::vector<double> all = array.as<double>();
  const int64_t size = array.count() / array.shape[0];
  return Array::of(shape, std::vector<double>(all.begin() + index * size, all.begin() + (index + 1) * size)).to(array.dtype);
}

inline ir::Type type_of(const Array& array) {
  ir::Type type{array.dtype, {}};
  for (int64_t extent : array.shape) type.shape.dims.push_back(ir::Dim(extent));
  return type;
}

inline void check_close(const ir::Tensor& actual, const Array& recorded) {
  const Array ours = to_array(actual);
  const Difference difference = compare_arrays(ours.shape == recorded.shape ? ours : Array::of(recorded.shape, ours.as<double>()), recorded);
  INFO(difference.reason);
  CHECK(difference.error <= 1e-5);
}

/// A new function of the program.
inline ir::FunctionId add_function(ir::Program& program, const std::string& name) {
  program.functions.push_back({});
  program.functions.back().name = name;
  return ir::FunctionId{static_cast<uint32_t>(program.functions.size() - 1)};
}

}  // namespace keratin
