#include <fmt/format.h>

#include "compiler/training/optimizers/optimizer.h"
#include "ir/tensor.h"

namespace keratin {

ir::VariableId add_variable(ir::Program& program, const std::string& name, ir::Type type, ir::Role role, double value) {
  ir::Tensor initial(type.dtype, type.shape.at(0));
  for (double& number : initial.floats) number = ir::round_to(type.dtype, value);
  for (int64_t& number : initial.integers) number = static_cast<int64_t>(value);
  program.variables.push_back({name, std::move(type), role, false, std::make_shared<const ir::Tensor>(std::move(initial)), {}});
  return ir::VariableId{static_cast<uint32_t>(program.variables.size() - 1)};
}

ir::VariableId StepContext::variable(const std::string& name, ir::Type type, ir::Role role, double value) {
  return add_variable(b.program(), prefix + name, std::move(type), role, value);
}

ir::VariableId StepContext::slot(const std::string& name, double value) {
  return variable(fmt::format("{}_{}", weight->name, name), weight->type, ir::Role::slot, value);
}

ir::VariableId StepContext::slot(const std::string& name, ir::Shape shape) {
  return variable(fmt::format("{}_{}", weight->name, name), {weight->type.dtype, std::move(shape)}, ir::Role::slot, 0);
}

ir::VariableId StepContext::copy_slot(const std::string& name) {
  const ir::VariableId id = slot(name);
  if (weight->initial) b.program().variable(id).initial = weight->initial;
  return id;
}

Val StepContext::kept_unless(Val condition, Val value, Val old) { return condition.poisoned() ? value : b.select(condition, value, old); }

void StepContext::set(ir::VariableId id, Val value) { b.update(id, kept_unless(gate, value, b.read(id))); }

Val StepContext::power(double base) const {
  return once([&] { return b.binary(ir::Binary::Kind::pow, b.number(DType::float32, base), step); });
}

}  // namespace keratin
