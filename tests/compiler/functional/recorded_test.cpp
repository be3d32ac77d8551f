// Recorded models of Keras as handles: loaded, run, and their graphs built anew from their ends.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <keratin/model.h>

#include "compiler/data/npz.h"
#include "compiler/engine/judge.h"
#include "compiler/functional/model_state.h"
#include "compiler/functional/state.h"

namespace {

namespace fs = std::filesystem;
using namespace keratin::functional;
using keratin::Array;
using keratin::ArrayError;
using keratin::Json;
using keratin::NamedArrays;

Data inputs_of(const NamedArrays& recorded) {
  std::map<std::string, NDArray> inputs;
  for (const auto& [name, array] : keratin::below(recorded, "input/")) inputs[name] = from_engine(array);
  return inputs;
}

/// The worst of the recorded outputs, or why there are none.
std::string difference(const Model& model, const NamedArrays& recorded, double limit) {
  const std::vector<NDArray> outputs = model.predict_all(inputs_of(recorded), {.batch_size = 0});
  NamedArrays actual;
  const auto& names = GraphAccess::state(model)->model->source.model->output_names;
  for (size_t i = 0; i < outputs.size(); ++i) actual.emplace_back(names[i], to_engine(outputs[i]));
  const std::vector<ArrayError> errors = keratin::forward_errors(actual, recorded, limit);
  const ArrayError* worst = keratin::worst_of(errors);
  if (!worst) return "no output is recorded";
  return worst->passed() ? "" : worst->name + " differs by " + std::to_string(worst->error) + " " + worst->reason;
}

/// The limits of the cases that have their own.
std::map<std::string, double> limits_of(const fs::path& folder) {
  std::ifstream file(folder / "cases.json");
  const keratin::Result<Json> cases = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  std::map<std::string, double> limits;
  if (!cases) return limits;
  for (const Json& entry : cases->as_array())
    if (const Json* tolerance = entry.find("tolerance"); tolerance && tolerance->find("forward")) limits[entry.find("case")->as_string()] = tolerance->find("forward")->as_double();
  return limits;
}

bool has_texts(const NamedArrays& arrays) {
  for (const auto& entry : arrays)
    if (entry.second.dtype == keratin::DType::string) return true;
  return false;
}

/// A model between the same tensors: its configuration is written anew and read.
std::string rebuilt_difference(const Model& model, const NamedArrays& recorded, double limit) {
  try {
    const Model again = model.class_name() == "Sequential" ? Model(model.inputs(), model.outputs()) : Model(Inputs(model.inputs()), Inputs(model.outputs()));
    if (again.count_params() != model.count_params()) return "the graph built anew has other weights";
    const std::string text = again.to_json();
    if (model_from_json(text).to_json() != text) return "the configuration is another one after reading";
    return difference(again, recorded, limit);
  } catch (const NotImplementedError&) {
    return "";  // what it refuses by name
  }
}

}  // namespace

TEST_CASE("recorded models load as handles and build anew from their tensors") {
  set_engine(Engine::reference);
  const fs::path shared = fs::path(KERATIN_SHARED_DIR) / "conformance" / "layers";
  const fs::path folder = fs::exists(shared / "cases.json") ? shared : fs::path(KERATIN_CASES);
  std::map<std::string, double> limits = limits_of(folder);
  int loaded = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ".keras" || stem.starts_with("reject_") || !fs::exists(folder / (stem + ".npz"))) continue;
    if (entry.file_size() > 200'000) continue;  // large models are slow in the evaluator, and the same graphs
    const keratin::Result<NamedArrays> recorded = keratin::read_arrays((folder / (stem + ".npz")).string());
    if (!recorded || has_texts(*recorded)) continue;
    INFO(stem);
    try {
      const Model model = load_model(entry.path().string());
      const double limit = limits.try_emplace(stem, keratin::kForwardLimit).first->second;
      CHECK(difference(model, *recorded, limit) == "");
      CHECK(rebuilt_difference(model, *recorded, limit) == "");
      ++loaded;
    } catch (const Exception& error) {
      const std::string message = error.what();
      // What the compiler does not support it refuses by name, here as everywhere.
      if (message.find("not supported") == std::string::npos && message.find("cannot be compiled") == std::string::npos) FAIL_CHECK(message);
    }
  }
  CHECK(loaded > 2);
}
