// Tensors, nodes, models.
#include "article.h"

namespace article {

using namespace fn;
namespace layers = keratin::layers;

namespace {

Json nodes_of(const Layer& layer) { return Json::Array{layer.inbound_nodes(), layer.outbound_nodes()}; }

template <class F>
bool has(F&& property) {
  try {
    property();
    return true;
  } catch (const AttributeError&) {
    return false;
  }
}

void check_layer(const Layer& layer, const Json& expect) {
  CHECK(nodes_of(layer) == Json(Json::Array{at(expect, "inbound_nodes"), at(expect, "outbound_nodes")}));
  if (expect.find("has_input")) {
    CHECK(has([&] { layer.input(); }) == at(expect, "has_input").as_bool());
    CHECK(has([&] { layer.output(); }) == at(expect, "has_output").as_bool());
    CHECK(has([&] { layer.input_shape(); }) == at(expect, "has_input_shape").as_bool());
    CHECK(has([&] { layer.output_shape(); }) == at(expect, "has_output_shape").as_bool());
    return;
  }
  CHECK(json_of(layer.input_shape()) == at(expect, "input_shape"));
  CHECK(json_of(layer.output_shape()) == at(expect, "output_shape"));
  CHECK(layer.count_params() == at(expect, "parameters").as_int());
}

/// [from, to] of every tensor between two layers, along the forward pass.
Json::Array edges_of(const Model& model) {
  Json::Array edges;
  for (const Layer& layer : model.layers())
    for (int node = 0; node < layer.inbound_nodes(); ++node)
      for (const Tensor& tensor : layer.get_input_at(node)) edges.push_back(Json::Array{tensor.layer().name(), layer.name()});
  return edges;
}

Json text_lines(const std::string& text) {
  Json::Array lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void check_summary(const Model& model, const Json& expect) {
  Json::Array lines = text_lines(model.summary_text({.line_length = 80})).as_array();
  Json::Array expected = at(expect, "text").as_array();
  while (!expected.empty() && expected.back() == Json("")) expected.pop_back();
  while (!lines.empty() && lines.back() == Json("")) lines.pop_back();
  CHECK(Json(lines).dump(1) == Json(expected).dump(1));
}

Json keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.as_object()) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return Json::Array(keys.begin(), keys.end());
}

void check_json(const Json& expect) {
  const Model model = ThreeLayers().model();
  const Json json = *Json::parse(model.to_json());
  const Json& config = at(json, "config");
  CHECK(at(json, "class_name") == at(expect, "class_name"));
  CHECK(keys_of(json) == at(expect, "keys"));
  CHECK(at(config, "input_layers") == at(expect, "input_layers"));
  CHECK(at(config, "output_layers") == at(expect, "output_layers"));
  Json::Array layers_of_json;
  for (const Json& layer : at(config, "layers").as_array()) layers_of_json.push_back(Json::Array{at(layer, "class_name"), at(layer, "name"), at(layer, "inbound_nodes")});
  CHECK(Json(layers_of_json).dump(1) == at(expect, "layers").dump(1));
  const Json& dense = at(config, "layers").as_array()[1];
  CHECK(keys_of(dense) == at(expect, "layer_keys"));
  CHECK(keys_of(at(dense, "config")) == at(expect, "layer_config_keys"));
  CHECK(model_from_json(model.to_json()).count_params() == at(expect, "same_after_reading").as_int());
}

Model two_layers() {
  const Tensor x = Input({10});
  Model model({x}, {layers::Dense({.units = 1})(layers::Dense({.units = 20})(x))}, {.name = "model"});
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

Model shared_model(Layer& d) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  d = layers::Dense(4, {.name = "d"});
  return Model({a, b}, layers::Add({.name = "sum"})({d(a), d(b)}), {.name = "model"});
}

}  // namespace

