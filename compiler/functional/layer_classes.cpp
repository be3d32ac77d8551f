// The constructors of keratin::layers: the config of their arguments, for each class of layers.def that has a header; and what those arguments are.
#include "keratin/layers.h"

#include <fmt/format.h>
#include <map>

#include "compiler/functional/layer_fields.h"
#include "keratin/error.h"

namespace keratin::layers {

#define KERATIN_LAYER(Name, ...) \
  __VA_OPT__(Name::Name(Arguments arguments) : Layer(#Name, config_of(std::move(arguments))) {})
#include "compiler/layers/layers.def"
#undef KERATIN_LAYER

Json encode_sides(const std::vector<std::pair<int64_t, int64_t>>& pairs, size_t rank) {
  if (pairs.size() != rank)
    throw functional::ValueError(fmt::format("An argument must say both sides of {} axes. Received {} of them.", rank, pairs.size()));
  Json::Array list;
  for (const auto& [low, high] : pairs) list.push_back(Json::Array{low, high});
  return rank == 1 ? list[0] : Json(std::move(list));
}

void BidirectionalArguments::resolve(BidirectionalArguments& arguments) {
  const Layer& layer = arguments.layer;
  if (!layer) return;
  const auto copy = [&](std::string_view prefix, bool backwards) {
    const Json serialized = functional::encode(layer);
    Json config = *serialized.find("config");
    const std::string& name = layer.name();
    config.set("name", std::string(prefix) + (name.starts_with(prefix) ? name.substr(prefix.size()) : name));
    if (backwards && config.find("go_backwards")) config.set("go_backwards", !config.find("go_backwards")->as_bool());
    return Layer::from_config(layer.class_name(), config);
  };
  if (!arguments.backward_layer) arguments.backward_layer = copy("backward_", true);
  arguments.layer = copy("forward_", false);
}

}  // namespace keratin::layers

namespace keratin::functional {

const LayerFields* fields_of_layer(std::string_view class_name) {
  using namespace layers;
  static const std::map<std::string_view, LayerFields> table = {
#define KERATIN_LAYER(Name, ...) __VA_OPT__({#Name, fields_of_class<Name::Arguments>()},)
#include "compiler/layers/layers.def"
#undef KERATIN_LAYER
  };
  const auto found = table.find(class_name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace keratin::functional
