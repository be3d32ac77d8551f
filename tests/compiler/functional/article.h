// The recorded facts of Keras (tests/data/article.json) as checks of the functional API: one function for each entry, by its id.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <keratin/keratin.h>
#include <map>
#include <string>

namespace article {

namespace fn = keratin::functional;
using keratin::Json;

/// A check gets the entry's `expect`.
using Checks = std::map<std::string, std::function<void(const Json& expect)>>;
Checks graph_checks();
Checks layer_checks();
Checks training_checks();

inline const Json& at(const Json& object, const char* key) {
  const Json* found = object.find(key);
  INFO(key);
  REQUIRE(found);
  return *found;
}

inline Json json_of(const fn::TensorShape& shape) {
  Json::Array extents;
  for (const auto& extent : shape) extents.push_back(extent ? Json(*extent) : Json());
  return extents;
}
inline Json json_of(const std::vector<int64_t>& shape) { return Json::Array(shape.begin(), shape.end()); }
inline Json json_of(const std::vector<fn::TensorShape>& shapes) {
  Json::Array list;
  for (const fn::TensorShape& shape : shapes) list.push_back(json_of(shape));
  return list;
}
/// Names of layers in order.
inline Json names_of(const std::vector<fn::Layer>& layers) {
  Json::Array list;
  for (const fn::Layer& layer : layers) list.push_back(layer.name());
  return list;
}
/// [{name: path, shape}].
inline Json weights_of(const fn::Layer& layer) {
  Json::Array list;
  for (const fn::Variable& weight : layer.weights()) list.push_back(Json::Object{{"name", weight.path()}, {"shape", json_of(weight.shape())}});
  return list;
}
/// [[name, shape]].
inline Json pairs_of(const fn::Layer& layer) {
  Json::Array list;
  for (const fn::Variable& weight : layer.weights()) list.push_back(Json::Array{weight.name(), json_of(weight.shape())});
  return list;
}

/// -0.5 + 0.1 * ((7 i) mod 11) over the flat index.
inline fn::NDArray ramp(std::vector<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(-0.5 + 0.1 * static_cast<double>((7 * i) % 11)));
  return fn::NDArray(std::move(shape), std::move(values));
}

/// The numbers of nested lists, flattened.
inline void flatten(const Json& value, std::vector<double>& out) {
  if (value.is_array())
    for (const Json& item : value.as_array()) flatten(item, out);
  else
    out.push_back(value.as_double());
}

/// The first elements of an array are the recorded numbers, which have six digits after the point.
inline void check_values(const fn::NDArray& array, const Json& recorded) {
  std::vector<double> expected;
  flatten(recorded, expected);
  REQUIRE(static_cast<int64_t>(expected.size()) <= array.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO("element " << i);
    CHECK(array.number(static_cast<int64_t>(i)) == Approx(expected[i]).margin(3e-6).epsilon(1e-5));
  }
}

/// The call throws the class that the entry names, with its message (or part, or beginning).
template <class F>
void check_raises(const Json& expect, F&& call) {
  std::string kind, message;
  try {
    call();
  } catch (const fn::ValueError& error) {
    kind = "ValueError";
    message = error.what();
  } catch (const fn::AttributeError& error) {
    kind = "AttributeError";
    message = error.what();
  }
  INFO(message);
  CHECK(kind == at(expect, "raises").as_string());
  if (const Json* whole = expect.find("message")) CHECK(message == whole->as_string());
  if (const Json* part = expect.find("message_contains")) CHECK(message.find(part->as_string()) != std::string::npos);
  if (const Json* begin = expect.find("message_starts")) CHECK(message.starts_with(begin->as_string()));
  if (const Json* words = expect.find("message_should_name"))
    for (const Json& word : words->as_array()) CHECK(message.find(word.as_string()) != std::string::npos);
}

/// The three layers that most entries speak of.
struct ThreeLayers {
  keratin::layers::Dense first{20, {.activation = "relu", .name = "dense_layer_1"}}, second{20, {.activation = "relu", .name = "dense_layer_2"}},
      sigmoid{1, {.activation = "sigmoid", .name = "sigmoid_layer"}};
  fn::Tensor input = fn::Input({10}, {.name = "input"});
  fn::Tensor connect() const { return sigmoid(second(first(input))); }
  fn::Model model() const { return fn::Model(input, connect(), {.name = "model"}); }
};

}  // namespace article
