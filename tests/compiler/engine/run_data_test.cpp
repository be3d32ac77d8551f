#include "compiler/engine/run_data.h"

#include <catch2/catch.hpp>

#include "compiler/import/graph_reader.h"

namespace keratin {
namespace {

/// The inputs of a recurrent model whose file fixes the batch to 4 examples, and its program for the data.
struct FixedBatch {
  Problems problems;
  std::optional<int64_t> batch;

  FixedBatch(int64_t examples, bool stateful) {
    const std::string text = std::string(R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
        {"class_name": "SimpleRNN", "config": {"name": "rnn", "batch_input_shape": [4, 3, 2], "units": 5, "stateful": )") +
                             (stateful ? "true" : "false") + "}}]}}";
    ReadContext context{"m.h5", KerasVersion::parse("2.4.0"), problems, {}};
    const std::shared_ptr<Model> model = read_model(Json::parse(text).value(), context);
    REQUIRE(model);
    const std::vector<InputSpec> specs = input_specs(*model);
    const NamedArrays data = {{"rnn_input", Array::zeros(DType::float32, {examples, 3, 2})}};
    const InputData inputs = match_inputs(data, specs, "in.npz", problems);
    ExpandOptions options;
    options.batch = other_batch(specs, inputs);
    const ExpandedModel expanded = expand(*model, "m.h5", options, problems);
    check_kept_state(expanded.program, specs, inputs, "in.npz", problems);
    if (problems.empty()) batch = expanded.program.function(expanded.program.find("predict")).values[0].type.shape[0].size;
  }
};

}  // namespace

TEST_CASE("a batch that the file fixes holds only where states are kept") {
  CHECK(FixedBatch(8, false).batch == 4);
  CHECK(FixedBatch(8, true).batch == 4);
  CHECK(FixedBatch(6, false).batch == 6);
  const FixedBatch kept(6, true);
  CHECK(kept.problems.messages() == std::vector<std::string>{"in.npz: holds 6 examples, the model keeps states of 4 at a time"});
}

TEST_CASE("data that do not fit the model's inputs are named") {
  const InputSpec image{"image", {{kBatch, Dim(4), Dim(-1), Dim(3)}}, DType::float32, {2}};
  const InputSpec size{"size", {{kBatch, Dim(1)}}, DType::int32, {}};
  const auto problem = [](const NamedArrays& data, const std::vector<InputSpec>& specs) {
    Problems problems;
    match_inputs(data, specs, "in.npz", problems);
    REQUIRE(problems.messages().size() == 1);
    return problems.messages()[0];
  };
  const Array images = Array::zeros(DType::float32, {2, 4, 7, 3}), sizes = Array::zeros(DType::int32, {2, 1});
  CHECK(problem({{"image", images}}, {image, size}) == "in.npz: holds no array 'size'");
  CHECK(problem({{"image", images}, {"size", Array::zeros(DType::int32, {3, 1})}}, {image, size}) ==
        "in.npz: size: has 3 examples, other inputs have 2");
  CHECK(problem({{"x", Array::zeros(DType::float32, {2, 5, 7, 3})}}, {image}) ==
        "in.npz: image: has shape (2, 5, 7, 3), the model takes (None, 4, None, 3)");
  CHECK(problem({{"x", Array::of_strings({1, 1}, {"a"})}}, {size}) == "in.npz: size: holds texts, the model takes int32");
  CHECK(problem({{"x", Array::zeros(DType::int32, {0, 1})}}, {size}) == "in.npz: holds no examples");

  Problems problems;
  const InputData matched = match_inputs({{"size", sizes}, {"image", images}}, {image, size}, "in.npz", problems);
  CHECK(problems.empty());
  CHECK(matched.examples == 2);
  CHECK(matched.shapes == std::map<std::string, std::vector<int64_t>>{{"image", {4, 7, 3}}});
}

}  // namespace keratin
