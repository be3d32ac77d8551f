#include "compiler/engine/seeded_inputs.h"

#include <algorithm>
#include <cmath>

#include "ir/constants.h"

namespace keratin {

namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): the next of a stream of 64 random bits.
uint64_t next_bits(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double uniform(uint64_t& state) { return (static_cast<double>(next_bits(state) >> 11) + 0.5) * 0x1p-53; }

/// One normal number by Box and Muller.
double normal(uint64_t& state) {
  const double radius = std::sqrt(-2 * std::log(uniform(state)));
  return radius * std::cos(6.283185307179586 * uniform(state));
}

/// What the only reader of a parameter multiplies it by; 1 where it does something else.
double scale_of(const ir::Program& program, const ir::Function& f, ir::ValueId id) {
  const ir::Node* reader = nullptr;
  for (const ir::Node& node : f.nodes) {
    if (std::find(node.inputs.begin(), node.inputs.end(), id) == node.inputs.end()) continue;
    if (reader) return 1;
    reader = &node;
  }
  const auto* binary = reader ? reader->op.as<ir::Binary>() : nullptr;
  if (!binary || binary->kind != ir::Binary::Kind::mul) return 1;
  const auto definition = [&](ir::ValueId value) {
    const auto found = std::find_if(f.nodes.begin(), f.nodes.end(), [&](const ir::Node& node) { return node.outputs[0] == value; });
    return found == f.nodes.end() ? nullptr : &*found;
  };
  ir::ValueId other = reader->inputs[reader->inputs[0] == id ? 1 : 0];
  for (const ir::Node* node = definition(other); node && (node->op.as<ir::Broadcast>() || node->op.as<ir::Cast>()); node = definition(other)) other = node->inputs[0];
  const std::optional<double> factor = ir::constant_number(program, other, definition);
  return factor && *factor != 0 && std::isfinite(*factor) ? *factor : 1;
}

}  // namespace

std::optional<int64_t> smallest_table(const ir::Function& predict) {
  std::optional<int64_t> smallest;
  for (const ir::Node& node : predict.nodes) {
    const auto* gather = node.op.as<ir::Gather>();
    if (!gather || !gather->checked) continue;
    const ir::Dim rows = predict.type(node.inputs[0]).shape[gather->axis];
    if (rows.is_static() && (!smallest || rows.size < *smallest)) smallest = rows.size;
  }
  return smallest;
}

std::optional<int64_t> fixed_batch(const ir::Function& predict) {
  for (ir::ValueId id : predict.parameters)
    if (const ir::Shape& shape = predict.type(id).shape; shape.rank() > 0 && shape[0].is_static()) return shape[0].size;
  return std::nullopt;
}

std::vector<Array> seeded_inputs(const ir::Program& program, int64_t examples, uint64_t seed) {
  const ir::Function& predict = program.function(program.find("predict"));
  const std::optional<int64_t> table = smallest_table(predict);
  const int64_t batch = fixed_batch(predict).value_or(examples);
  std::vector<Array> inputs;
  for (ir::ValueId id : predict.parameters) {
    const ir::Type& type = predict.type(id);
    Array values = Array::zeros(DType::float64, type.shape.at(batch));
    const bool number = is_float(type.dtype) && !table;
    const double end = static_cast<double>(type.dtype == DType::boolean ? 2 : table.value_or(2));
    const double scale = number ? scale_of(program, predict, id) : 1;
    for (double& value : values.data<double>()) value = !number ? std::floor(uniform(seed) * end) : scale != 1 ? uniform(seed) / scale : normal(seed);
    inputs.push_back(values.to(type.dtype));
  }
  return inputs;
}

std::vector<Array> seeded_targets(const ir::Program& program, const std::vector<ir::Type>& targets, int64_t examples, uint64_t seed) {
  const ir::Function& predict = program.function(program.find("predict"));
  std::vector<Array> arrays;
  for (size_t i = 0; i < targets.size(); ++i) {
    uint64_t state = seed + 0x1000 * (i + 1);
    const ir::Shape shape = targets[i].shape;
    const ir::Dim columns = predict.type(predict.outputs[i]).shape.back();
    std::vector<double> values(static_cast<size_t>(ir::count_of(shape.at(examples))));
    for (double& value : values) value = is_float(targets[i].dtype) ? uniform(state) : static_cast<double>(next_bits(state) % static_cast<uint64_t>(std::max<int64_t>(1, columns.size)));
    const auto row = static_cast<size_t>(shape.rank() > 1 ? shape.back().size : 1);
    for (size_t begin = 0; is_float(targets[i].dtype) && row > 1 && begin < values.size(); begin += row) {
      double sum = 0;
      for (size_t k = 0; k < row; ++k) sum += values[begin + k];
      for (size_t k = 0; k < row; ++k) values[begin + k] /= sum;
    }
    arrays.push_back(Array::of(shape.at(examples), values).to(targets[i].dtype));
  }
  return arrays;
}

}  // namespace keratin
