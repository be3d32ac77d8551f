// Planner: one function of the IR to steps over buffers. Values become operands (buffers, or views of them), pointwise nodes become
// expressions that run with their last reader, and every other node is given to the kernel family that its op names.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ir/builder.h"
#include "ir/plan/plan.h"

namespace keratin::ir {

struct PlanOptions {
  bool fuse = true;
  bool reuse = true;
  bool relaxed = false;
  bool keep_weights = false;      // plan `prepare` even where no function works on weights: they change between calls
  std::optional<int64_t> block;  // examples per pass; otherwise chosen by cache size
};

/// Where a function finds the model's weights: packed beforehand, in Prepared, or as Keras has them, in Weights, which it may change.
enum class WeightsFrom : uint8_t { prepared, keras };

inline constexpr size_t kMostLeaves = 8;  // operands of one expression

/// Where the result of a kernel goes, and what is applied to it on the way.
struct Target {
  ValueId result;                    // the value that the step defines: the node's output, or the end of the expression after it
  std::optional<Operand> bias;       // added first: one number per channel
  std::optional<Epilogue> epilogue;
  std::vector<OriginId> fused;       // layer calls absorbed
  const Window* pool = nullptr;      // max pooling of what the epilogue gives; the result is the pooled value
};

class Planner;

/// How nodes of one kind become steps. Families of ops carry the name that the op's lowering gives, those of composites the composite's kind.
struct KernelRule {
  std::string_view family;
  bool takes_epilogue = false;
  /// Whether the rule can plan this node; a composite that no rule takes is inlined before planning. Null: always.
  bool (*accepts)(const Program&, const Function&, const Node&) = nullptr;
  void (*plan)(Planner&, const Node&, const Target&) = nullptr;
  /// Whether the kernel for this node adds a number per channel before the epilogue. Null: never.
  bool (*takes_bias)(const Planner&, const Node&) = nullptr;
  /// Whether the kernel had better compute max pooling of its result too. Null: never.
  bool (*takes_max_pool)(const Planner&, const Node&, const Window&) = nullptr;
  /// Instead of `accepts`, where it matters to the user: why the composite is not taken whole, for plan.txt; empty: it is.
  std::string (*declines)(const Program&, const Function&, const Node&) = nullptr;
  /// Whether the kernel for this node writes its result, or reads its first operand, with rows of the last axis any distance apart, so that
  /// the value may be part of a wider one (concatenation). Null: never.
  bool (*writes_rows)(const Planner&, const Node&) = nullptr;
  bool (*reads_rows)(const Planner&, const Node&) = nullptr;
  /// Whether the kernel for this node writes its first result in that reversed order, where nothing else reads it. Null: never.
  bool (*reverses)(const Planner&, const Node&, const Reverse::Attrs&) = nullptr;
};

/// All rules (ir/plan/kernels).
const std::vector<KernelRule>& kernel_rules();
const KernelRule* find_rule(std::string_view family);
/// Whether some kernel takes the composite whole.
bool has_kernel(const Program& program, const Function& function, const Node& composite);
/// Why none does, where the rule of its kind says so.
std::string why_no_kernel(const Program& program, const Function& function, const Node& composite);

/// What the planner cannot do; names the layer. The user's model asks for something not supported.
struct PlanError {
  std::string message;
};

class Planner {
 public:
  /// `prepare` is the function that packs weights; not needed where weights are Keras's own.
  Planner(Program& program, Plan& plan, const PlanOptions& options, FunctionId function, FunctionId prepare, WeightsFrom weights = WeightsFrom::prepared);

  /// Throws PlanError.
  PlannedFunction run();

  // ---- for kernel rules
  Program& program() { return program_; }
  const PlanOptions& options() const { return options_; }
  const Function& function() const { return *frame_->function; }
  const Type& type(ValueId id) const { return frame_->function->type(id); }

  /// The operand of a value: its buffer, or a view of one. Plans what computes it if that has not happened yet.
  Operand operand(ValueId id);
  /// The same, dense: copied if it is a view that is not.
  Operand dense(ValueId id);
  /// Dense in its last `type.rank - from_axis` axes; strides before may be anything.
  Operand dense_inside(ValueId id, int from_axis);
  /// Rows of the last axis evenly apart, row_stride(operand) elements: a view where the value is one, else dense.
  Operand even_rows(ValueId id);
  /// The value of a scalar constant behind views.
  std::optional<double> scalar(ValueId id) const;
  std::optional<Number> exact_scalar(ValueId id) const;
  /// The variable behind a read, if the value is one.
  std::optional<VariableId> variable_of(ValueId id) const;

  /// A new dense buffer for the value, to be written by the step that is about to be added.
  Operand result(ValueId id);
  Operand result(const Target& target) { return result(target.result); }
  /// Workspace memory that only one step uses.
  BufferId scratch(DType dtype, Dim count, const std::string& name);
  /// The same as a dense operand, for what one step of a rule hands to the next.
  Operand scratch_operand(DType dtype, Shape shape, const std::string& name);
  /// Whether anything reads the value.
  bool is_read(ValueId id) const { return frame_->is_output[id.index] || !frame_->users[id.index].empty(); }
  /// The node that alone reads the value, once; null where there is none or the value is an output of the function.
  const Node* only_reader(ValueId id) const;

  /// A weight as the kernel wants it: runs `build` on it in the function prepare and gives the variable that holds the result. Weights that may
  /// change, and values that are no weights, go through `build` in the function itself.
  Operand prepared(ValueId weight, const std::string& suffix, const std::function<Val(Builder&, Val)>& build);
  /// Whether a value is a weight known before the batch: a read of a variable that predict does not update.
  bool is_weight(ValueId id) const;
  /// Whether the function reads weights as Keras has them: those of training, of which a model has several.
  bool reads_keras_weights() const { return weights_ == WeightsFrom::keras; }

