#include "compiler/import/bind_weights.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <map>
#include <set>

#include "compiler/data/tensors.h"
#include "compiler/layers/input_layer.h"

namespace keratin {

std::string snake_case(std::string_view class_name) {
  if (class_name == "GroupQueryAttention") return "grouped_query_attention";
  const auto upper = [&](size_t i) { return std::isupper(static_cast<unsigned char>(class_name[i])); };
  const auto lower = [&](size_t i) { return std::islower(static_cast<unsigned char>(class_name[i])) != 0; };
  std::string text;
  for (size_t i = 0; i < class_name.size(); ++i) {
    if (!std::isalnum(static_cast<unsigned char>(class_name[i])) && class_name[i] != '_') continue;
    const bool starts_word = i > 0 && upper(i) && i + 1 < class_name.size() && std::islower(static_cast<unsigned char>(class_name[i + 1]));
    const bool after_lower = i > 0 && upper(i) && lower(i - 1);
    if ((starts_word || after_lower) && !text.empty() && text.back() != '_') text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(class_name[i])));
  }
  return text;
}

namespace {

std::vector<Weight*> own_weights(const Layer& layer, bool trainable_kind) {
  std::vector<Weight*> list;
  for (Weight* weight : layer.ordered_weights())
    if (weight->trainable == trainable_kind) list.push_back(weight);
  return list;
}

/// The layers a layer consists of: a model's in the file's order, operations left out; otherwise its children.
std::vector<const Layer*> parts_of(const Layer& layer) {
  std::vector<const Layer*> parts;
  if (const auto* model = dynamic_cast<const Model*>(&layer)) {
    for (const GraphLayer& entry : model->layers)
      if (entry.layer && !entry.layer->is_operation) parts.push_back(entry.layer.get());
  } else {
    for (const Child& child : layer.children) parts.push_back(child.layer.get());
  }
  return parts;
}

void append(std::vector<Weight*>& list, const std::vector<Weight*>& more) { list.insert(list.end(), more.begin(), more.end()); }

/// Walks a model as Keras 3's saving walks its objects.
class ObjectWalk {
 public:
  explicit ObjectWalk(const std::function<bool(const std::string&)>& holds_any) : holds_any_(holds_any) {}

  void visit(const Layer& layer, const std::string& base) {
    if (!visited_.insert(&layer).second) return;
    groups.push_back({&layer, base});
    if (const auto* model = dynamic_cast<const Model*>(&layer)) return visit_layers(*model, base);
    for (const Child& child : layer.children) {
      // Attributes that were private until Keras 3.0.2 begin with an underscore there.
      const std::string plain = base + child.attribute + "/", underscored = base + "_" + child.attribute + "/";
      visit(*child.layer, holds_any_(underscored) && !holds_any_(plain) ? underscored : plain);
    }
  }

  std::vector<ObjectGroup> groups;

 private:
  void visit_layers(const Model& model, const std::string& base) {
    std::map<std::string, int> numbers;
    for (const GraphLayer& entry : model.layers) {
      if (!entry.layer || entry.layer->is_operation) continue;
      if (model.sequential && dynamic_cast<const InputLayer*>(entry.layer.get())) continue;
      const std::string group = snake_case(entry.layer->class_name);
      const int number = numbers[group]++;
      visit(*entry.layer, fmt::format("{}layers/{}{}/", base, group, number ? fmt::format("_{}", number) : ""));
    }
  }

  const std::function<bool(const std::string&)>& holds_any_;
  std::set<const Layer*> visited_;
};

class Locator {
 public:
  Locator(const WeightStore& store, const std::string& file, Problems& problems) : store_(store), file_(file), problems_(problems) {}

  void by_object_path(const Model& model) {
    std::set<std::string_view> paths;
    for (const StoredArray& array : store_.arrays()) paths.insert(array.path);
    const auto holds_any = [&](const std::string& prefix) {
      const auto at = paths.lower_bound(prefix);
      return at != paths.end() && at->starts_with(prefix);
    };
    for (const ObjectGroup& group : object_groups(model, holds_any)) {
      const std::vector<Weight*> weights = group.layer->ordered_weights();
      for (size_t i = 0; i < weights.size(); ++i) {
        const std::string path = fmt::format("{}vars/{}", group.path, weights[i]->stored_at.value_or(i));
        add(*weights[i], store_.find(path), path);
      }
    }
  }

