// Dropout inside recurrent layers: the masks that are drawn, and what the layers make of them, by formulas written here.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "gradient_check.h"
#include "one_layer.h"
#include "trained_layer.h"

namespace keratin {
namespace {

constexpr int64_t kExamples = 3, kSteps = 4, kFeatures = 5;
const std::string kSequence = "[null, 4, 5]";

/// One cell of the formulas: its weights by name, its gates, and the masks of each gate (all ones where nothing is dropped).
struct CellFormula {
  std::string kind;  // lstm, gru, gru_before (reset before the product), simple
  int64_t units = 2;
  double input_rate = 0, state_rate = 0;
  bool each_gate = false;
  std::vector<double> kernel = {}, recurrent = {}, bias = {};
  std::vector<std::vector<double>> input_masks = {}, state_masks = {};  // by gate: [examples, features], [examples, units]

  int64_t gates() const { return kind == "lstm" ? 4 : kind == "simple" ? 1 : 3; }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// sum_f x[f] m[f] W[f, column], of one example.
double product(const std::vector<double>& x, const double* mask, const std::vector<double>& weight, int64_t columns, int64_t column) {
  double sum = 0;
  for (size_t f = 0; f < x.size(); ++f) sum += x[f] * mask[f] * weight[f * static_cast<size_t>(columns) + static_cast<size_t>(column)];
  return sum;
}

/// One step of one example; `h` and `c` become the next states.
void step(const CellFormula& cell, size_t example, const std::vector<double>& x, std::vector<double>& h, std::vector<double>& c) {
  const int64_t columns = cell.gates() * cell.units;
  const auto of_input = [&](int64_t gate, int64_t unit) {
    const double bias = cell.bias[static_cast<size_t>(gate * cell.units + unit)];
    return product(x, &cell.input_masks[static_cast<size_t>(gate)][example * x.size()], cell.kernel, columns, gate * cell.units + unit) + bias;
  };
  const auto of_state = [&](int64_t gate, int64_t unit, const std::vector<double>& state) {
    return product(state, &cell.state_masks[static_cast<size_t>(gate)][example * state.size()], cell.recurrent, columns, gate * cell.units + unit);
  };
  const auto inner_bias = [&](int64_t gate, int64_t unit) { return cell.kind == "gru" ? cell.bias[static_cast<size_t>(columns + gate * cell.units + unit)] : 0.0; };
  std::vector<double> next(h.size()), reset = h;
  const auto at = [](int64_t i) { return static_cast<size_t>(i); };
  if (cell.kind == "gru_before")
    for (int64_t u = 0; u < cell.units; ++u) reset[at(u)] = h[at(u)] * sigmoid(of_input(1, u) + of_state(1, u, h));
  for (int64_t u = 0; u < cell.units; ++u) {
    const auto z = [&](int64_t gate) { return of_input(gate, u) + of_state(gate, u, h) + inner_bias(gate, u); };
    if (cell.kind == "simple") {
      next[at(u)] = std::tanh(z(0));
    } else if (cell.kind == "lstm") {
      c[at(u)] = sigmoid(z(1)) * c[at(u)] + sigmoid(z(0)) * std::tanh(z(2));
      next[at(u)] = sigmoid(z(3)) * std::tanh(c[at(u)]);
    } else {
      const double inner = cell.kind == "gru" ? sigmoid(z(1)) * (of_state(2, u, h) + inner_bias(2, u)) : of_state(2, u, reset);
      next[at(u)] = sigmoid(z(0)) * h[at(u)] + (1 - sigmoid(z(0))) * std::tanh(of_input(2, u) + inner);
    }
  }
  h = next;
}

/// Takes the next draws as the cell's masks, in Keras's order: inputs, then states.
void take_masks(CellFormula& cell, int64_t features, const ir::Tensors& draws, size_t& next) {
  const auto take = [&](double rate, int64_t extent) {
    std::vector<std::vector<double>> masks(static_cast<size_t>(cell.gates()), std::vector<double>(static_cast<size_t>(kExamples * extent), 1));
    for (size_t gate = 0; rate > 0 && gate < masks.size(); ++gate) {
      if (gate > 0 && !cell.each_gate) {
        masks[gate] = masks[0];
        continue;
      }
      REQUIRE(next < draws.size());
      REQUIRE(draws[next].shape == std::vector<int64_t>{kExamples, extent});  // no axis of steps
      for (size_t i = 0; i < masks[gate].size(); ++i) masks[gate][i] = draws[next].floats[i] >= rate ? 1 / (1 - rate) : 0;
      ++next;
    }
    return masks;
  };
  cell.input_masks = take(cell.input_rate, features);
  cell.state_masks = take(cell.state_rate, cell.units);
}

/// The last outputs [examples, units] of the cells, each reading the one before.
std::vector<double> last_outputs(const std::vector<CellFormula>& cells, const ir::Tensor& x) {
  std::vector<double> all;
  for (size_t example = 0; example < kExamples; ++example) {
    std::vector<std::vector<double>> h, c;
    for (const CellFormula& cell : cells) h.emplace_back(cell.units, 0.0), c.emplace_back(cell.units, 0.0);
    for (size_t now = 0; now < kSteps; ++now) {
      const auto begin = x.floats.begin() + static_cast<ptrdiff_t>((example * kSteps + now) * kFeatures);
      std::vector<double> input(begin, begin + kFeatures);
      for (size_t i = 0; i < cells.size(); ++i) {
        step(cells[i], example, input, h[i], c[i]);
        input = h[i];
      }
    }
    all.insert(all.end(), h.back().begin(), h.back().end());
  }
  return all;
}

std::string config_of(const CellFormula& cell, const std::string& more = "") {
  return fmt::format(R"({{"units": {}, "dropout": {}, "recurrent_dropout": {}{}{}}})", cell.units, cell.input_rate, cell.state_rate,
                     cell.kind == "gru_before" ? R"(, "reset_after": false)" : "", more);
}

void check_formula(const std::string& class_name, const std::string& config, std::vector<CellFormula> cells) {
  INFO(class_name << " " << config);
  TrainedLayer layer(one_layer_text(class_name, config, {kSequence}, "{}"));
  layer.draw_weights();
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i].kernel = layer.weight(3 * i)->floats;
    cells[i].recurrent = layer.weight(3 * i + 1)->floats;
    cells[i].bias = layer.weight(3 * i + 2)->floats;
  }
  const ir::Tensors inputs = ir::random_parameters(layer.program(), layer.function(), kExamples, 4);
  const TrainedLayer::Run run = layer.run(inputs, kExamples);
  size_t next = 0;
  int64_t features = kFeatures;
  for (CellFormula& cell : cells) {
    take_masks(cell, features, run.draws, next);
    features = cell.units;
  }
  CHECK(next == run.draws.size());
  const std::vector<double> expected = last_outputs(cells, inputs[0]);
  REQUIRE(run.outputs[0].floats.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) CHECK(run.outputs[0].floats[i] == Approx(expected[i]).epsilon(1e-6).margin(1e-6));
}

std::string class_of(const CellFormula& cell) { return cell.kind == "lstm" ? "LSTM" : cell.kind == "simple" ? "SimpleRNN" : "GRU"; }

TEST_CASE("recurrent layers drop inputs and states as Keras's formulas say, by one mask in all steps") {
  for (const char* kind : {"lstm", "gru", "gru_before", "simple"})
    for (const auto& [input, state] : {std::pair{0.4, 0.0}, {0.0, 0.3}, {0.4, 0.3}}) {
      CellFormula cell{.kind = kind, .units = 3, .input_rate = input, .state_rate = state, .each_gate = state > 0};
      check_formula(class_of(cell), config_of(cell), {cell});
    }
}

TEST_CASE("implementation 1 has a mask for each gate, also where only inputs are dropped") {
  for (const char* kind : {"lstm", "gru", "gru_before"}) {
    CellFormula cell{.kind = kind, .input_rate = 0.4, .each_gate = true};
    check_formula(class_of(cell), config_of(cell, R"(, "implementation": 1)"), {cell});
  }
}

TEST_CASE("stacked cells drop what each of them reads") {
  const std::vector<CellFormula> cells = {{.kind = "lstm", .units = 3, .input_rate = 0.4},
                                          {.kind = "gru", .units = 2, .input_rate = 0.2, .state_rate = 0.3, .each_gate = true},
                                          {.kind = "simple", .units = 4, .input_rate = 0.5}};
  std::string list;
  for (const CellFormula& cell : cells)
    list += fmt::format(R"({}{{"class_name": "{}Cell", "module": "keras.layers", "config": {}}})", list.empty() ? "" : ", ", class_of(cell), config_of(cell));
  check_formula("RNN", fmt::format(R"({{"cell": {{"class_name": "StackedRNNCells", "module": "keras.layers", "config": {{"cells": [{}]}}}}}})", list), cells);
}

/// What a linear SimpleRNN without bias gives of ones, kernels being the identity: of its masks.
ir::Tensor of_ones(const std::string& rates, int64_t units, int64_t steps) {
  TrainedLayer layer(one_layer_text("SimpleRNN", fmt::format(R"({{"units": {}, "activation": "linear", "use_bias": false, "return_sequences": true, {}}})", units, rates),
                                    {fmt::format("[null, {}, {}]", steps, units)}, "{}"));
  ir::Tensor identity(DType::float32, {units, units});
  for (int64_t i = 0; i < units; ++i) identity.floats[static_cast<size_t>(i * units + i)] = 1;
  for (size_t i = 0; i < 2; ++i) layer.set_weight(i, identity);
  ir::Tensor ones(DType::float32, {kExamples, steps, units});
  for (double& value : ones.floats) value = 1;
  return layer.run({ones}, kExamples).outputs[0];
}

TEST_CASE("the share that is dropped is the rate, and every step drops the same") {
  constexpr int64_t kUnits = 200, kLong = 3;
  const auto at = [](const ir::Tensor& y, int64_t example, int64_t time, int64_t unit) { return y.floats[static_cast<size_t>((example * kLong + time) * kUnits + unit)]; };
  const ir::Tensor states = of_ones(R"("recurrent_dropout": 0.2)", kUnits, kLong);
  const ir::Tensor inputs = of_ones(R"("dropout": 0.4)", kUnits, kLong);
  int dropped_states = 0, dropped_inputs = 0;
  for (int64_t example = 0; example < kExamples; ++example)
    for (int64_t unit = 0; unit < kUnits; ++unit) {
      const double state = at(states, example, 1, unit) - 1, input = at(inputs, example, 0, unit);
      CHECK((state == 0 || state == Approx(1.25)));
      CHECK((input == 0 || input == Approx(1 / 0.6)));
      CHECK(at(states, example, 2, unit) == Approx(1 + state * (1 + state)));
      CHECK(at(inputs, example, 2, unit) == Approx(3 * input));
      dropped_states += state == 0;
      dropped_inputs += input == 0;
    }
  // Four standard deviations of 600 draws.
  CHECK(std::abs(dropped_states - 120) < 4 * std::sqrt(600 * 0.2 * 0.8));
  CHECK(std::abs(dropped_inputs - 240) < 4 * std::sqrt(600 * 0.4 * 0.6));
}

TEST_CASE("at a rate of 1 SimpleRNN drops everything, LSTM and GRU nothing, and rates beyond are clamped: Keras's choices") {
  for (const char* rate : {"1", "1.5"}) {
    for (const double value : of_ones(fmt::format(R"("dropout": {})", rate), 4, 2).floats) CHECK(value == 0);
    for (const double value : of_ones(fmt::format(R"("recurrent_dropout": {})", rate), 4, 2).floats) CHECK(value == 1);
    for (const char* name : {"LSTM", "GRU"}) CHECK(TrainedLayer(one_layer_text(name, fmt::format(R"({{"units": 2, "dropout": {}}})", rate), {kSequence}, "{}")).draws() == 0);
  }
  CHECK(TrainedLayer(one_layer_text("SimpleRNN", R"({"units": 2, "dropout": -1})", {kSequence}, "{}")).draws() == 0);
}

TEST_CASE("recurrent dropout of 1 drops nothing in LSTM, and makes it take implementation 1") {
  CHECK(TrainedLayer(one_layer_text("LSTM", R"({"units": 2, "dropout": 0.5, "recurrent_dropout": 1})", {kSequence}, "{}")).draws() == 4);
}

TEST_CASE("inference drops nothing") {
  for (const char* name : {"LSTM", "GRU", "SimpleRNN"}) {
    ir::Tensors outputs;
    for (const char* rates : {R"("dropout": 0.5, "recurrent_dropout": 0.5)", R"("dropout": 0)"}) {
      TrainedLayer layer(one_layer_text(name, fmt::format(R"({{"units": 3, {}}})", rates), {kSequence}, "{}"));
      layer.draw_weights();
      const ir::FunctionId predict = layer.program().find("predict");
      outputs.push_back(ir::evaluate(layer.program(), predict, kExamples, ir::random_parameters(layer.program(), predict, kExamples, 2))[0]);
    }
    CHECK(ir::largest_difference({outputs[0]}, {outputs[1]}) == 0);
  }
}

TEST_CASE("masks of layers, of calls, of directions, of steps of training and of seeds differ") {
  const std::string inner = R"({"class_name": "LSTM", "module": "keras.layers", "config": {"name": "inner", "units": 2, "dropout": 0.5, "recurrent_dropout": 0.5}})";
  TrainedLayer layer(one_layer_text("Bidirectional", R"({"layer": )" + inner + "}", {kSequence}, "{}"));
  layer.draw_weights();
  const ir::Tensors inputs = ir::random_parameters(layer.program(), layer.function(), kExamples, 4);
  std::set<std::vector<double>> seen;
  size_t drawn = 0;
  const auto add = [&] {
    const ir::Tensors draws = layer.run(inputs, kExamples).draws;
    CHECK(draws.size() == 16);
    for (const ir::Tensor& draw : draws) seen.insert(draw.floats);
    drawn += draws.size();
  };
  add();
  for (const char* name : {"seed", "draw_step"}) {
    layer.set_hyperparameter(name, 5);
    add();
  }
  CHECK(seen.size() == drawn);
}

TEST_CASE("a frozen mode of a tf.keras file keeps dropout from its layers, wrapped ones too") {
  const std::string inner = R"({"class_name": "GRU", "config": {"name": "inner", "units": 2, "dropout": 0.5}})";
  for (const auto& [name, config] : {std::pair<std::string, std::string>{"GRU", R"({"units": 2, "dropout": 0.5})"}, {"Bidirectional", R"({"layer": )" + inner + "}"}}) {
    CHECK(TrainedLayer(one_layer_text(name, config, {kSequence}, R"({"training": false})"), "2.9.0-tf").draws() == 0);
    CHECK(TrainedLayer(one_layer_text(name, config, {kSequence}, "{}"), "2.9.0-tf").draws() == (name == "GRU" ? 1 : 2));
  }
}

TEST_CASE("calls of a cell outside of a layer share their masks within a step of training") {
  const auto tensor = [](const char* layer, int node) {
    return fmt::format(R"({{"class_name": "__keras_tensor__", "config": {{"shape": [null, 4], "dtype": "float32", "keras_history": ["{}", {}, 0]}}}})", layer, node);
  };
  const auto input = [](const char* name) {
    return fmt::format(R"({{"class_name": "InputLayer", "module": "keras.layers", "name": "{0}", "inbound_nodes": [], "config": {{"name": "{0}", "dtype": "float32", "batch_shape": [null, 4]}}}})", name);
  };
  const std::string text = fmt::format(
      R"({{"class_name": "Functional", "module": "keras", "config": {{"name": "model", "trainable": true, "layers": [{}, {},
          {{"class_name": "SimpleRNNCell", "module": "keras.layers", "name": "layer", "config": {{"units": 4, "dropout": 0.5, "recurrent_dropout": 0.5}},
            "inbound_nodes": [{{"args": [{}, [{}]], "kwargs": {{}}}}, {{"args": [{}, [{}]], "kwargs": {{}}}}]}}],
          "input_layers": [["x", 0, 0], ["h", 0, 0]], "output_layers": [["layer", 1, 0]]}}}})",
      input("x"), input("h"), tensor("x", 0), tensor("h", 0), tensor("x", 0), tensor("layer", 0));
  CHECK(TrainedLayer(text).draws() == 2);
}

