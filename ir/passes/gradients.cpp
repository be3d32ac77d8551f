#include "ir/passes/gradients.h"

#include <algorithm>
#include <set>

#include "ir/gradient.h"
#include "ir/passes/composite_gradient.h"
#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"
#include "ir/passes/scan_gradient.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

bool is_scan(const Op& op) { return op.as<Scan>() != nullptr; }

class ReverseWalk {
 public:
  explicit ReverseWalk(Builder& builder) : b_(builder) {}

  Vals run(const Vals& of, const Vals& seeds, const Vals& wrt) {
    IR_CHECK(of.size() == seeds.size());
    mark_active(wrt);
    inline_composites_with_scans();
    mark_active(wrt);
    contributions_.resize(b_.function().values.size());
    for (size_t i = 0; i < of.size(); ++i) {
      IR_CHECK(of[i].type() == seeds[i].type(), "a cotangent has another type than its value");
      contribute(of[i].id(), seeds[i]);
    }
    const OriginId caller = b_.origin();
    for (size_t i = b_.function().nodes.size(); i-- > 0;) step(i);
    b_.set_origin(caller);
    Vals results;
    for (Val value : wrt) results.push_back(total(value.id()));
    return results;
  }

 private:
  void mark_active(const Vals& wrt) {
    active_.assign(b_.function().values.size(), false);
    for (Val value : wrt) active_[value.id().index] = is_float(value.dtype());
    mark_dependent(b_.function(), active_);
  }

  bool is_active(const Node& node) const {
    const auto active = [&](ValueId v) { return active_[v.index]; };
    return std::any_of(node.inputs.begin(), node.inputs.end(), active) && std::any_of(node.outputs.begin(), node.outputs.end(), active);
  }

  /// A scan is rewritten where it stands, to keep what its gradient reads; within a composite it would be computed twice.
  void inline_composites_with_scans() {
    std::set<FunctionId> active, inactive;
    for (const Node& node : b_.function().nodes)
      if (const auto* composite = node.op.as<Composite>()) (is_active(node) ? active : inactive).insert(composite->body);
    const Program& program = b_.program();
    inline_composites(b_.program(), b_.function_id(), [&](const Composite::Attrs& attrs) {
      return (active.count(attrs.body) > 0 || inactive.count(attrs.body) == 0) && any_op(program, attrs.body, is_scan);
    });
  }

  void contribute(ValueId to, Val gradient) {
    if (!gradient.poisoned() && active_[to.index]) contributions_[to.index].push_back(gradient);
  }

  /// Sum of what the readers of a value contribute; poisoned where there is none.
  Val total(ValueId id) {
    Vals& parts = contributions_[id.index];
    if (parts.empty()) return {};
    Val sum = parts[0];
    for (size_t i = 1; i < parts.size(); ++i) sum = b_.binary(Binary::Kind::add, sum, parts[i]);
    parts = {sum};
    return sum;
  }

  void step(size_t index) {
    const Node node = b_.function().nodes[index];  // a copy: the function grows
    if (!is_active(node)) return;
    b_.set_origin(backward_origin(b_.program(), node.origin));
    Vals d_outputs;
    bool any = false;
    for (ValueId output : node.outputs) {
      d_outputs.push_back(total(output));
      any = any || !d_outputs.back().poisoned();
    }
    if (!any) return;
    std::vector<bool> wanted;
    for (ValueId input : node.inputs) wanted.push_back(active_[input.index]);
    const Vals results = node_gradients(index, node, std::move(d_outputs), wanted);
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].poisoned()) continue;
      IR_CHECK(results[i].type() == b_.function().type(node.inputs[i]), "a gradient has another type than its value");
      contribute(node.inputs[i], results[i]);
    }
  }

  Vals node_gradients(size_t index, const Node& node, Vals d_outputs, const std::vector<bool>& wanted) {
    if (node.op.as<Scan>()) return scan_gradient(b_, index, d_outputs, wanted);
    for (size_t i = 0; i < d_outputs.size(); ++i) {
      const Type type = b_.function().type(node.outputs[i]);
      if (d_outputs[i].poisoned() && is_float(type.dtype)) d_outputs[i] = b_.zeros(type);
    }
    if (node.op.as<Composite>()) return composite_gradient(b_, node, d_outputs, wanted);
    GradBuilder rules(b_, values(node.inputs), values(node.outputs), std::move(d_outputs));
    rules.set_wanted(wanted);
    grad(node.op, rules);
    const std::vector<std::string> errors = b_.take_errors();
    IR_CHECK(errors.empty(), errors.empty() ? "" : errors[0].c_str());
    return rules.gradients();
  }

  Vals values(const std::vector<ValueId>& ids) {
    Vals vals;
    for (ValueId id : ids) vals.emplace_back(&b_, id);
    return vals;
  }

  Builder& b_;
  std::vector<bool> active_;          // by value: float and dependent on what is asked for
  std::vector<Vals> contributions_;  // by value
};

}  // namespace

void mark_dependent(const Function& function, std::vector<bool>& marked) {
  for (const Node& node : function.nodes) {
    const auto* unary = node.op.as<Unary>();
    if (unary && unary->kind == Unary::Kind::stop_gradient) continue;
    if (!std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return marked[v.index]; })) continue;
    for (ValueId output : node.outputs)
      if (is_float(function.type(output).dtype)) marked[output.index] = true;
  }
}

OriginId backward_origin(Program& program, OriginId forward) {
  if (!forward.valid()) return forward;
  Origin wanted = program.origins[forward.index];
  wanted.backward = true;
  const auto found = std::find(program.origins.begin(), program.origins.end(), wanted);
  const OriginId id{static_cast<uint32_t>(found - program.origins.begin())};
  if (found == program.origins.end()) program.origins.push_back(wanted);
  return id;
}

Vals gradients_or_none(Builder& builder, const Vals& of, const Vals& seeds, const Vals& wrt) {
  return ReverseWalk(builder).run(of, seeds, wrt);
}

Vals gradients(Builder& builder, const Vals& of, const Vals& seeds, const Vals& wrt) {
  Vals results = gradients_or_none(builder, of, seeds, wrt);
  for (size_t i = 0; i < wrt.size(); ++i)
    if (results[i].poisoned()) results[i] = builder.zeros(wrt[i].type());
  return results;
}

}  // namespace keratin::ir
