// Plan: steps over buffers, codegen's only input. After it nothing may be reordered. No IR from here on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/program.h"

namespace keratin::ir {

using BufferId = Id<struct BufferTag>;          // into Plan::buffers
using ExpressionId = Id<struct ExpressionTag>;  // into Plan::expressions

/// Whose memory it is: the caller's inputs and outputs; structs of the bundle (Prepared, State, and for training Weights, OptimizerState and
/// StepResult); a table in the code; the workspace.
enum class BufferRole : uint8_t { input, output, prepared, state, weight, optimizer, metric, table, scratch };

/// Memory of one value: dense, row-major.
struct Buffer {
  DType dtype = DType::float32;
  Shape shape;
  std::string name;  // identifier
  BufferRole role = BufferRole::scratch;
  uint32_t index = 0;        // of the parameter, output or variable
  int first = -1, last = -1; // steps between which a scratch buffer lives
  Dim offset;                // of scratch, in bytes from the workspace's start: batch part times examples in flight + fixed part
  Dim bytes() const;
};

/// A value as a step sees it: buffer + offset + strides, all in elements; both may grow with the batch or walk with a loop.
struct LoopTerm {
  int loop = 0;
  Dim stride;
  bool operator==(const LoopTerm&) const = default;
};
struct Operand {
  BufferId buffer;
  DType dtype = DType::float32;
  Shape shape;
  std::vector<Dim> strides;
  Dim offset;
  std::vector<LoopTerm> loops;

  /// Elements follow each other in row-major order.
  bool dense() const;
  /// The innermost `axes` axes are dense among themselves.
  bool dense_inside(int from_axis) const;
  /// Elements from one row of the last axis to the next where rows are contiguous and evenly apart; none: they are not.
  std::optional<int64_t> row_stride() const;
};

/// A pointwise function of operands' elements, emitted as a functor. Nodes in order.
struct Expression {
  struct Node {
    std::string function;    // runtime name; empty: a leaf
    int leaf = -1;           // operand number
    Number immediate = {};   // of a constant (function `constant`)
    std::vector<int> args;   // nodes
    DType dtype = DType::float32;
    bool operator==(const Node&) const = default;
  };
  std::vector<Node> nodes;
  int leaves = 0;
  std::vector<int> results;  // nodes that are stored, where there are several; empty: the last node alone
  bool operator==(const Expression&) const = default;

  /// Only float32 (or only float64) leaves, results and functions that exist on vectors.
  bool vectorizable() const;
};

/// A functor between accumulator and store: expression leaf 0 is the accumulator, the others are read at the output's place.
struct Epilogue {
  ExpressionId expression;  // none: no epilogue
  /// How a leaf relates to the output: the same element, the element of the same channel (last axis), or one for all.
  enum class Reach : uint8_t { element, channel, scalar };
  struct Leaf {
    Operand operand;
    Reach reach;
  };
  std::vector<Leaf> leaves;
  int64_t channels = 1;
};

/// A map's leaf: strides over the collapsed extents.
struct StridedLeaf {
  Operand operand;
  std::vector<Dim> strides;
  bool output = false;
};

// ---- arguments of a kernel call, typed; codegen writes them down
struct PointerArg {
  Operand operand;
  bool writes = false;
};
struct NullArg {
  DType dtype = DType::float32;
  bool writes = false;
};
struct SizeArg {
  Dim size;
};
struct NumberArg {
  double value;
  DType dtype;
};
struct FlagsArg {
  std::vector<std::string> names;  // constants of the runtime, added
};
struct ExtentsArg {
  std::vector<Dim> extents;
};
struct FunctorArg {
  ExpressionId expression;
};
struct ScratchArg {
  BufferId buffer;
};
struct PoolArg {};
/// Whether weights are visited backwards: changes from call to call, so that the half that is still cached comes first.
struct AlternateArg {};
struct ValueArg {
  std::string type;  // of the runtime, default-constructed
};
struct AggregateArg {
  std::string type;  // of the runtime
  std::vector<Dim> values;
};
/// A struct of the runtime, field by field: `kr::AttentionShape<float>{...}`.
struct RecordArg {
  std::string type;
  DType dtype;
  std::vector<std::variant<Dim, double, bool>> fields;  // numbers are of the dtype
};
/// A pointer with strides: `kr::AttentionRows<const float>{x, ...}`; without a buffer: the default, which points nowhere.
struct RowsArg {
  std::string type;
  bool const_element = false;
  Operand operand;
  std::vector<Dim> strides;
  bool writes = false;
};
using Arg = std::variant<ValueArg, AggregateArg, RecordArg, RowsArg, PointerArg, NullArg, SizeArg, NumberArg, FlagsArg, ExtentsArg, FunctorArg, ScratchArg, PoolArg, AlternateArg, StridedLeaf, Epilogue>;

/// A template argument: a number, an element type, a functor's type, or a named type of the runtime with arguments of its own.
struct Template {
  enum class Kind : uint8_t { number, dtype, functor, epilogue, named, flag } kind = Kind::number;
  int64_t number = 0;
  DType dtype = DType::float32;
  ExpressionId expression;
  std::string name;
  std::vector<Template> args;

  static Template of(int64_t value) { return {Kind::number, value, {}, {}, {}, {}}; }
  static Template of(DType type) { return {Kind::dtype, 0, type, {}, {}, {}}; }
  static Template flag(bool value) { return {Kind::flag, value, {}, {}, {}, {}}; }
  static Template functor(ExpressionId id) { return {Kind::functor, 0, {}, id, {}, {}}; }
  static Template epilogue_type() { return {Kind::epilogue, 0, {}, {}, {}, {}}; }
  static Template named(std::string text, std::vector<Template> list = {}) { return {Kind::named, 0, {}, {}, std::move(text), std::move(list)}; }
};

/// One line of plan.txt's table of candidates.
struct Candidate {
  std::string kernel;
  double microseconds = 0;  // predicted for one example
  bool chosen = false;
};

struct Step {
  enum class Kind : uint8_t { call, loop_begin, loop_end } kind = Kind::call;
  std::string kernel;  // runtime function, without `kr::`
  std::string header;  // that declares it: `dense.h`
  std::vector<Template> templates;
  std::vector<Arg> args;
  OriginId origin;
  std::vector<OriginId> fused;  // further layer calls that this step computes
  Operand input, output;        // for the comment: first operand and result
  bool returns_status = false;
  std::vector<Candidate> candidates;
  // loops
  int loop = -1;
  int64_t length = 0;
  bool reverse = false;
};

struct PlannedFunction {
  std::string name;
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<BufferId> parameters, outputs;  // outputs may be views of nothing but their own buffers
  std::vector<std::string> parameter_names, output_names;
  bool separable = true;       // examples do not meet: the batch may be cut into blocks
  int64_t block = 0;           // examples per pass where separable; 0: the whole batch
  Dim workspace_bytes;         // for n examples in flight
};

/// A choice that a user may want to know of.
struct Decision {
  OriginId origin;
  std::string text;
  bool operator==(const Decision&) const = default;
};

struct Plan {
  std::vector<PlannedFunction> functions;
  std::vector<Decision> decisions;
  std::vector<Expression> expressions;
  const Program* program = nullptr;  // variables, origins, for names and values; must outlive the plan
};

/// The plan as text: steps, candidates, memory table.
std::string print(const Plan& plan);

}  // namespace keratin::ir