  Step step(std::string kernel, std::string header, const Node& node, const Target& target);
  void add(Step step);
  /// Adds the epilogue's template and argument.
  static void add_epilogue(Step& step, const Target& target);

  /// y = expression(leaves) over y's index space.
  void map(const Operand& y, Expression expression, std::vector<Operand> leaves, Step step);
  void copy(const Operand& from, const Operand& to, OriginId origin);
  /// Copies a view into a scratch buffer, which takes its shape; the dense operand.
  Operand copy_of(const Operand& view, BufferId to, OriginId origin);
  /// Bytes of all weights of the model, which decide the cache that they stay in.
  int64_t weight_bytes() const;
  /// Whether the model's weights exceed the caches, so that batch-1 kernels read ahead.
  bool prefetches() const { return weight_bytes() > 1 << 20; }
  ExpressionId add_expression(Expression expression);

  /// Plans a max pooling together with the kernel whose result it reads, if that was decided; false: pooling is a step of its own.
  bool plan_pooled(const Node& pool, const Target& target);

  /// Plans the body of a region on the given operands; its outputs.
  std::vector<Operand> body(FunctionId id, const std::vector<Operand>& arguments);
  int new_loop() { return loops_++; }

  [[noreturn]] void fail(const Node& node, const std::string& message) const;

 private:
  /// A place in the result of a concatenation.
  struct Part {
    ValueId whole;
    int axis;
    Dim start;
  };
  struct Frame {
    const Function* function;
    std::vector<std::optional<Operand>> operands;  // by value
    std::vector<int> definition;                   // node index; -1 for parameters
    std::vector<ValueId> sink;                     // the value whose expression this one is computed in; itself: materialised
    std::vector<std::vector<int>> users;           // node indices
    std::vector<char> is_output, is_update;
    std::map<std::pair<ValueId, std::string>, std::optional<Operand>> packed;  // what packed_here has made
    std::map<ValueId, Part> parts;                 // values that are written as part of a concatenation
    std::map<ValueId, Operand> reserved;           // concatenations that have parts already, but are not planned yet
    std::vector<char> pooled;                      // read by a max pooling alone, which computes the value on its way
  };

  Frame make_frame(const Function& function);
  bool takes_epilogue(const Node& node) const;
  std::optional<ValueId> sink_of_readers(const Frame& frame, ValueId id) const;
  void find_sinks(Frame& frame);
  std::vector<char> find_ends(const Frame& frame) const;
  void find_pooled(Frame& frame);
  void find_parts(Frame& frame);
  Operand reserve(ValueId whole);
  bool may_be_part(const Frame& frame, ValueId id, const Node& concatenate) const;
  const Node* definition(ValueId id) const;
  bool is_pointwise(const Node& node) const;
  bool is_backward(const Node& node) const { return node.origin.valid() && program_.origins[node.origin.index].backward; }
  const KernelRule* rule_of(const Node& node) const;
  void materialize(ValueId id);
  void plan_pointwise(ValueId sink);
  void plan_kernel(const Node& node, const Target& target);
  std::optional<Operand> view(const Node& node);
  Operand iota_operand(const Node& node);
  Operand constant_operand(const Node& node);
  int build(ValueId id, ValueId sink, Expression& expression, std::vector<Operand>& leaves, std::map<ValueId, int>& memo);
  std::optional<ValueId> root_of(ValueId sink) const;
  bool plan_with_root(ValueId root, ValueId sink, const Node* pool = nullptr);
  std::optional<Operand> bias_after(ValueId& accumulator);
  std::optional<Epilogue> epilogue_of(ValueId accumulator, ValueId sink);
  void collect_origins(ValueId id, ValueId sink, std::vector<OriginId>& origins) const;
  Operand reshaped(const Node& node, const Shape& shape);
  BufferId add_buffer(DType dtype, Shape shape, std::string name, BufferRole role = BufferRole::scratch, uint32_t index = 0);
  BufferId add_end(const Function& function, ValueId value, std::string name, BufferRole role, size_t index);
  Operand buffer_operand(BufferId id) const;
  BufferId variable_buffer(VariableId id);
  BufferRole role_of(Role role) const;
  Operand packed_here(ValueId value, const std::string& suffix, const std::function<Val(Builder&, Val)>& build);
  Operand table_operand(const std::string& key, const std::string& name, const Type& type, std::shared_ptr<const Tensor> value, OriginId origin);
  std::vector<char> update_tail(const Function& function) const;
  void replace_early(const std::vector<Update>& updates);
  void plan_updates(const std::vector<Update>& updates);
  bool may_replace(VariableId variable, ValueId value, const std::vector<Update>& later) const;
  bool reaches(ValueId from, VariableId variable, std::set<ValueId>& seen) const;

  Program& program_;
  Plan& plan_;
  PlanOptions options_;
  FunctionId id_, prepare_;
  WeightsFrom weights_;
  PlannedFunction out_;
  Frame* frame_ = nullptr;
  std::map<VariableId, BufferId> variable_buffers_;
  std::map<std::string, VariableId> prepared_;  // by weight and suffix
  std::map<ValueId, BufferId> output_of_;       // values that are written straight into an output, or over a variable
  int loops_ = 0;
};

/// Strides of a dense operand of that shape; nothing where one would grow with the square of the batch.
std::optional<std::vector<Dim>> row_major_strides(const Shape& shape);

/// How a dtype is stored: 16-bit floats as float, rounded.
DType storage(DType dtype);

}  // namespace keratin::ir
