#include "ir/passes/scan_gradient.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/passes/gradients.h"
#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"
#include "ir/passes/step_contraction.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// Costs next to nothing and needs one operand: computed again rather than stacked.
bool is_cheap(const Op& op) {
  if (const auto* unary = op.as<Unary>())
    return unary->kind == Unary::Kind::neg || unary->kind == Unary::Kind::logical_not || unary->kind == Unary::Kind::stop_gradient;
  return op.as<Broadcast>() || op.as<Reshape>() || op.as<Transpose>() || op.as<Slice>() || op.as<Cast>() || op.as<Reverse>();
}

class ScanGradient {
 public:
  ScanGradient(Builder& builder, size_t index, const Vals& d_outputs, const std::vector<bool>& wanted)
      : b_(builder),
        index_(index),
        d_outputs_(d_outputs),
        wanted_(wanted),
        scan_(*builder.function().nodes[index].op.as<Scan>()),
        carries_(static_cast<size_t>(scan_.carries)),
        sequences_(static_cast<size_t>(scan_.sequences)) {}

  Vals run() {
    build_joint();
    split_invariant_gradients();
    find_residuals();
    extend_forward_scan();
    build_backward_body();
    return emit();
  }

 private:
  const Node& node() const { return b_.function().nodes[index_]; }
  Val operand(size_t i) { return Val(&b_, node().inputs[i]); }
  const std::string& name_of(ValueId v) const { return joint_.values[v.index].name; }
  bool is_forward(ValueId v) const { return defined_by_[v.index] >= 0 && static_cast<size_t>(defined_by_[v.index]) < forward_nodes_; }
  /// Position among the body's parameters, or their number.
  size_t body_parameter(ValueId v) const {
    return static_cast<size_t>(std::find(parameters_.begin(), parameters_.end(), v) - parameters_.begin());
  }
  bool is_carry(ValueId v) const { return body_parameter(v) < carries_; }
  bool is_sequence(ValueId v) const { return !is_carry(v) && body_parameter(v) < carries_ + sequences_; }
  bool is_invariant(ValueId v) const { return body_parameter(v) >= carries_ + sequences_ && body_parameter(v) < parameters_.size(); }
  bool is_differentiated(size_t parameter) const { return parameter < carries_ ? active_carry_[parameter] : wanted_[parameter]; }
  /// Stacked by the forward scan, if it is stacked.
  bool is_residual(ValueId v) const { return is_forward(v) || is_carry(v); }
  /// Not read from a stack by the backward half.
  bool is_computed_again(const Node& n) const { return !varies_[n.outputs[0].index] || is_cheap(n.op); }
  bool is_live(ValueId v) const { return live_[v.index]; }

  /// Forward nodes of the body, then those of its gradient, in one function. Its place in the Program is the backward body's later.
  void build_joint() {
    const Function body = b_.program().function(scan_.body);
    backward_ = b_.new_function(body.name + "_grad");
    Builder b(b_.program(), backward_);
    Vals parameters;
    for (size_t i = 0; i < body.parameters.size(); ++i)
      parameters.push_back(b.parameter(body.type(body.parameters[i]), body.parameter_names[i]));
    const Vals results = inline_function(b, scan_.body, parameters);
    inline_composites(b_.program(), backward_, [](const Composite::Attrs&) { return true; });
    forward_nodes_ = b.function().nodes.size();
    for (Val v : parameters) parameters_.push_back(v.id());
    for (Val v : results) results_.push_back(v.id());
    output_names_ = body.output_names;
    find_active_carries(b.function());
    differentiate_body(b, parameters, results);
    take_joint();
  }

  /// A carry has a gradient if it depends on something wanted, be it after many steps.
  void find_active_carries(const Function& joint) {
    active_carry_.assign(wanted_.begin(), wanted_.begin() + static_cast<std::ptrdiff_t>(carries_));
    for (bool grown = true; grown;) {
      grown = false;
      std::vector<bool> marked(joint.values.size(), false);
      for (size_t i = 0; i < parameters_.size(); ++i) marked[parameters_[i].index] = is_differentiated(i);
      mark_dependent(joint, marked);
      for (size_t i = 0; i < carries_; ++i)
        if (marked[results_[i].index] && !active_carry_[i]) grown = active_carry_[i] = true;
    }
  }

