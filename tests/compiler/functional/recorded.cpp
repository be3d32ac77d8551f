#include "tests/compiler/functional/recorded.h"

#include <fstream>
#include <iterator>

#include "compiler/engine/judge.h"
#include "compiler/functional/model_state.h"

namespace recorded {

using namespace keratin::functional;
using keratin::Json;
using keratin::NamedArrays;

double Limits::of(const std::string& name) const {
  const auto found = own.find(name);
  return found == own.end() ? keratin::kForwardLimit : found->second;
}

Limits limits_of(const std::filesystem::path& folder) {
  std::ifstream file(folder / "cases.json");
  const keratin::Result<Json> cases = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  Limits limits;
  if (!cases) return limits;
  for (const Json& entry : cases->as_array())
    if (const Json* tolerance = entry.find("tolerance"); tolerance && tolerance->find("forward")) limits.own[entry.find("case")->as_string()] = tolerance->find("forward")->as_double();
  return limits;
}

std::string difference(const Model& model, const NamedArrays& recorded, double limit) {
  std::map<std::string, NDArray> inputs;
  for (const auto& [name, array] : keratin::below(recorded, "input/")) inputs[name] = from_engine(array);
  const std::vector<NDArray> outputs = model.predict_all(inputs, {.batch_size = 0});
  NamedArrays actual;
  const auto& names = GraphAccess::state(model)->model->source.model->output_names;
  for (size_t i = 0; i < outputs.size(); ++i) actual.emplace_back(names[i], to_engine(outputs[i]));
  const std::vector<keratin::ArrayError> errors = keratin::forward_errors(actual, recorded, limit);
  const keratin::ArrayError* worst = keratin::worst_of(errors);
  if (!worst) return "no output is recorded";
  return worst->passed() ? "" : worst->name + " differs by " + std::to_string(worst->error) + " " + worst->reason;
}

bool has_texts(const NamedArrays& arrays) {
  for (const auto& entry : arrays)
    if (entry.second.dtype == keratin::DType::string) return true;
  return false;
}

}  // namespace recorded
