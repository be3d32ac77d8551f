#include "compiler/engine/run_data.h"

#include <fmt/format.h>

namespace keratin {

namespace {

std::string expected_shape(const InputSpec& spec) {
  std::string text = "(";
  for (int axis = 0; axis < spec.shape.rank(); ++axis) {
    const Dim dim = spec.shape[axis];
    text += (axis ? ", " : "") + (dim.is_static() && dim.size >= 0 ? fmt::format("{}", dim.size) : std::string("None"));
  }
  return text + (spec.shape.rank() == 1 ? ",)" : ")");
}

bool fits(const InputSpec& spec, const Array& array) {
  if (array.rank() != spec.shape.rank()) return false;
  for (int axis = 1; axis < array.rank(); ++axis)
    if (spec.shape[axis] != Dim(-1) && spec.shape[axis] != Dim(array.shape[static_cast<size_t>(axis)])) return false;
  return true;
}

}  // namespace

InputData match_inputs(const NamedArrays& data, const std::vector<InputSpec>& specs, const std::string& data_file, Problems& problems) {
  InputData matched;
  for (const InputSpec& spec : specs) {
    const Array* array = find_array(data, spec.name);
    if (!array && specs.size() == 1 && data.size() == 1) array = &data[0].second;
    if (!array) {
      problems.add(fmt::format("{}: holds no array '{}'", data_file, spec.name));
      continue;
    }
    if (array->dtype == DType::string) {
      problems.add(fmt::format("{}: {}: holds texts, the model takes {}", data_file, spec.name, name_of(spec.dtype)));
      continue;
    }
    if (!fits(spec, *array)) {
      problems.add(fmt::format("{}: {}: has shape {}, the model takes {}", data_file, spec.name, shape_text(array->shape), expected_shape(spec)));
      continue;
    }
    if (!spec.open.empty()) matched.shapes[spec.name] = std::vector<int64_t>(array->shape.begin() + 1, array->shape.end());
    if (array->rank() > 0) {
      if (matched.examples != 0 && matched.examples != array->shape[0])
        problems.add(fmt::format("{}: {}: has {} examples, other inputs have {}", data_file, spec.name, array->shape[0], matched.examples));
      matched.examples = array->shape[0];
    }
    matched.arrays.push_back(array->to(spec.dtype));
  }
  if (problems.empty() && matched.examples == 0) problems.add(fmt::format("{}: holds no examples", data_file));
  return matched;
}

namespace {

std::optional<int64_t> fixed_batch(const std::vector<InputSpec>& specs) {
  for (const InputSpec& spec : specs)
    if (spec.shape.rank() > 0 && spec.shape[0].is_static()) return spec.shape[0].size;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> other_batch(const std::vector<InputSpec>& specs, const InputData& data) {
  const std::optional<int64_t> fixed = fixed_batch(specs);
  if (!fixed || data.examples % *fixed == 0) return std::nullopt;
  return data.examples;
}

void check_kept_state(const ir::Program& program, const std::vector<InputSpec>& specs, const InputData& data, const std::string& data_file, Problems& problems) {
  if (!other_batch(specs, data)) return;
  for (const ir::Variable& variable : program.variables)
    if (variable.role == ir::Role::recurrent_state)
      return problems.add(fmt::format("{}: holds {} examples, the model keeps states of {} at a time", data_file, data.examples, *fixed_batch(specs)));
}

Array rows_of(const Array& array, int64_t begin, int64_t count) {
  Array rows;
  rows.dtype = array.dtype;
  rows.shape = array.shape;
  rows.shape[0] = count;
  const size_t row = array.bytes.size() / static_cast<size_t>(std::max<int64_t>(array.shape[0], 1));
  rows.bytes.assign(array.bytes.begin() + static_cast<ptrdiff_t>(row * static_cast<size_t>(begin)), array.bytes.begin() + static_cast<ptrdiff_t>(row * static_cast<size_t>(begin + count)));
  return rows;
}

void append_rows(Array& to, const Array& rows) {
  if (to.shape.empty()) {
    to = rows;
    return;
  }
  to.shape[0] += rows.shape[0];
  to.bytes.insert(to.bytes.end(), rows.bytes.begin(), rows.bytes.end());
}

}  // namespace keratin