  void differentiate_body(Builder& b, const Vals& parameters, const Vals& results) {
    Vals of, seeds, wrt;
    for (size_t i = 0; i < results.size(); ++i) {
      seeds_.push_back(ValueId{});
      const bool has_cotangent = i < carries_ ? active_carry_[i] : !d_outputs_[i].poisoned();
      if (!has_cotangent) continue;
      of.push_back(results[i]);
      seeds.push_back(b.parameter(results[i].type(), "d_" + output_names_[i]));
      seeds_.back() = seeds.back().id();
    }
    for (size_t i = 0; i < parameters.size(); ++i)
      if (is_differentiated(i)) wrt.push_back(parameters[i]);
    const Vals found = gradients_or_none(b, of, seeds, wrt);
    for (size_t i = 0, next = 0; i < parameters.size(); ++i) {
      Val gradient = is_differentiated(i) ? found[next++] : Val();
      if (gradient.poisoned() && i < carries_ && active_carry_[i]) gradient = b.zeros(parameters[i].type());
      gradients_.push_back(gradient.id());
    }
  }

  void take_joint() {
    joint_ = b_.program().function(backward_);
    defined_by_ = definitions(joint_);
    varies_.assign(joint_.values.size(), false);
    for (ValueId parameter : joint_.parameters) varies_[parameter.index] = !is_invariant(parameter);
    for (const Node& n : joint_.nodes)
      if (std::any_of(n.inputs.begin(), n.inputs.end(), [&](ValueId v) { return varies_[v.index]; }))
        for (ValueId output : n.outputs) varies_[output.index] = true;
  }

  StepContraction contraction() const { return {joint_, defined_by_, varies_, forward_nodes_, scan_.axis}; }

  /// Terms of the invariants' gradients that wait until all steps are done; the others get a carry to be summed up in.
  void split_invariant_gradients() {
    Builder b(b_.program(), backward_);
    for (size_t i = carries_ + sequences_; i < parameters_.size(); ++i) {
      if (!gradients_[i].valid()) continue;
      std::vector<ValueId> at_once;
      for (ValueId term : contraction().terms(gradients_[i])) {
        const bool later = contraction().possible(term);
        (later ? deferred_[i] : at_once).push_back(term);
        if (later) contraction().collect_operands(term, stacked_);
      }
      if (at_once.empty()) continue;
      Val sum = b.parameter(joint_.type(parameters_[i]), "sum_" + name_of(parameters_[i]));
      sums_[i].parameter = sum.id();
      for (ValueId term : at_once) sum = b.binary(Binary::Kind::add, sum, Val(&b, term));
      sums_[i].next = sum.id();
    }
    take_joint();
  }

  /// Decides for each forward value that the backward half reads: an operand of the scan, computed again, or stacked.
  void find_residuals() {
    live_.assign(joint_.values.size(), false);
    for (size_t i = 0; i < carries_ + sequences_; ++i)
      if (gradients_[i].valid()) live_[gradients_[i].index] = true;
    for (const auto& [i, sum] : sums_) live_[sum.next.index] = true;
    for (ValueId v : stacked_)
      if (!is_residual(v)) live_[v.index] = live_[v.index] || !is_sequence(v);
    for (size_t n = joint_.nodes.size(); n-- > 0;) {
      const Node& node = joint_.nodes[n];
      const bool again = n >= forward_nodes_ || is_computed_again(node);
      bool needed = false;
      for (ValueId output : node.outputs) {
        if (!is_live(output) || (is_forward(output) && stacked_.count(output) > 0)) continue;
        if (again)
          needed = true;
        else
          stacked_.insert(output);
      }
      if (needed)
        for (ValueId input : node.inputs) live_[input.index] = true;
    }
    for (size_t i = 0; i < carries_; ++i)
      if (is_live(parameters_[i])) stacked_.insert(parameters_[i]);
  }

  /// A step's output has a place for the axis of steps; smaller values get leading axes of extent 1.
  Type stackable(Type type) const {
    while (type.shape.rank() < scan_.axis) type.shape.dims.insert(type.shape.dims.begin(), Dim(1));
    return type;
  }

