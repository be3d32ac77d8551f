#include "ir/passes/differentiate.h"

#include <algorithm>

#include "ir/passes/gradients.h"
#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// The values that nodes of the function itself read from the variable.
Vals reads_of(Builder& b, VariableId variable) {
  Vals reads;
  for (const Node& node : b.function().nodes) {
    const auto* read = node.op.as<Read>();
    if (read && read->variable == variable) reads.emplace_back(&b, node.outputs[0]);
    const auto same = [&](const Op& op) { return op.as<Read>() && op.as<Read>()->variable == variable; };
    IR_CHECK(read || !any_op(b.program(), node.op, same), "a body reads a variable whose gradient is asked for");
  }
  return reads;
}

Val sum_of(Builder& b, const Vals& parts, const Type& type) {
  Val sum;
  for (Val part : parts)
    if (!part.poisoned()) sum = sum.poisoned() ? part : b.binary(Binary::Kind::add, sum, part);
  return sum.poisoned() ? b.zeros(type) : sum;
}

}  // namespace

FunctionId differentiate(Program& program, FunctionId forward_id, const GradientRequest& request) {
  const Function forward = program.function(forward_id);
  program.functions.push_back({});
  const FunctionId id{static_cast<uint32_t>(program.functions.size() - 1)};
  program.function(id).name = request.name;
  Builder b(program, id);
  Rewriter rewriter(forward, b);
  rewriter.copy_parameters();
  Vals of, seeds, wrt;
  for (size_t output : request.outputs) {
    const Type type = forward.type(forward.outputs[output]);
    seeds.push_back(std::find(request.losses.begin(), request.losses.end(), output) != request.losses.end() ? b.full(type, 1) : b.parameter(type, "d_" + forward.output_names[output]));
  }
  for (const Node& node : forward.nodes) rewriter.copy(node);
  rewriter.copy_results();
  for (size_t output : request.outputs) of.push_back(rewriter.at(forward.outputs[output]));
  for (size_t parameter : request.parameters) wrt.push_back(rewriter.at(forward.parameters[parameter]));
  std::vector<size_t> last_read;  // of each variable in wrt
  for (VariableId variable : request.variables) {
    const Vals reads = reads_of(b, variable);
    wrt.insert(wrt.end(), reads.begin(), reads.end());
    last_read.push_back(wrt.size());
  }
  b.set_origin({});
  const Vals results = gradients_or_none(b, of, seeds, wrt);
  size_t next = 0;
  for (size_t parameter : request.parameters) {
    const Val gradient = sum_of(b, {results[next++]}, forward.type(forward.parameters[parameter]));
    b.output(gradient, "d_" + forward.parameter_names[parameter]);
  }
  for (size_t i = 0; i < request.variables.size(); ++i) {
    const Variable variable = program.variable(request.variables[i]);
    const Vals parts(results.begin() + static_cast<std::ptrdiff_t>(next), results.begin() + static_cast<std::ptrdiff_t>(last_read[i]));
    next = last_read[i];
    b.output(sum_of(b, parts, variable.type), "d_" + variable.name);
  }
  return id;
}

}  // namespace keratin::ir
