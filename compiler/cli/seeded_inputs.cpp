#include "compiler/cli/seeded_inputs.h"

#include <algorithm>

#include "compiler/import/bind_weights.h"

namespace keratin {

namespace {

constexpr int64_t kIntegers = 10;  // values that integer inputs take where no table bounds them

/// SplitMix64 (Steele, Lea, Flood 2014).
class Bits {
 public:
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_ = 1;
};

std::optional<int64_t> smallest_table(const Model& model) {
  std::optional<int64_t> rows;
  for (const Weight* weight : all_weights(model))
    if (weight->name == "embeddings" && weight->shape.rank() == 2) rows = std::min(rows.value_or(weight->shape[0].size), weight->shape[0].size);
  return rows;
}

}  // namespace

InputData seeded_inputs(const Model& model, const ir::Program& program, int64_t examples) {
  const ir::Function& predict = program.function(program.find("predict"));
  for (ir::ValueId id : predict.parameters)
    if (const Shape& shape = predict.type(id).shape; shape.rank() > 0 && shape[0].is_static()) examples = shape[0].size;
  InputData data;
  data.examples = examples;
  Bits bits;
  const std::optional<int64_t> table = smallest_table(model);
  const auto rows = static_cast<uint64_t>(table.value_or(kIntegers));
  for (ir::ValueId id : predict.parameters) {
    const ir::Type& type = predict.type(id);
    const std::vector<int64_t> shape = type.shape.at(examples);
    std::vector<double> values(static_cast<size_t>(*element_count(shape)));
    for (double& value : values) {
      const uint64_t drawn = bits.next();
      if (type.dtype == DType::boolean) value = static_cast<double>(drawn & 1);
      else if (table || !is_float(type.dtype)) value = static_cast<double>(drawn % rows);
      else value = static_cast<double>(drawn >> 11) / static_cast<double>(uint64_t{1} << 52) - 1;
    }
    data.arrays.push_back(Array::of(shape, values).to(type.dtype));
  }
  return data;
}

}  // namespace keratin