Checks graph_checks() {
  Checks checks;
  checks["input_batch_shape"] = [](const Json& expect) {
    const Tensor x = Input({.batch_shape = {10000, 100}});
    CHECK(json_of(x.shape()) == at(expect, "shape"));
    CHECK(x.dtype() == at(expect, "dtype").as_string());
    CHECK(x.is_keras_tensor());
    const Json& history = at(expect, "history");
    CHECK(x.layer().class_name() == at(history, "layer_class").as_string());
    CHECK(x.layer().name() == at(history, "layer_name").as_string());
    CHECK(x.node_index() == at(history, "node_index").as_int());
    CHECK(x.tensor_index() == at(history, "tensor_index").as_int());
  };
  checks["input_open_batch"] = [](const Json& expect) { CHECK(json_of(Input({10}).shape()) == at(expect, "shape")); };
  checks["input_fixed_batch"] = [](const Json& expect) { CHECK(json_of(Input({.batch_shape = {100, 10}}).shape()) == at(expect, "shape")); };
  checks["input_positional"] = [](const Json& expect) { CHECK(json_of(Input({64, 64, 3}).shape()) == at(expect, "shape")); };
  checks["input_shape_twice"] = [](const Json& expect) { check_raises(expect, [] { Input({10}, {.batch_shape = {100, 10}}); }); };
  checks["input_names"] = [](const Json& expect) {
    const std::vector<Layer> list = {Input({1}).layer(), Input({1}).layer(), Input({1}, {.name = "input"}).layer()};
    CHECK(names_of(list) == at(expect, "layer_names"));
  };
  checks["input_is_a_layer_of_the_model"] = [](const Json& expect) {
    const Tensor x = Input({10}, {.name = "input"});
    Json::Array list;
    for (const Layer& layer : Model(x, layers::Dense(1)(x)).layers()) list.push_back(Json::Array{layer.class_name(), layer.name()});
    CHECK(Json(list) == at(expect, "layers"));
    CHECK(x.layer().count_params() == at(expect, "input_layer_parameters").as_int());
  };
  checks["plain_tensor_has_no_history"] = [](const Json& expect) { CHECK(Tensor().is_keras_tensor() == at(expect, "is_keras_tensor").as_bool()); };
  checks["automatic_names"] = [](const Json& expect) {
    const std::vector<Layer> list = {layers::Dense(1), layers::Dense(1), layers::Activation("relu"), layers::Activation("relu"), layers::Conv2D(1, 1), layers::BatchNormalization(), layers::LSTM(1), layers::SimpleRNN(1), layers::GRU(1)};
    CHECK(names_of(list) == at(expect, "names"));
  };
  checks["duplicate_names"] = [](const Json& expect) {
    const Tensor x = Input({3});
    check_raises(expect, [&] { Model(x, layers::Dense(1, {.name = "same"})(layers::Dense(2, {.name = "same"})(x))); });
  };
  checks["unconnected_nodes"] = [](const Json& expect) {
    const ThreeLayers three;
    check_layer(three.first, at(expect, "dense_layer_1"));
    check_layer(three.second, at(expect, "dense_layer_2"));
    check_layer(three.sigmoid, at(expect, "sigmoid_layer"));
  };
  checks["unconnected_input_shape"] = [](const Json& expect) { check_raises(expect, [] { ThreeLayers().first.input_shape(); }); };
  checks["unconnected_output_shape"] = [](const Json& expect) { check_raises(expect, [] { ThreeLayers().first.output_shape(); }); };
  checks["unconnected_input"] = [](const Json& expect) { check_raises(expect, [] { ThreeLayers().first.input(); }); };
  checks["connected_nodes"] = [](const Json& expect) {
    const ThreeLayers three;
    const Tensor output = three.connect();
    check_layer(three.first, at(expect, "dense_layer_1"));
    check_layer(three.second, at(expect, "dense_layer_2"));
    check_layer(three.sigmoid, at(expect, "sigmoid_layer"));
  };
  checks["graph_edges"] = [](const Json& expect) {
    const Json::Array forward = edges_of(ThreeLayers().model());
    Json::Array backward;
    for (auto edge = forward.rbegin(); edge != forward.rend(); ++edge) backward.push_back(Json::Array{edge->as_array()[1], edge->as_array()[0]});
    CHECK(Json(forward) == at(expect, "forward"));
    const Json& expected = at(expect, "backward");
    REQUIRE(expected.as_array().size() == backward.size());
    for (const Json& edge : backward) CHECK(std::count(expected.as_array().begin(), expected.as_array().end(), edge) == 1);
  };
  checks["model_from_tensors"] = [](const Json& expect) {
    const ThreeLayers three;
    const Model model({three.input}, {three.connect()});
    CHECK(names_of(model.layers()) == at(expect, "layers"));
    CHECK(model.count_params() == at(expect, "parameters").as_int());
    CHECK(json_of(model.input_shape()) == at(expect, "input_shape"));
    CHECK(json_of(model.output_shape()) == at(expect, "output_shape"));
    const std::vector<std::string> in = model.input_names(), out = model.output_names();
    CHECK(Json(Json::Array(in.begin(), in.end())) == at(expect, "input_names"));
    CHECK(Json(Json::Array(out.begin(), out.end())) == at(expect, "output_names"));
    CHECK(weights_of(model) == at(expect, "weights"));
    CHECK(static_cast<int64_t>(model.trainable_weights().size()) == at(expect, "trainable").as_int());
  };
  checks["model_single_tensor"] = [](const Json& expect) {
    const Model model = ThreeLayers().model();
    CHECK(names_of(model.layers()) == at(expect, "layers"));
    CHECK(model.count_params() == at(expect, "parameters").as_int());
    CHECK(model.get_layer(at(expect, "get_layer").as_string()).name() == at(expect, "get_layer").as_string());
  };
  checks["model_unknown_layer"] = [](const Json& expect) { check_raises(expect, [] { ThreeLayers().model().get_layer("nothing"); }); };
  checks["graph_disconnected"] = [](const Json& expect) {
    const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
    const Tensor y = layers::Dense(1, {.name = "d"})(a);
    check_raises(expect, [&] { Model(b, y); });
  };
  checks["creation_order_is_free"] = [](const Json& expect) {
    const layers::Dense last(1, {.name = "last"}), first(4, {.name = "first"});
    const Tensor x = Input({3}, {.name = "x"});
    CHECK(names_of(Model(x, last(first(x))).layers()) == at(expect, "layers"));
  };
  checks["shared_layer"] = [](const Json& expect) {
    Layer d;
    const Model model = shared_model(d);
    CHECK(d.inbound_nodes() == at(expect, "inbound_nodes").as_int());
    CHECK(model.count_params() == at(expect, "parameters").as_int());
    CHECK(json_of(std::vector{d.get_input_shape_at(0), d.get_input_shape_at(1)}) == at(expect, "input_shape_at"));
    CHECK(json_of(std::vector{d.get_output_shape_at(0), d.get_output_shape_at(1)}) == at(expect, "output_shape_at"));
    CHECK(names_of(model.layers()) == at(expect, "layers"));
  };
  checks["several_input_shapes"] = [](const Json& expect) {
    const layers::Activation a("relu", {.name = "a"});
    a(Input({3}));
    a(Input({4}));
    CHECK(json_of(std::vector{a.get_input_shape_at(0), a.get_input_shape_at(1)}) == at(expect, "at"));
    check_raises(expect, [&] { a.input_shape(); });
  };
  checks["model_as_layer"] = [](const Json& expect) {
    const Tensor i = Input({10}), x = Input({10}, {.name = "x"});
    const Model inner(i, layers::Dense(4)(i), {.name = "inner"});
    const Model outer(x, layers::Dense(2, {.name = "q"})(inner(x)));
    CHECK(names_of(outer.layers()) == at(expect, "layers"));
    CHECK(outer.count_params() == at(expect, "parameters").as_int());
    CHECK(json_of(outer.output_shape()) == at(expect, "output_shape"));
    CHECK(inner.inbound_nodes() == at(expect, "inner_inbound_nodes").as_int());
  };
  checks["several_inputs_and_outputs"] = [](const Json& expect) {
    const Tensor a = Input({3}), b = Input({4});
    const Tensor h = layers::Dense(5)(layers::Concatenate()({a, b}));
    const Model model({a, b}, {layers::Dense(1)(h), layers::Dense(2)(h)});
    CHECK(json_of({model.inputs()[0].shape(), model.inputs()[1].shape()}) == at(expect, "input_shapes"));
    CHECK(json_of({model.outputs()[0].shape(), model.outputs()[1].shape()}) == at(expect, "output_shapes"));
    const std::vector<NDArray> results = model.predict_all({ramp({6, 3}), ramp({6, 4})});
    CHECK(Json(Json::Array{json_of(results[0].shape()), json_of(results[1].shape())}) == at(expect, "predict_shapes"));
    CHECK(h.layer().outbound_nodes() == at(expect, "outbound_nodes_of_h").as_int());
    CHECK(model.count_params() == at(expect, "parameters").as_int());
  };
  checks["sequential_is_a_path"] = [](const Json& expect) {
    const Sequential model(Input({10}), {layers::Dense(20, {.activation = "relu"}), layers::Dense(20, {.activation = "relu"}), layers::Dense(1, {.activation = "sigmoid"})});
    CHECK(names_of(model.layers()) == at(expect, "layers"));
    CHECK(model.count_params() == at(expect, "parameters").as_int());
    CHECK(json_of(model.output_shape()) == at(expect, "output_shape"));
  };
  checks["json_of_the_model"] = check_json;
  checks["summary_batch_size_model"] = [](const Json& expect) { check_summary(two_layers(), expect); };
  checks["summary_three_layers"] = [](const Json& expect) { check_summary(ThreeLayers().model(), expect); };
  checks["summary_not_a_path"] = [](const Json& expect) {
    Layer d;
    check_summary(shared_model(d), expect);
  };
  checks["summary_frozen"] = [](const Json& expect) {
    const Tensor x = Input({10}, {.name = "x"});
    const layers::Dense frozen(20, {.name = "frozen"});
    const Tensor y = layers::Dense(1, {.name = "out"})(layers::BatchNormalization({.name = "norm"})(frozen(x)));
    frozen.set_trainable(false);
    check_summary(Model(x, y, {.name = "model"}), expect);
  };
  return checks;
}

}  // namespace article
