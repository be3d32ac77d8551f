#include "compiler/export/saved_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "compiler/import/bind_weights.h"

namespace keratin {

namespace {

constexpr std::string_view kOptimizer = "optimizer/";

bool both_integers(DType a, DType b) { return !is_float(a) && !is_float(b) && a != DType::string && b != DType::string; }

/// Whether one array can stand where another is; adds a problem otherwise.
bool fits(const Array& array, const std::vector<int64_t>& shape, DType dtype, const std::string& where, const char* owner, Problems& problems) {
  if (array.shape != shape) {
    problems.add(fmt::format("{}: has the shape {}, the {} has {}", where, shape_text(array.shape), owner, shape_text(shape)));
    return false;
  }
  if (array.dtype != dtype) {
    problems.add(fmt::format("{}: is {}, the {} is {}", where, name_of(array.dtype), owner, name_of(dtype)));
    return false;
  }
  return true;
}

void check_optimizer(NamedArrays given, const NamedArrays& present, const std::string& file, SavedState& state, Problems& problems) {
  for (const auto& [name, array] : given)
    if (!find_array(present, name)) problems.add(fmt::format("{}: {}: the model keeps nothing of its optimizer there", file, name));
  NamedArrays ordered;
  for (const auto& [name, old] : present) {
    const Array* array = find_array(given, name);
    if (!array) {
      problems.add(fmt::format("{}: {}: is missing; the optimizer's state is given whole or not at all", file, name));
      continue;
    }
    const bool converted = both_integers(array->dtype, old.dtype);
    if (fits(*array, old.shape, converted ? array->dtype : old.dtype, fmt::format("{}: {}", file, name), "optimizer's variable", problems))
      ordered.emplace_back(name, array->to(old.dtype));
  }
  state.optimizer = std::move(ordered);
}

/// The number N of `optimizer/vars/N`.
std::optional<size_t> variable_number(std::string_view place) {
  constexpr std::string_view kVariables = "optimizer/vars/";
  size_t number = 0;
  if (!place.starts_with(kVariables)) return std::nullopt;
  const char* end = place.data() + place.size();
  const auto [stop, error] = std::from_chars(place.data() + kVariables.size(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::vector<const NamedArray*> optimizer_variables(const NamedArrays& optimizer) {
  std::vector<std::pair<size_t, const NamedArray*>> numbered;
  for (size_t i = 0; i < optimizer.size(); ++i) {
    const std::optional<size_t> number = variable_number(optimizer[i].first);
    if (number) numbered.emplace_back(*number, &optimizer[i]);
  }
  std::vector<const NamedArray*> list;
  if (numbered.empty())  // of a legacy file, which lists them in this order
    for (const NamedArray& variable : optimizer) list.push_back(&variable);
  std::sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [number, variable] : numbered) list.push_back(variable);
  return list;
}

Result<NamedArrays> read_optimizer_state(const WeightStore& store) {
  NamedArrays arrays;
  const auto add = [&](const StoredArray& stored, std::string name) -> Result<Done> {
    Result<Array> array = store.read(stored);
    if (!array) return Error{array.error()};
    arrays.emplace_back(std::move(name), *std::move(array));
    return Done{};
  };
  if (store.layout() == WeightLayout::layer_lists) {
    constexpr std::string_view kGroup = "optimizer_weights/";
    for (const size_t index : store.optimizer()) {
      const StoredArray& stored = store.arrays()[index];
      const std::string own = stored.path.starts_with(kGroup) ? stored.path.substr(kGroup.size()) : stored.path;
      if (const Result<Done> added = add(stored, std::string(kOptimizer) + own); !added) return Error{added.error()};
    }
    return arrays;
  }
  for (const StoredArray& stored : store.arrays())
    if (stored.path.starts_with(kOptimizer))
      if (const Result<Done> added = add(stored, stored.path); !added) return Error{added.error()};
  return arrays;
}

void check_state(const Model& model, NamedArrays arrays, const NamedArrays& present, const std::string& file, SavedState& state, Problems& problems) {
  NamedArrays optimizer;
  std::map<std::string, Array*> given;
  for (auto& [name, array] : arrays) {
    if (name.starts_with(kOptimizer)) optimizer.emplace_back(name, std::move(array));
    else given.emplace(name, &array);
  }
  std::set<std::string> paths;
  for (const Weight* weight : all_weights(model)) {
    if (!paths.insert(weight->path).second) continue;
    const auto found = given.find(weight->path);
    if (found == given.end()) {
      problems.add(fmt::format("{}: {}: is missing; every weight of the model is wanted", file, weight->path));
      continue;
    }
    Array& array = *found->second;
    if (fits(array, weight->shape.at(0), weight->dtype, fmt::format("{}: {}", file, weight->path), "weight", problems)) state.weights.emplace_back(weight->path, std::move(array));
    given.erase(found);
  }
  for (const auto& [name, array] : given)
    if (!paths.contains(name)) problems.add(fmt::format("{}: {}: the model has no such weight", file, name));
  if (!optimizer.empty()) check_optimizer(std::move(optimizer), present, file, state, problems);
}

}  // namespace keratin
