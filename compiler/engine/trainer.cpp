#include "compiler/engine/trainer.h"

namespace keratin {

namespace {

bool is_of_optimizer(const ir::Variable& variable) { return variable.name.starts_with("optimizer/"); }

}  // namespace

NamedArrays optimizer_variables(Trainer& trainer) {
  NamedArrays variables;
  const ir::Program& program = trainer.program();
  for (uint32_t i = 0; i < program.variables.size(); ++i)
    if (is_of_optimizer(program.variables[i])) variables.emplace_back(program.variables[i].name, trainer.variable(ir::VariableId{i}));
  return variables;
}

void set_optimizer_variables(Trainer& trainer, const NamedArrays& values, std::string_view except) {
  const ir::Program& program = trainer.program();
  for (uint32_t i = 0; i < program.variables.size(); ++i) {
    const std::string& name = program.variables[i].name;
    if (!is_of_optimizer(program.variables[i]) || name == except) continue;
    if (const Array* value = find_array(values, name)) trainer.set_variable(ir::VariableId{i}, *value);
  }
}

}  // namespace keratin
