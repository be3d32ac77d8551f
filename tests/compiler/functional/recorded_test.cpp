// Recorded models of Keras as handles: loaded, run, and their graphs built anew from their ends.
#include <catch2/catch.hpp>
#include <filesystem>
#include <keratin/model.h>

#include "tests/compiler/functional/recorded.h"

namespace {

namespace fs = std::filesystem;
using namespace keratin::functional;
using keratin::NamedArrays;
using recorded::difference;

/// A model between the same tensors: its configuration is written anew and read.
std::string rebuilt_difference(const Model& model, const NamedArrays& values, double limit) {
  try {
    const Model again = model.class_name() == "Sequential" ? Model(model.inputs(), model.outputs()) : Model(Inputs(model.inputs()), Inputs(model.outputs()));
    if (again.count_params() != model.count_params()) return "the graph built anew has other weights";
    const std::string text = again.to_json();
    if (model_from_json(text).to_json() != text) return "the configuration is another one after reading";
    return difference(again, values, limit);
  } catch (const NotImplementedError&) {
    return "";  // what it refuses by name
  }
}

}  // namespace

TEST_CASE("recorded models load as handles and build anew from their tensors") {
  set_engine(Engine::reference);
  const fs::path shared = fs::path(KERATIN_SHARED_DIR) / "conformance" / "layers";
  const fs::path folder = fs::exists(shared / "cases.json") ? shared : fs::path(KERATIN_CASES);
  const recorded::Limits limits = recorded::limits_of(folder);
  int loaded = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ".keras" || stem.starts_with("reject_") || !fs::exists(folder / (stem + ".npz"))) continue;
    if (entry.file_size() > 200'000) continue;  // large models are slow in the evaluator, and the same graphs
    const keratin::Result<NamedArrays> values = keratin::read_arrays((folder / (stem + ".npz")).string());
    if (!values || recorded::has_texts(*values)) continue;
    INFO(stem);
    try {
      const Model model = load_model(entry.path().string());
      const double limit = limits.of(stem);
      CHECK(difference(model, *values, limit) == "");
      CHECK(rebuilt_difference(model, *values, limit) == "");
      ++loaded;
    } catch (const Exception& error) {
      const std::string message = error.what();
      // What the compiler does not support it refuses by name, here as everywhere.
      if (message.find("not supported") == std::string::npos && message.find("cannot be compiled") == std::string::npos) FAIL_CHECK(message);
    }
  }
  CHECK(loaded > 2);
}