  void by_position(const Model& model) {
    std::vector<const WeightStore::Layer*> stored;
    for (const WeightStore::Layer& layer : store_.layers())
      if (!layer.arrays.empty()) stored.push_back(&layer);
    std::vector<std::pair<const GraphLayer*, std::vector<Weight*>>> wanted;
    for (const GraphLayer& entry : model.layers) {
      if (!entry.layer) continue;
      std::vector<Weight*> list = layer_list_weights(*entry.layer, model.version);
      if (!list.empty()) wanted.emplace_back(&entry, std::move(list));
    }
    if (stored.size() != wanted.size())
      return problems_.add(fmt::format("{}: stores weights of {} layers, the model has {} layers with weights", store_.name(), stored.size(), wanted.size()));
    for (size_t i = 0; i < wanted.size(); ++i) {
      const auto& [entry, weights] = wanted[i];
      const std::vector<size_t>& arrays = stored[i]->arrays;
      if (arrays.size() != weights.size()) {
        problems_.add(fmt::format("{}: {}: {} arrays are stored under '{}', the layer has {} weights", file_, entry->name, arrays.size(), stored[i]->name, weights.size()));
        continue;
      }
      for (size_t w = 0; w < weights.size(); ++w) add(*weights[w], &store_.arrays()[arrays[w]], "");
    }
  }

  void by_weight_path(const Model& model) {
    for (Weight* weight : all_weights(model)) {
      std::string_view path = weight->path;  // the stored one may lack outer names
      const StoredArray* found = store_.find(path);
      for (size_t slash = path.find('/'); !found && slash != std::string_view::npos; slash = path.find('/')) {
        path.remove_prefix(slash + 1);
        found = store_.find(path);
      }
      add(*weight, found, weight->path);
    }
  }

  std::vector<WeightPlace> places;

 private:
  void add(Weight& weight, const StoredArray* array, const std::string& expected) {
    if (weight.variable.valid()) places.push_back({&weight, array, expected});
  }

  const WeightStore& store_;
  const std::string& file_;
  Problems& problems_;
};

}  // namespace

std::vector<ObjectGroup> object_groups(const Model& model, const std::function<bool(const std::string&)>& holds_any) {
  ObjectWalk walk(holds_any);
  walk.visit(model, "");
  return std::move(walk.groups);
}

std::vector<WeightPlace> locate_weights(const Model& model, const WeightStore& store, const std::string& file, Problems& problems) {
  Locator locator(store, file, problems);
  switch (store.layout()) {
    case WeightLayout::object_paths: locator.by_object_path(model); break;
    case WeightLayout::layer_lists: locator.by_position(model); break;
    case WeightLayout::weight_paths: locator.by_weight_path(model); break;
  }
  return std::move(locator.places);
}

std::vector<Weight*> layer_list_weights(const Layer& layer, const KerasVersion& version) {
  const bool keras2 = version.keras2() && !version.tensorflow;
  std::vector<Weight*> list = trainable_weights(layer);
  append(list, non_trainable_weights(layer, keras2));
  if (keras2) return list;
  std::set<const Weight*> known;
  std::erase_if(list, [&](const Weight* weight) { return !known.insert(weight).second; });
  return list;
}

std::vector<Weight*> trainable_weights(const Layer& layer) {
  if (!layer.trainable) return {};
  std::vector<Weight*> list = own_weights(layer, true);
  for (const Layer* part : parts_of(layer)) append(list, trainable_weights(*part));
  return list;
}

std::vector<Weight*> non_trainable_weights(const Layer& layer, bool keras2) {
  if (layer.trainable) {
    std::vector<Weight*> list = own_weights(layer, false);
    for (const Layer* part : parts_of(layer)) append(list, non_trainable_weights(*part, keras2));
    return list;
  }
  if (!keras2) return all_weights(layer);
  // Keras 2.0-2.3: a frozen model lists its layers' trainable weights first, then all that is not trainable.
  std::vector<Weight*> list = own_weights(layer, true);
  for (const Layer* part : parts_of(layer)) append(list, trainable_weights(*part));
  append(list, own_weights(layer, false));
  for (const Layer* part : parts_of(layer)) append(list, non_trainable_weights(*part, keras2));
  return list;
}

std::vector<Weight*> all_weights(const Layer& layer) {
  std::vector<Weight*> list = layer.ordered_weights();
  for (const Layer* part : parts_of(layer)) append(list, all_weights(*part));
  return list;
}

void bind_weights(ir::Program& program, const Model& model, const WeightStore& store, const std::string& file, Problems& problems) {
  for (const auto& [weight, array, expected] : locate_weights(model, store, file, problems)) {
    if (program.variable(weight->variable).initial) continue;
    if (!array) {
      problems.add(fmt::format("{}: {}: is not stored; looked for {} in {}", file, weight->path, expected, store.name()));
      continue;
    }
    const std::vector<int64_t> needed = weight->shape.at(0);
    if (array->shape != needed) {
      problems.add(fmt::format("{}: {}: is stored as {}, the layer needs {}", file, weight->path, shape_text(array->shape), shape_text(needed)));
      continue;
    }
    const Result<Array> values = store.read(*array);
    if (!values) problems.add(values.error());
    else if (values->dtype == DType::string) problems.add(fmt::format("{}: {}: holds texts, not numbers", file, weight->path));
    else program.variable(weight->variable).initial = std::make_shared<const ir::Tensor>(to_tensor(*values, weight->dtype));
  }
}

}  // namespace keratin
