#include "ir/passes/choose_saved.h"

#include <algorithm>

#include "ir/passes/rewrite.h"

namespace keratin::ir {

namespace {

constexpr int kLongest = 8;          // instructions computed anew for one value
constexpr int kCostly = 5;           // of them, for a function; no chain has two
constexpr int64_t kMuchSmaller = 8;  // a value of so many times fewer elements is kept without counting it

/// Vector instructions that compute the node anew, roughly; storing the value and reading it back takes as long as kLongest. 0: never worth it.
int effort_of(const Op& op) {
  if (op.as<Compare>() || op.as<Select>() || op.as<Cast>()) return 1;
  if (const auto* unary = op.as<Unary>()) {
    switch (unary->kind) {
      case Unary::Kind::neg:
      case Unary::Kind::abs:
      case Unary::Kind::sign:
      case Unary::Kind::logical_not:
      case Unary::Kind::stop_gradient: return 1;
      case Unary::Kind::exp:
      case Unary::Kind::tanh:
      case Unary::Kind::sigmoid:
      case Unary::Kind::erf:
      case Unary::Kind::sqrt:
      case Unary::Kind::rsqrt: return kCostly;
      default: return 0;
    }
  }
  const auto* binary = op.as<Binary>();
  if (!binary) return 0;
  switch (binary->kind) {
    case Binary::Kind::add:
    case Binary::Kind::sub:
    case Binary::Kind::mul:
    case Binary::Kind::max:
    case Binary::Kind::min:
    case Binary::Kind::logical_and:
    case Binary::Kind::logical_or:
    case Binary::Kind::logical_xor: return 1;
    case Binary::Kind::div: return kCostly;
    default: return 0;
  }
}

/// The same memory read in another way.
bool is_view(const Op& op) { return op.as<Broadcast>() || op.as<Reshape>(); }

class SavedChoice {
 public:
  SavedChoice(const Program& program, const Function& function) : program_(program), f_(function) {
    const size_t values = f_.values.size();
    definition_.assign(values, -1);
    users_.resize(values);
    refused_.assign(values, 0);
    for (size_t n = 0; n < f_.nodes.size(); ++n) {
      for (ValueId id : f_.nodes[n].outputs) definition_[id.index] = static_cast<int>(n);
      for (ValueId id : f_.nodes[n].inputs) users_[id.index].push_back(n);
    }
    const auto backward = [&](const Node& node) { return node.origin.valid() && program_.origins[node.origin.index].backward; };
    boundary_ = static_cast<size_t>(std::find_if(f_.nodes.begin(), f_.nodes.end(), backward) - f_.nodes.begin());
    // A source that forward does not store by itself is kept for two values at least: refusing one changes what others are computed from.
    while (decide()) {}
  }

  /// The first node that is not of the forward pass; the number of nodes where there is none.
  size_t boundary() const { return boundary_; }
  bool any() const { return std::find(anew_.begin(), anew_.end(), 1) != anew_.end(); }
  bool anew(ValueId id) const { return anew_[id.index] != 0; }
  /// Whether `id`, on the way to `wanted`, is computed anew too rather than kept.
  bool is_link(ValueId id, ValueId wanted) const {
    const Node* node = defined(id);
    return !is_held(id) && !is_small(id, wanted) && node->op.info().pointwise && effort_of(node->op) > 0;
  }
  const Node* defined(ValueId id) const { return definition_[id.index] < 0 ? nullptr : &f_.nodes[static_cast<size_t>(definition_[id.index])]; }

 private:
  bool is_early(size_t node) const { return node < boundary_; }
  bool is_read_late(ValueId id) const {
    const auto& users = users_[id.index];
    return std::any_of(users.begin(), users.end(), [&](size_t n) { return !is_early(n); });
  }
  bool is_result(ValueId id) const {
    return std::find(f_.outputs.begin(), f_.outputs.end(), id) != f_.outputs.end() ||
           std::any_of(f_.updates.begin(), f_.updates.end(), [&](const Update& update) { return update.value == id; });
  }

  /// What lies in memory where the value does.
  ValueId stored(ValueId id) const {
    for (const Node* node = defined(id); node && is_view(node->op); node = defined(id)) id = node->inputs[0];
    return id;
  }
  /// Elements, for comparison: any batch is larger than what kMuchSmaller tells apart.
  int64_t elements(ValueId id) const {
    int64_t count = 1;
    for (const Dim& dim : f_.type(id).shape.dims) count *= dim.is_static() ? dim.size : kMuchSmaller;
    return count;
  }
  bool is_small(ValueId id, ValueId beside) const { return elements(id) * kMuchSmaller <= elements(beside); }

  /// Whether forward stores it for its own sake: others than expressions read it.
  bool is_stored_by_forward(ValueId id) const {
    const auto whole = [&](size_t n) { return is_early(n) && !f_.nodes[n].op.info().pointwise && !is_view(f_.nodes[n].op); };
    const auto& users = users_[id.index];
    return std::any_of(users.begin(), users.end(), whole);
  }
  /// Whether it is in memory when backward begins.
  bool is_held(ValueId id) const {
    const Node* node = defined(id);
    if (!node || node->op.as<Read>() || node->op.as<Constant>() || node->op.as<Iota>() || is_result(id)) return true;
    return kept_[id.index] || (is_read_late(id) && !anew(id));
  }

