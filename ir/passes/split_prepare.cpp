#include "ir/passes/split_prepare.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/passes/eliminate_common.h"
#include "ir/passes/eliminate_dead.h"
#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"
#include "ir/passes/weight_only.h"
#include "ir/support/check.h"
#include "ir/support/prepared_name.h"

namespace keratin::ir {

namespace {

/// Not worth a variable: computed where it is used. What it is computed from may be prepared.
bool is_trivial(const Op& op) { return op.as<Read>() || op.as<Constant>() || op.as<Iota>() || op.as<Broadcast>() || op.as<Reshape>(); }

class Splitter {
 public:
  Splitter(Program& program, FunctionId id)
      : program_(program), id_(id), old_(program.function(id)), fixed_(weight_only(program, old_)), defined_by_(definitions(old_)) {}

  FunctionId run() {
    find_frontier();
    if (frontier_.empty()) return program_.find("prepare");
    fill_prepare();
    rebuild(program_, id_, [&](Rewriter& rewriter, const Node& node) {
      size_t read = 0;
      for (ValueId output : node.outputs) {
        const auto variable = frontier_.find(output);
        if (variable == frontier_.end()) continue;
        rewriter.set(output, rewriter.to().read(variable->second));
        ++read;
      }
      return read == node.outputs.size() || is_moved(rewriter, node);
    });
    eliminate_common(program_, id_);
    eliminate_dead(program_, id_);
    return prepare_;
  }

 private:
  const Node* definition(ValueId v) const {
    const int index = defined_by_[v.index];
    return index < 0 ? nullptr : &old_.nodes[static_cast<size_t>(index)];
  }
  bool is_fixed(const Node& node) const {
    return std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return fixed_[v.index]; });
  }
  /// Nothing but what prepare computes reads it, or something trivial on the way there.
  bool is_moved(const Rewriter& rewriter, const Node& node) const {
    if (!is_fixed(node)) return false;
    if (std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return !rewriter.has(v); })) return true;
    return !is_trivial(node.op) && !weight_of(node.outputs[0]).empty();
  }

  /// Values that `prepare` hands over: computed from variables, read by something that is not.
  void find_frontier() {
    for (const Node& node : old_.nodes)
      if (!is_fixed(node))
        for (ValueId input : node.inputs) hand_over(input);
    for (ValueId output : old_.outputs) hand_over(output);
    for (const Update& update : old_.updates) hand_over(update.value);
  }

  void hand_over(ValueId v) {
    const Node* node = definition(v);
    if (!node || !fixed_[v.index]) return;
    if (is_trivial(node->op)) {
      for (ValueId input : node->inputs) hand_over(input);
    } else if (!weight_of(v).empty()) {
      frontier_.emplace(v, VariableId{});
    }
  }

  /// Name of the first variable that the value is computed from; empty where there is none, which is fold_constants' matter.
  std::string weight_of(ValueId v) const {
    const Node* node = definition(v);
    if (!node) return "";
    if (const auto* read = node->op.as<Read>()) return program_.variable(read->variable).name;
    for (ValueId input : node->inputs)
      if (std::string name = weight_of(input); !name.empty()) return name;
    return "";
  }

  /// What a moving statistic becomes is no statistic: the layer's shift or scale, `norm1/folded`.
  std::string prepared_name(const std::string& weight) const {
    for (const Variable& variable : program_.variables)
      if (variable.name == weight && variable.role == Role::moving_statistic) return weight.substr(0, weight.rfind('/') + 1) + "folded";
    return ir::prepared_name(weight, "prepared");
  }

  std::string unused_name(const std::string& base) const {
    const auto taken = [&](const std::string& name) {
      return std::any_of(program_.variables.begin(), program_.variables.end(), [&](const Variable& v) { return v.name == name; });
    };
    std::string name = base;
    for (int i = 2; taken(name); ++i) name = fmt::format("{}_{}", base, i);
    return name;
  }

  void fill_prepare() {
    prepare_ = program_.find("prepare");
    if (!prepare_.valid()) {
      program_.functions.push_back({});
      prepare_ = FunctionId{static_cast<uint32_t>(program_.functions.size() - 1)};
      program_.function(prepare_).name = "prepare";
    }
    std::vector<bool> needed(old_.values.size(), false);
    for (const auto& [v, variable] : frontier_) needed[v.index] = true;
    mark_sources(program_, old_, needed, false);
    Builder b(program_, prepare_);
    Rewriter rewriter(old_, b);
    for (const Node& node : old_.nodes)
      if (is_fixed(node) && std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return needed[v.index]; }))
        rewriter.copy(node);
    for (auto& [v, variable] : frontier_) {
      Variable prepared;
      prepared.name = unused_name(prepared_name(weight_of(v)));
      prepared.type = old_.type(v);
      prepared.role = Role::prepared;
      prepared.origin = definition(v)->origin;
      variable = VariableId{static_cast<uint32_t>(program_.variables.size())};
      program_.variables.push_back(prepared);
      b.update(variable, rewriter.at(v));
    }
  }

  Program& program_;
  FunctionId id_, prepare_;
  const Function old_;
  const std::vector<bool> fixed_;
  const std::vector<int> defined_by_;
  std::map<ValueId, VariableId> frontier_;
};

}  // namespace

FunctionId split_prepare(Program& program, FunctionId function) { return Splitter(program, function).run(); }

Result<Done> evaluate_prepare(Program& program) {
  const FunctionId prepare = program.find("prepare");
  if (!prepare.valid()) return Done{};
  Evaluator evaluator(program, 1);
  const Result<Tensors> run = evaluator.run(prepare, {});
  if (!run) return Error{run.error()};
  for (const Update& update : program.function(prepare).updates)
    program.variable(update.variable).initial = std::make_shared<const Tensor>(evaluator.variable(update.variable));
  return Done{};
}

}  // namespace keratin::ir
