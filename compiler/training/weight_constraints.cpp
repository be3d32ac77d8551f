#include "compiler/training/weight_constraints.h"

#include <fmt/format.h>
#include <set>

namespace keratin {

namespace {

class ConstraintReader {
 public:
  ConstraintReader(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

  void read(const Model& model) {
    for (const GraphLayer& entry : model.layers) {
      if (!entry.layer) continue;
      const Json* config = entry.json.find("config");
      if (const auto* nested = dynamic_cast<const Model*>(entry.layer.get())) read(*nested);
      else if (config) read(*entry.layer, *config);
      if (config && !dynamic_cast<const Model*>(entry.layer.get())) find_unused(*config, entry.name);
    }
  }
  std::vector<std::pair<ir::VariableId, Constraint>> found;

 private:
  /// A layer, and those it holds: their config stands in its own, or is its own.
  void read(const Layer& layer, const Json& config) {
    for (const auto& weight : layer.weights)
      if (const Json* constraint = constraint_of(config, weight->name)) add(*weight, *constraint);
    for (size_t i = 0; i < layer.children.size(); ++i) {
      const Child& child = layer.children[i];
      const auto* nested = dynamic_cast<const Model*>(child.layer.get());
      if (nested) read(*nested);
      else read(*child.layer, config_of(config, child.attribute, i));
    }
  }

  static const Json& config_of(const Json& config, const std::string& attribute, size_t place) {
    const Json* inner = config.find(attribute);
    if (!inner || inner->is_null()) inner = config.find("layer");  // Bidirectional writes one of two equal layers
    const Json* cells = attribute.starts_with("cells/") ? config.find("cells") : nullptr;
    if (cells && cells->is_array() && place < cells->as_array().size()) inner = &cells->as_array()[place];
    const Json* own = inner ? inner->find("config") : nullptr;
    return own ? *own : config;
  }

  /// `kernel_constraint` of `kernel`, `recurrent_constraint` of `recurrent_kernel`; Keras 3 calls the kernel of a depthwise layer `kernel`.
  static const Json* constraint_of(const Json& config, const std::string& weight) {
    const std::string front = weight.ends_with("_kernel") ? weight.substr(0, weight.size() - 7) : weight;
    for (const std::string& key : {weight, front, std::string(weight == "kernel" ? "depthwise" : weight)}) {
      const Json* constraint = config.find(key + "_constraint");
      if (constraint && !constraint->is_null()) return constraint;
    }
    return nullptr;
  }

  void add(const Weight& weight, const Json& json) {
    used_.insert(&json);
    Result<Constraint> constraint = read_constraint(json);
    if (constraint) found.emplace_back(weight.variable, std::move(*constraint));
    else problems_.add(fmt::format("{}: {}: {}", file_, weight.path, constraint.error()));
  }

  /// A constraint that no weight takes is refused, unless the config says that the weight is absent.
  void find_unused(const Json& json, const std::string& layer) {
    if (json.is_array())
      for (const Json& element : json.as_array()) find_unused(element, layer);
    if (!json.is_object()) return;
    const auto off = [&](const char* key) { return json.find(key) && *json.find(key) == Json(false); };
    for (const auto& [key, value] : json.as_object()) {
      const bool absent = (key == "bias_constraint" && off("use_bias")) || (key == "gamma_constraint" && off("scale")) || (key == "beta_constraint" && off("center"));
      if (!key.ends_with("_constraint")) find_unused(value, layer);
      else if (!value.is_null() && !absent && !used_.contains(&value)) problems_.add(fmt::format("{}: {}: {} is not supported in training", file_, layer, key));
    }
  }

  const std::string& file_;
  Problems& problems_;
  std::set<const Json*> used_;
};

}  // namespace

std::vector<std::pair<ir::VariableId, Constraint>> weight_constraints(const Model& model, const std::string& file, Problems& problems) {
  ConstraintReader reader(file, problems);
  reader.read(model);
  return std::move(reader.found);
}

}  // namespace keratin
