// Steps that loop over elements: one pass over an index space that computes one result, or several.
#pragma once

#include <optional>
#include <vector>

#include "ir/plan/plan.h"

namespace keratin::ir {

/// What one pass computes: results[i][place] = the expression's result i of leaves[...][place], all operands of one shape.
struct Map {
  std::vector<Operand> results, leaves;
  Expression expression;
};

/// The step for it: kernel, functor and operands are filled in over axes merged where every operand walks them as one. PlanError: too many axes.
Step map_step(Plan& plan, Step step, Map map);

/// What a step computes that map_step has made, its operands without axes of extent 1; nothing for other steps.
std::optional<Map> map_of(const Plan& plan, const Step& step);
/// Whether the pass works on vectors.
bool on_vectors(const Map& map);
/// Elements of the innermost loop, those of one example where the batch is part of it.
int64_t innermost_extent(const Map& map);

/// The number of the expression in the plan, added where no equal one is there.
ExpressionId add_expression(Plan& plan, Expression expression);
/// The number of the node in the expression, added where no equal one is there.
int add_node(Expression& expression, Expression::Node node);

}  // namespace keratin::ir
