// Expressions to C++: functors of maps and epilogues.
#pragma once

#include <string>
#include <vector>

#include "ir/plan/plan.h"

namespace keratin {

/// `float`, `double`, `bool`, `kr::Int32`, ...: how the runtime stores a dtype.
std::string cpp_type(DType dtype);

/// A literal of that type: `0.5f`, `true`, `-3`.
std::string literal(DType dtype, double value);
std::string literal(DType dtype, const ir::Number& value);
/// The digits of an integer, where its type is said elsewhere; uint64 by its bits.
std::string integer_text(DType dtype, int64_t value);

/// The statements of an expression over named leaves: `return ...;`, or assignments to the named results where it has several. `vectors`: the
/// leaves may be vectors of type V.
std::string expression_body(const ir::Expression& expression, const std::vector<std::string>& leaves, const std::vector<std::string>& results, bool vectors,
                            const std::string& indent);

}  // namespace keratin