  /// The forward scan with a body that also gives the residuals.
  void extend_forward_scan() {
    Scan::Attrs scan = scan_;
    scan.body = b_.new_function(b_.program().function(scan_.body).name);
    Builder b(b_.program(), scan.body);
    Rewriter rewriter(joint_, b);
    for (ValueId parameter : parameters_) rewriter.set(parameter, b.parameter(joint_.type(parameter), name_of(parameter)));
    for (size_t n = 0; n < forward_nodes_; ++n) rewriter.copy(joint_.nodes[n]);
    for (size_t i = 0; i < results_.size(); ++i) b.output(rewriter.at(results_[i]), output_names_[i]);
    Function& function = b_.function();
    Node& node = function.nodes[index_];
    for (ValueId v : stacked_) {
      if (!is_residual(v)) continue;
      const auto given = std::find(results_.begin() + static_cast<std::ptrdiff_t>(carries_), results_.end(), v);
      if (given != results_.end()) {  // the scan stacks it already
        saved_[v] = node.outputs[static_cast<size_t>(given - results_.begin())];
        continue;
      }
      Type type = stackable(joint_.type(v));
      b.output(b.reshape(rewriter.at(v), type.shape), "saved_" + (name_of(v).empty() ? std::to_string(saved_.size()) : name_of(v)));
      scan.step_types.push_back(type);
      type.shape.dims.insert(type.shape.dims.begin() + scan_.axis, Dim(scan_.length));
      saved_[v] = ValueId{static_cast<uint32_t>(function.values.size())};
      function.values.push_back({type, ""});
      node.outputs.push_back(saved_[v]);
    }
    node.op = scan;
  }

  /// Parameters of the backward body and what the scan passes for them.
  struct Operands {
    Vals carries, sequences, invariants;
  };

  Operands backward_parameters(Builder& b, Rewriter& rewriter) {
    Operands operands;
    const auto pass = [&](ValueId v, const Type& type, Val operand, Vals& to) {
      rewriter.set(v, b.parameter(type, name_of(v)));
      to.push_back(operand);
    };
    for (size_t i = 0; i < carries_; ++i)
      if (active_carry_[i])
        pass(seeds_[i], joint_.type(seeds_[i]), d_outputs_[i].poisoned() ? b_.zeros(joint_.type(seeds_[i])) : d_outputs_[i],
             operands.carries);
    for (const auto& [i, sum] : sums_) pass(sum.parameter, joint_.type(sum.parameter), b_.zeros(operand(i).type()), operands.carries);
    for (size_t i = carries_; i < carries_ + sequences_; ++i)
      if (is_live(parameters_[i])) pass(parameters_[i], joint_.type(parameters_[i]), operand(i), operands.sequences);
    for (const auto& [v, output] : saved_)
      if (is_live(v)) pass(v, stackable(joint_.type(v)), Val(&b_, output), operands.sequences);
    for (size_t i = carries_; i < results_.size(); ++i)
      if (seeds_[i].valid() && is_live(seeds_[i])) pass(seeds_[i], joint_.type(seeds_[i]), d_outputs_[i], operands.sequences);
    for (size_t i = carries_ + sequences_; i < parameters_.size(); ++i)
      if (is_live(parameters_[i])) pass(parameters_[i], joint_.type(parameters_[i]), operand(i), operands.invariants);
    for (const auto& [v, output] : saved_)
      if (is_live(v)) rewriter.set(v, b.reshape(rewriter.at(v), joint_.type(v).shape));
    return operands;
  }

