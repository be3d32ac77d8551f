// Shapes, weights and numbers of single layers.
#include "article.h"

namespace article {

using namespace fn;
namespace layers = keratin::layers;

namespace {

void check_batch_norm(const Json& expect, std::vector<int64_t> shape, int axis) {
  const layers::BatchNormalization norm({.axis = axis, .momentum = 0.9});
  TensorShape batch(shape.begin(), shape.end());
  CHECK(json_of(norm(Input({.batch_shape = batch})).shape()) == at(expect, "output_shape"));
  CHECK(pairs_of(norm) == at(expect, "weights"));
  CHECK(static_cast<int64_t>(norm.trainable_weights().size()) == at(expect, "trainable").as_int());
  const NDArray x = ramp(shape), trained = norm(x, {.training = true});
  if (const Json* whole = expect.find("training_output")) check_values(trained, *whole);
  if (const Json* first = expect.find("training_output_first_12")) check_values(trained, *first);
  check_values(norm.weights()[2].numpy(), at(expect, "moving_mean"));
  check_values(norm.weights()[3].numpy(), at(expect, "moving_variance"));
  if (const Json* inference = expect.find("inference_output")) check_values(norm(x), *inference);
}

void check_recurrent(const Layer& layer, const Json& expect) {
  const Outputs y = layer(Input({4, 5}));
  CHECK(json_of(y.shape()) == at(expect, "output_shape"));
  Json::Array shapes;
  for (const Variable& weight : layer.weights()) shapes.push_back(json_of(weight.shape()));
  CHECK(Json(shapes) == at(expect, "weights"));
  CHECK(layer.count_params() == at(expect, "parameters").as_int());
}

Json shapes_of(const Outputs& outputs) {
  Json::Array list;
  for (const Tensor& tensor : outputs) list.push_back(json_of(tensor.shape()));
  return list;
}

void check_conv(const layers::Conv2D& c, const Tensor& x, const Json& expect) {
  c(x);
  CHECK(json_of(c.input_shape()) == at(expect, "input_shape"));
  CHECK(json_of(c.output_shape()) == at(expect, "output_shape"));
  CHECK(weights_of(c) == at(expect, "weights"));
}

}  // namespace

Checks layer_checks() {
  Checks checks;
  checks["dense_weights_before_call"] = [](const Json& expect) {
    const layers::Dense d({.units = 10, .activation = "relu"});
    CHECK(weights_of(d) == at(expect, "weights"));
    CHECK(d.built() == at(expect, "built").as_bool());
  };
  checks["dense_weights_after_call"] = [](const Json& expect) {
    const layers::Dense d({.units = 10, .activation = "relu"});
    const Tensor y = d(Input({100}));
    CHECK(weights_of(d) == at(expect, "weights"));
    CHECK(d.built() == at(expect, "built").as_bool());
    CHECK(json_of(y.shape()) == at(expect, "output_shape"));
    CHECK(d.count_params() == at(expect, "parameters").as_int());
  };
  checks["dense_without_bias"] = [](const Json& expect) {
    const layers::Dense d(10, {.use_bias = false});
    d(Input({100}));
    CHECK(weights_of(d) == at(expect, "weights"));
    CHECK(d.count_params() == at(expect, "parameters").as_int());
  };
  checks["activation_has_no_weights"] = [](const Json& expect) {
    const layers::Activation a("relu");
    CHECK(weights_of(a) == at(expect, "before"));
    CHECK(json_of(a(Input({100})).shape()) == at(expect, "output_shape"));
    CHECK(weights_of(a) == at(expect, "after"));
  };
  checks["layer_called_with_list"] = [](const Json& expect) {
    const Tensor a = Input({4}), b = Input({4});
    CHECK(json_of(layers::Add()({a, b}).shape()) == at(expect, "add"));
    CHECK(json_of(layers::Concatenate()({a, b}).shape()) == at(expect, "concatenate"));
    CHECK(json_of(layers::Add()(std::vector{a, b}).shape()) == at(expect, "add_tuple"));
  };
  checks["layer_called_on_data"] = [](const Json& expect) {
    const layers::Dense d(2, {.activation = "relu"});
    d(ramp({3, 4}));
    d.set_weights({ramp({4, 2}), NDArray({2}, std::vector<float>{0.1f, -0.2f})});
    check_values(d(ramp({3, 4})), at(expect, "output"));
  };
  checks["dense_last_axis"] = [](const Json& expect) {
    const layers::Dense d(7);
    CHECK(json_of(d(Input({4, 5})).shape()) == at(expect, "output_shape"));
    CHECK(weights_of(d) == at(expect, "weights"));
  };
  checks["dense_rank_one"] = [](const Json& expect) { check_raises(expect, [] { layers::Dense(20)(Input({.batch_shape = {10}})); }); };
  checks["dense_fixed_after_first_call"] = [](const Json& expect) {
    const layers::Dense d(20, {.name = "d"});
    d(Input({10}));
    check_raises(expect, [&] { d(Input({11})); });
  };
  checks["set_weights_wrong_count"] = [](const Json& expect) {
    const layers::Dense d(2, {.name = "d"});
    d(Input({3}));
    check_raises(expect, [&] { d.set_weights({NDArray::zeros({3, 2})}); });
  };
  checks["conv2d_shapes"] = [](const Json& expect) {
    const layers::Conv2D c({.filters = 17, .kernel_size = {3, 3}});
    check_conv(c, Input({64, 64, 3}), expect);
    CHECK(c.count_params() == at(expect, "parameters").as_int());
  };
  checks["conv2d_channels_first"] = [](const Json& expect) {
    check_conv(layers::Conv2D(17, {3, 3}, {.data_format = "channels_first"}), Input({3, 64, 64}), expect);
    CHECK(at(layers::Conv2D(1, 1).get_config(), "data_format") == at(expect, "default_data_format"));
  };
  checks["conv2d_missing_channel"] = [](const Json& expect) { check_raises(expect, [] { layers::Conv2D(17, {3, 3}, {.name = "c"})(Input({64, 64})); }); };
  checks["conv2d_fixed_channels"] = [](const Json& expect) {
    const layers::Conv2D c(17, 3, {.name = "c"});
    c(Input({64, 64, 3}));
    check_raises(expect, [&] { c(Input({64, 64, 4})); });
  };
  checks["onehot_sentence"] = [](const Json& expect) {
    const NDArray rows = to_categorical({1, 0, 2, 1, 3}, 4);
    CHECK(json_of(rows.shape()) == at(expect, "shape"));
    check_values(rows, at(expect, "rows"));
  };
  checks["lstm_onehot"] = [](const Json& expect) {
    const layers::LSTM lstm({.units = 10});
    const layers::Dense dense(5, {.activation = "softmax"});
    const Tensor h = lstm(Input({4, 5}));
    CHECK(json_of(h.shape()) == at(expect, "lstm_output_shape"));
    CHECK(json_of(dense(h).shape()) == at(expect, "output_shape"));
    CHECK(weights_of(lstm) == at(expect, "lstm_weights"));
    CHECK(lstm.count_params() == at(expect, "lstm_parameters").as_int());
    CHECK(dense.count_params() == at(expect, "dense_parameters").as_int());
  };
  checks["lstm_return_variants"] = [](const Json& expect) {
    const Tensor x = Input({4, 5});
    CHECK(json_of(layers::LSTM(10, {.return_sequences = true})(x).shape()) == at(expect, "sequences"));
    CHECK(shapes_of(layers::LSTM(10, {.return_state = true})(x)) == at(expect, "state"));
    CHECK(shapes_of(layers::LSTM(10, {.return_sequences = true, .return_state = true})(x)) == at(expect, "both"));
  };
  checks["rnn_family"] = [](const Json& expect) {
    check_recurrent(layers::SimpleRNN(10), at(expect, "simple_rnn"));
    check_recurrent(layers::GRU(10), at(expect, "gru"));
    check_recurrent(layers::GRU(10, {.reset_after = false}), at(expect, "gru_reset_before"));
    CHECK(shapes_of(layers::GRU(10, {.return_state = true})(Input({4, 5}))) == at(expect, "gru_with_state"));
  };
  checks["lstm_scalar_series"] = [](const Json& expect) {
    const Tensor x = Input({5, 1});
    const layers::LSTM lstm(10);
    const Model model(x, layers::Dense(1, {.activation = "softmax"})(lstm(x)));
    CHECK(lstm.count_params() == at(expect, "lstm_parameters").as_int());
    CHECK(json_of(model.output_shape()) == at(expect, "output_shape"));
    check_values(model.predict(ramp({1, 5, 1})), at(expect, "prediction"));
  };
  checks["lstm_missing_feature_axis"] = [](const Json& expect) { check_raises(expect, [] { layers::LSTM({.units = 10, .name = "lstm"})(Input({5})); }); };
  checks["lstm_values"] = [](const Json& expect) {
    const layers::LSTM lstm(2, {.return_sequences = true, .return_state = true});
    lstm(Input({4, 3}));
    lstm.set_weights({ramp({3, 8}), ramp({2, 8}), ramp({8})});
    const std::vector<NDArray> results = lstm(std::vector{ramp({2, 4, 3})});
    check_values(results[0], at(expect, "sequence"));
    check_values(results[1], at(expect, "h"));
    check_values(results[2], at(expect, "c"));
  };
  checks["batch_norm_dense_axis_1"] = [](const Json& expect) { check_batch_norm(expect, {3, 2}, 1); };
  checks["batch_norm_dense_axis_0"] = [](const Json& expect) { check_batch_norm(expect, {3, 2}, 0); };
  checks["batch_norm_rank4_axis_1"] = [](const Json& expect) { check_batch_norm(expect, {3, 2, 4, 5}, 1); };
  checks["batch_norm_rank4_axis_2"] = [](const Json& expect) { check_batch_norm(expect, {3, 2, 4, 5}, 2); };
  checks["batch_norm_rank4_axis_3"] = [](const Json& expect) { check_batch_norm(expect, {3, 2, 4, 5}, 3); };
  checks["batch_norm_axis_0_open_batch"] = [](const Json& expect) { check_raises(expect, [] { layers::BatchNormalization({.axis = 0, .name = "n"})(Input({2})); }); };
  checks["batch_norm_default_axis"] = [](const Json& expect) {
    const std::vector<TensorShape> shapes = {{8, 8, 3}, {6}};
    for (size_t i = 0; i < shapes.size(); ++i) {
      const Json& one = at(expect, "cases").as_array()[i];
      const layers::BatchNormalization norm;
      norm(Input(shapes[i]));
      CHECK(Json(Json::Array{at(norm.get_config(), "axis")}) == at(one, "axis"));
      CHECK(json_of(norm.weights()[0].shape()) == at(one, "gamma_shape"));
      CHECK(norm.count_params() == at(one, "parameters").as_int());
      int64_t trainable = 0;
      for (const Variable& weight : norm.trainable_weights()) trainable += weight.numpy().size();
      CHECK(trainable == at(one, "trainable_parameters").as_int());
    }
  };
  checks["batch_norm_initial_inference"] = [](const Json& expect) { check_values(layers::BatchNormalization()(ramp({3, 2}), {.training = false}), at(expect, "output")); };
  checks["batch_norm_two_axes"] = [](const Json& expect) {
    const layers::BatchNormalization norm({.axis = 1});
    const NDArray flat = layers::Reshape({8})(ramp({3, 2, 4}));
    const NDArray y = layers::Reshape({2, 4})(norm(flat, {.training = true}));
    CHECK(json_of(norm.weights()[0].shape()) == at(expect, "gamma_shape"));
    CHECK(json_of(y.shape()) == at(expect, "output_shape"));
    check_values(y, at(expect, "output"));
  };
  checks["reshape_and_lambda"] = [](const Json& expect) {
    const Tensor x = Input({10});
    CHECK(json_of(layers::Reshape({5, 2})(x).shape()) == at(expect, "reshape"));
    CHECK(json_of(layers::Reshape({-1, 2})(x).shape()) == at(expect, "reshape_open"));
    CHECK(json_of(layers::Lambda([](const Tensor& t) { return 2 * t; })(x).shape()) == at(expect, "lambda"));
  };
  return checks;
}

}  // namespace article
