// Constraints on weights (keras.constraints), applied after every update.
#include <fmt/format.h>

#include "compiler/training/losses/loss.h"
#include "compiler/training/optimizers/optimizer.h"

namespace keratin {

namespace {

std::vector<int> norm_axes(TrainingArguments& a) {
  std::vector<int> axes;
  for (double axis : a.numbers("axis")) axes.push_back(static_cast<int>(axis));
  return axes.empty() ? std::vector<int>{0} : axes;
}

Val norms(Val w, const std::vector<int>& axes) { return sqrt(w.builder().sum(w * w, axes, true)); }

Constraint max_norm(TrainingArguments& a) {
  return [largest = a.number("max_value", 2), axes = norm_axes(a)](Val w) {
    const Val norm = norms(w, axes);
    return w * (minimum(norm, largest) / (norm + kEpsilon));
  };
}

Constraint min_max_norm(TrainingArguments& a) {
  return [low = a.number("min_value", 0), high = a.number("max_value", 1), rate = a.number("rate", 1), axes = norm_axes(a)](Val w) {
    const Val norm = norms(w, axes);
    const Val wanted = minimum(maximum(norm, low), high) * rate + norm * (1 - rate);
    return w * (wanted / (norm + kEpsilon));
  };
}

Constraint unit_norm(TrainingArguments& a) {
  return [axes = norm_axes(a)](Val w) { return w / (norms(w, axes) + kEpsilon); };
}

Constraint non_negative(TrainingArguments&) {
  return [](Val w) { return maximum(w, 0); };
}

struct Definition {
  std::string_view class_name;
  std::vector<std::string_view> short_names;
  Constraint (*create)(TrainingArguments&);
};

}  // namespace

Result<Constraint> read_constraint(const Json& spec) {
  static const std::vector<Definition> table = {{"MaxNorm", {"maxnorm", "max_norm"}, max_norm},
                                                {"MinMaxNorm", {}, min_max_norm},
                                                {"NonNeg", {"nonneg"}, non_negative},
                                                {"UnitNorm", {"unitnorm"}, unit_norm}};
  const Serialized given = serialized(spec);
  for (const Definition& definition : table) {
    if (!is_named(given.name, definition.class_name, definition.short_names)) continue;
    TrainingArguments arguments(given.config);
    Constraint constraint = definition.create(arguments);
    if (const std::string problem = arguments.problem(); !problem.empty()) return Error{fmt::format("{}: {}", given.name, problem)};
    return constraint;
  }
  return Error{fmt::format("constraint {} is not supported", given.name.empty() ? spec.dump() : "'" + given.name + "'")};
}

}  // namespace keratin
