// Questions about the functions that scans and composites name.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "ir/program.h"

namespace keratin::ir {

/// The body of a scan or composite.
std::optional<FunctionId> body_of(const Op& op);

/// Every body below the function, inner ones before those that name them, each once.
std::vector<FunctionId> bodies_below(const Program& program, FunctionId function);

/// Whether `test` holds for the op or for any op in bodies below it.
bool any_op(const Program& program, const Op& op, const std::function<bool(const Op&)>& test);
bool any_op(const Program& program, FunctionId function, const std::function<bool(const Op&)>& test);

/// Random numbers are drawn somewhere in it.
bool has_effect(const Program& program, const Op& op);
bool reads_variables(const Program& program, const Op& op);

/// Index of the node that defines each value of the function; -1 for parameters.
std::vector<int> definitions(const Function& function);

/// Values that the marked ones are computed from, themselves included; nodes with an effect count as marked if `effects`.
void mark_sources(const Program& program, const Function& function, std::vector<bool>& marked, bool effects);

}  // namespace keratin::ir