TEST_CASE("gradients of layers with dropout inside equal central differences") {
  const auto wrapped = [](const std::string& name, const std::string& config) {
    return fmt::format(R"({{"layer": {{"class_name": "{}", "module": "keras.layers", "config": {}}}}})", name, config);
  };
  const std::string both = R"({"units": 2, "dropout": 0.3, "recurrent_dropout": 0.4, "return_sequences": true})";
  const std::vector<std::array<std::string, 3>> cases = {
      {"LSTM", both, kSequence},
      {"LSTM", R"({"units": 2, "dropout": 0.3})", kSequence},
      {"GRU", both, kSequence},
      {"GRU", R"({"units": 2, "dropout": 0.3, "recurrent_dropout": 0.4, "reset_after": false})", kSequence},
      {"SimpleRNN", both, kSequence},
      {"Bidirectional", wrapped("GRU", both), kSequence},
      {"TimeDistributed", wrapped("LSTM", both), "[null, 2, 4, 5]"},
  };
  for (const auto& [name, config, shape] : cases) {
    INFO(name << " " << config);
    TrainedLayer layer(one_layer_text(name, config, {shape}, "{}"));
    layer.draw_weights();
    CHECK(layer.draws() > 0);
    ir::check_gradients(layer.program(), layer.function_of_outputs(), 2);
  }
}

}  // namespace
}  // namespace keratin