  void build_backward_body() {
    Function empty;
    empty.name = joint_.name;
    b_.program().function(backward_) = std::move(empty);
    Builder b(b_.program(), backward_);
    Rewriter rewriter(joint_, b);
    operands_ = backward_parameters(b, rewriter);
    for (size_t n = 0; n < joint_.nodes.size(); ++n) {
      const Node& node = joint_.nodes[n];
      if (n < forward_nodes_ && !is_computed_again(node)) continue;
      if (std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return is_live(v) && !rewriter.has(v); }))
        rewriter.copy(node);
    }
    for (size_t i = 0; i < carries_; ++i)
      if (active_carry_[i]) b.output(rewriter.at(gradients_[i]), "d_" + name_of(parameters_[i]));
    for (const auto& [i, sum] : sums_) b.output(rewriter.at(sum.next), name_of(sum.parameter));
    const auto stack = [&](ValueId v, const std::string& name) {
      if (std::find(steps_.begin(), steps_.end(), v) != steps_.end()) return;
      steps_.push_back(v);
      b.output(rewriter.at(v), name);
    };
    for (size_t i = carries_; i < carries_ + sequences_; ++i)
      if (gradients_[i].valid()) stack(gradients_[i], "d_" + name_of(parameters_[i]));
    for (ValueId v : stacked_)
      if (!is_residual(v) && !is_sequence(v)) stack(v, "step_" + std::to_string(steps_.size()));
  }

  /// The values of all steps, outside of the backward scan with those results.
  Val stacked(ValueId v, const Vals& results) {
    if (is_sequence(v)) return operand(body_parameter(v));
    if (is_residual(v)) return Val(&b_, saved_.at(v));
    const auto step = std::find(steps_.begin(), steps_.end(), v);
    IR_CHECK(step != steps_.end());
    return results[operands_.carries.size() + static_cast<size_t>(step - steps_.begin())];
  }

  Vals emit() {
    const Vals results = b_.scan(backward_, operands_.carries, operands_.sequences, operands_.invariants, scan_.axis, scan_.length,
                                 !scan_.reverse);
    const std::vector<std::string> errors = b_.take_errors();
    IR_CHECK(errors.empty(), errors.empty() ? "" : errors[0].c_str());
    Vals found(parameters_.size());
    size_t next = 0;
    for (size_t i = 0; i < carries_; ++i) {
      if (!active_carry_[i]) continue;
      if (wanted_[i]) found[i] = results[next];
      ++next;
    }
    for (const auto& [i, sum] : sums_) found[i] = results[next++];
    for (size_t i = carries_; i < carries_ + sequences_; ++i)
      if (gradients_[i].valid()) found[i] = stacked_gradient(gradients_[i], results);
    const OriginId origin = b_.origin();
    for (const auto& [i, terms] : deferred_)
      for (ValueId term : terms) {
        const Val sum = contraction().build(b_, term, [&](ValueId v) { return stacked(v, results); });
        b_.set_origin(origin);
        found[i] = found[i].poisoned() ? sum : b_.binary(Binary::Kind::add, found[i], sum);
      }
    return found;
  }

  Val stacked_gradient(ValueId gradient, const Vals& results) const {
    const auto step = std::find(steps_.begin(), steps_.end(), gradient) - steps_.begin();
    return results[operands_.carries.size() + static_cast<size_t>(step)];
  }

  struct Sum {
    ValueId parameter, next;
  };

  Builder& b_;  // of the function that has the scan
  const size_t index_;
  const Vals& d_outputs_;
  const std::vector<bool>& wanted_;
  const Scan::Attrs scan_;
  const size_t carries_, sequences_;

  FunctionId backward_;
  Function joint_;  // a copy; ids below are of its values
  size_t forward_nodes_ = 0;
  std::vector<ValueId> parameters_, results_;  // of the body
  std::vector<std::string> output_names_;
  std::vector<bool> active_carry_;
  std::vector<ValueId> seeds_;      // cotangent of each result of the body
  std::vector<ValueId> gradients_;  // of each parameter of the body
  std::vector<int> defined_by_;
  std::vector<bool> varies_;                           // from step to step
  std::map<size_t, std::vector<ValueId>> deferred_;    // terms by parameter
  std::map<size_t, Sum> sums_;                         // by parameter
  std::set<ValueId> stacked_;                          // needed for all steps: residuals and operands of contractions
  std::vector<bool> live_;                             // read by the backward body
  std::map<ValueId, ValueId> saved_;                   // output of the forward scan that stacks the value
  Operands operands_;
  std::vector<ValueId> steps_;  // stacked by the backward scan
};

}  // namespace

Vals scan_gradient(Builder& builder, size_t index, const Vals& d_outputs, const std::vector<bool>& wanted) {
  return ScanGradient(builder, index, d_outputs, wanted).run();
}

}  // namespace keratin::ir