  /// What computing a value anew takes; not possible where `source` would have to be several.
  struct Chain {
    int effort = 0;
    bool costly = false, possible = true;
    ValueId source;  // kept for this; not valid: everything is held
  };
  void keep(ValueId id, ValueId wanted, Chain& chain) const {
    const bool another = chain.source.valid() && chain.source != id;
    if (another || refused_[id.index] || elements(id) > elements(wanted)) chain.possible = false;
    chain.source = id;
  }
  void walk(ValueId id, ValueId wanted, Chain& chain) const {
    const ValueId at = stored(id);
    if (!chain.possible || is_held(at) || is_small(at, wanted) || at == chain.source) return;
    if (at != id || !is_link(id, wanted)) {
      if (!is_stored_by_forward(at)) chain.possible = false;  // a kernel's result that its epilogue uses up
      return keep(at, wanted, chain);
    }
    Chain deeper = chain;
    extend(id, wanted, deeper);
    const bool free = deeper.possible && deeper.source == chain.source;
    const bool fork = users_[id.index].size() > 1;  // where ways part, one value serves all of them
    if (free || !fork) chain = deeper;
    else keep(id, wanted, chain);
  }
  void extend(ValueId id, ValueId wanted, Chain& chain) const {
    const Node& node = *defined(id);
    const int effort = effort_of(node.op);
    chain.effort += effort;
    if (chain.effort > kLongest || (effort == kCostly && chain.costly)) chain.possible = false;
    chain.costly = chain.costly || effort == kCostly;
    for (ValueId input : node.inputs) walk(input, wanted, chain);
  }

  /// Whether all readers are expressions: whatever else reads it finds it in memory.
  bool is_candidate(ValueId id) const {
    const auto& users = users_[id.index];
    return effort_of(defined(id)->op) > 0 && is_read_late(id) && !is_result(id) && !kept_[id.index] &&
           std::all_of(users.begin(), users.end(), [&](size_t n) { return f_.nodes[n].op.info().pointwise; });
  }

  /// One pass over forward, what a value is computed from before it; whether another one is needed.
  bool decide() {
    anew_.assign(f_.values.size(), 0);
    kept_.assign(f_.values.size(), 0);
    std::vector<int> served(f_.values.size(), 0);
    for (size_t n = 0; n < boundary_; ++n) {
      const Node& node = f_.nodes[n];
      if (!node.op.info().pointwise || !is_candidate(node.outputs[0])) continue;
      Chain chain;
      extend(node.outputs[0], node.outputs[0], chain);
      if (!chain.possible) continue;
      anew_[node.outputs[0].index] = 1;
      if (!chain.source.valid()) continue;
      kept_[chain.source.index] = 1;
    }
    for (size_t n = 0; n < boundary_; ++n)
      if (f_.nodes[n].op.info().pointwise && anew(f_.nodes[n].outputs[0])) count_sources(f_.nodes[n].outputs[0], f_.nodes[n].outputs[0], served);
    bool again = false;
    for (uint32_t i = 0; i < kept_.size(); ++i) {
      if (!kept_[i] || served[i] > 1 || is_stored_by_forward(ValueId{i})) continue;
      refused_[i] = 1;
      again = true;
    }
    return again;
  }
  void count_sources(ValueId id, ValueId wanted, std::vector<int>& served) const {
    for (ValueId input : defined(id)->inputs) {
      if (kept_[stored(input).index]) ++served[stored(input).index];
      else if (is_link(input, wanted)) count_sources(input, wanted, served);
    }
  }

  const Program& program_;
  const Function& f_;
  std::vector<int> definition_;
  std::vector<std::vector<size_t>> users_;
  std::vector<char> anew_;     // computed again by backward
  std::vector<char> kept_;     // for that, and otherwise not read by backward
  std::vector<char> refused_;  // as a source that would serve one value alone
  size_t boundary_ = 0;
};

/// Copies a chain up to what is kept, for one reader: each expression of backward computes its own.
Val compute_anew(Rewriter& rewriter, const SavedChoice& choice, ValueId id, ValueId wanted) {
  const Node node = *choice.defined(id);
  Vals operands;
  for (ValueId input : node.inputs) operands.push_back(choice.is_link(input, wanted) ? compute_anew(rewriter, choice, input, wanted) : rewriter.at(input));
  return rewriter.to().add1(node.op, operands);
}

}  // namespace

void choose_saved(Program& program, FunctionId function) {
  const Function before = program.function(function);
  const SavedChoice choice(program, before);
  if (!choice.any()) return;
  size_t index = 0;
  rebuild(program, function, [&](Rewriter& rewriter, const Node& node) {
    if (index++ < choice.boundary()) return false;
    if (std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return choice.anew(id); })) return false;
    rewriter.to().set_origin(node.origin);
    Vals operands;
    for (ValueId id : node.inputs) operands.push_back(choice.anew(id) ? compute_anew(rewriter, choice, id, id) : rewriter.at(id));
    const Vals results = rewriter.to().add(node.op, operands);
    for (size_t i = 0; i < results.size(); ++i) rewriter.set(node.outputs[i], results[i]);
    return true;
  });
}

}  // namespace keratin::ir
