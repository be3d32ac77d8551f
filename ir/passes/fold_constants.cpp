#include "ir/passes/fold_constants.h"

#include <algorithm>
#include <map>

#include "ir/eval.h"
#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"
#include "ir/passes/weight_only.h"

namespace keratin::ir {

namespace {

constexpr int64_t kLargest = int64_t{1} << 20;  // elements of a folded value

/// Costs nothing where it is: folding would only make the bundle larger.
bool is_free(const Op& op) { return op.as<Constant>() || op.as<Broadcast>() || op.as<Iota>(); }

class Folder {
 public:
  Folder(Program& program, FunctionId id) : program_(program), id_(id) {}

  void run() {
    rebuild(program_, id_, [&](Rewriter& rewriter, const Node& node) { return fold(rewriter, node); });
  }

 private:
  /// Nodes that are free are computed when another one needs their value.
  bool fold(Rewriter& rewriter, const Node& node) {
    if (!can_compute(rewriter.from(), node)) return false;
    for (ValueId output : node.outputs) computable_[output] = &node;
    if (is_free(node.op)) return false;
    if (!compute(rewriter.from(), node)) {
      for (ValueId output : node.outputs) computable_.erase(output);
      return false;
    }
    for (ValueId output : node.outputs) rewriter.set(output, rewriter.to().constant(known_.at(output)));
    return true;
  }

  bool can_compute(const Function& function, const Node& node) const {
    if (depends_on_batch(node.op)) return false;
    if (!std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return computable_.count(v) > 0; })) return false;
    if (has_effect(program_, node.op) || reads_variables(program_, node.op)) return false;
    return std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) {
      const Type& type = function.type(v);
      return type.dtype != DType::string && type.shape.is_static() && type.shape.count() && type.shape.static_count() <= kLargest;
    });
  }

  const Tensor& value(const Function& function, ValueId id) {
    if (!known_.count(id)) compute(function, *computable_.at(id));
    return known_.at(id);
  }

  bool compute(const Function& function, const Node& node) {
    Tensors in, out;
    for (ValueId input : node.inputs) in.push_back(value(function, input));
    for (ValueId output : node.outputs) out.emplace_back(function.type(output).dtype, function.type(output).shape.at(1));
    Evaluator evaluator(program_, 1);
    try {
      eval(node.op, in, out, evaluator);
    } catch (const DataError&) {
      return false;  // an index out of range: reported when it is run
    }
    for (size_t i = 0; i < out.size(); ++i) known_[node.outputs[i]] = std::move(out[i]);
    return true;
  }

  Program& program_;
  FunctionId id_;
  std::map<ValueId, const Node*> computable_;  // by id in the old function
  std::map<ValueId, Tensor> known_;
};

}  // namespace

void fold_constants(Program& program, FunctionId function) {
  for (FunctionId body : bodies_below(program, function)) Folder(program, body).run();
  Folder(program, function).run();
}

}  // namespace keratin::ir
