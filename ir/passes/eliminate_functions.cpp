#include "ir/passes/eliminate_functions.h"

#include "ir/passes/regions.h"

namespace keratin::ir {

void eliminate_functions(Program& program, std::vector<FunctionId>& kept) {
  std::vector<bool> reached(program.functions.size(), false);
  for (FunctionId entry : kept) {
    reached[entry.index] = true;
    for (FunctionId body : bodies_below(program, entry)) reached[body.index] = true;
  }
  std::vector<FunctionId> now(program.functions.size());
  std::vector<Function> functions;
  for (size_t i = 0; i < reached.size(); ++i) {
    if (!reached[i]) continue;
    now[i] = FunctionId{static_cast<uint32_t>(functions.size())};
    functions.push_back(std::move(program.functions[i]));
  }
  for (Function& function : functions)
    for (Node& node : function.nodes) {
      if (auto* scan = std::get_if<Scan::Attrs>(&node.op.attrs)) scan->body = now[scan->body.index];
      if (auto* composite = std::get_if<Composite::Attrs>(&node.op.attrs)) composite->body = now[composite->body.index];
    }
  program.functions = std::move(functions);
  for (FunctionId& entry : kept) entry = now[entry.index];
}

}  // namespace keratin::ir
