// The inbound_nodes of Keras 2 and tf.keras: lists of [layer, node, tensor, {kwargs}], nested as the call's arguments are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"

namespace keratin {

class LegacyNodeReader {
 public:
  /// `is_layer` tells a reference from a list of constants; `reference` makes one of a triple.
  LegacyNodeReader(std::function<bool(const std::string&)> is_layer, std::function<GraphValue(const Json&, const Json&, const Json&)> reference)
      : is_layer_(std::move(is_layer)), reference_(std::move(reference)) {}

  GraphCall read(const Json& node);
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  bool is_entry(const Json& value) const;
  GraphValue entry(const Json& value, GraphCall& call);
  GraphValue structure(const Json& value, GraphCall& call);
  GraphValue argument(const Json& value);

  std::function<bool(const std::string&)> is_layer_;
  std::function<GraphValue(const Json&, const Json&, const Json&)> reference_;
  std::vector<std::string> problems_;
};

}  // namespace keratin
