#include "ir/plan/fuse_maps.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "ir/plan/map_step.h"
#include "ir/plan/memory.h"

namespace keratin::ir {

namespace {

constexpr size_t kMostOperands = 20;  // of one pass: pointers beyond the registers are read again for every vector, which costs little
constexpr size_t kMostNodes = 96;     // of one expression
constexpr size_t kFarthest = 12;      // steps between two that are joined
constexpr int64_t kNarrow = 16;       // elements of the widest vector

/// How two operands of one shape lie to each other.
enum class Relation : uint8_t { apart, same, mixed };

/// Whether two operands with equal strides are parts of a concatenation that do not touch: for some axis, what they span from there inwards is
/// no wider than they are apart, and both lie in one piece of what every step along the axes before is a multiple of.
bool parts_of_whole(const Operand& a, const Operand& b) {
  const Dim distance = b.offset - a.offset;
  if (!distance.is_static()) return false;
  const int64_t apart = std::abs(distance.size);
  int64_t span = 1;
  for (size_t axis = a.strides.size();; --axis) {
    int64_t piece = 0;
    for (size_t outer = 0; outer < axis; ++outer) piece = std::gcd(std::gcd(piece, a.strides[outer].size), a.strides[outer].batch);
    if (apart >= span && (axis == 0 || apart + span <= piece)) return true;
    if (axis == 0) return false;
    const Dim extent = a.shape[static_cast<int>(axis) - 1], stride = a.strides[axis - 1];
    if (!extent.is_static() || !stride.is_static()) return false;
    span += (extent.size - 1) * std::abs(stride.size);
  }
}

Relation relation(const Operand& a, const Operand& b) {
  if (a.buffer != b.buffer) return Relation::apart;
  if (a.shape != b.shape || a.loops != b.loops || a.strides != b.strides) return Relation::mixed;
  if (a.offset == b.offset) return Relation::same;
  return parts_of_whole(a, b) ? Relation::apart : Relation::mixed;
}

bool walks(const Operand& operand) {
  return operand.shape.rank() == 0 || std::any_of(operand.strides.begin(), operand.strides.end(), [](Dim stride) { return stride != Dim(0); });
}

/// Keeps the results marked, and of nodes and leaves what they need.
void prune(Map& map, const std::vector<char>& kept) {
  Expression& e = map.expression;
  Map small;
  std::vector<char> needed(e.nodes.size(), 0);
  for (size_t i = 0; i < e.results.size(); ++i)
    if (kept[i]) needed[static_cast<size_t>(e.results[i])] = 1;
  for (size_t n = e.nodes.size(); n-- > 0;)
    if (needed[n])
      for (int arg : e.nodes[n].args) needed[static_cast<size_t>(arg)] = 1;
  std::vector<int> number(e.nodes.size(), -1);
  for (size_t n = 0; n < e.nodes.size(); ++n) {
    if (!needed[n]) continue;
    Expression::Node node = e.nodes[n];
    for (int& arg : node.args) arg = number[static_cast<size_t>(arg)];
    if (node.leaf >= 0) {
      small.leaves.push_back(map.leaves[static_cast<size_t>(node.leaf)]);
      node.leaf = static_cast<int>(small.leaves.size()) - 1;
    }
    number[n] = static_cast<int>(small.expression.nodes.size());
    small.expression.nodes.push_back(std::move(node));
  }
  small.expression.leaves = static_cast<int>(small.leaves.size());
  for (size_t i = 0; i < e.results.size(); ++i) {
    if (!kept[i]) continue;
    small.results.push_back(map.results[i]);
    small.expression.results.push_back(number[static_cast<size_t>(e.results[i])]);
  }
  if (small.results.size() == 1) small.expression.results.clear();  // all that is left leads to it, so it is the last node
  map = std::move(small);
}

class Fusion {
 public:
  Fusion(const Program& program, Plan& plan, PlannedFunction& function) : program_(program), plan_(plan), f_(function), readers_(function.buffers.size(), 0) {
    for (const Step& step : f_.steps) count(step, 1);
  }

  void run() {
    std::vector<Step> steps = std::move(f_.steps);
    f_.steps.clear();
    for (Step& step : steps)
      if (!joins_earlier(step)) f_.steps.push_back(std::move(step));
  }

 private:
  /// Steps that read each buffer.
  void count(const Step& step, int sign) {
    std::vector<BufferId> read;
    for_each_operand(step, [&](const Operand& operand, bool writes) {
      if (!writes) read.push_back(operand.buffer);
    });
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (BufferId id : read) readers_[id.index] += sign;
  }

  bool backward(const Step& step) const { return step.origin.valid() && program_.origins[step.origin.index].backward; }

  /// Looks back over element-wise steps for one that this step can be moved to, or that can be moved here.
  bool joins_earlier(const Step& step) {
    const std::optional<Map> later = map_of(plan_, step);
    if (!later) return false;
    std::vector<Map> between;
    for (size_t i = f_.steps.size(); i-- > 0 && between.size() < kFarthest;) {
      Step& candidate = f_.steps[i];
      std::optional<Map> earlier = map_of(plan_, candidate);
      if (!earlier) return false;
      const auto passes = [&](const Map& moved) { return std::all_of(between.begin(), between.end(), [&](const Map& map) { return independent(map, moved); }); };
      const bool rises = passes(*later), sinks = passes(*earlier);
      // What forward leaves for backward stays a step of its own.
      if ((rises || sinks) && (backward(candidate) == backward(step) || !backward(step))) {
        if (std::optional<Map> joined = join(candidate, *earlier, step, *later)) {
          replace(candidate, step, std::move(*joined));
          if (!rises) std::rotate(f_.steps.begin() + static_cast<ptrdiff_t>(i), f_.steps.begin() + static_cast<ptrdiff_t>(i) + 1, f_.steps.end());
          return true;
        }
      }
      between.push_back(std::move(*earlier));
    }
    return false;
  }

  static bool independent(const Map& earlier, const Map& later) {
    const auto apart = [](const std::vector<Operand>& a, const std::vector<Operand>& b) {
      for (const Operand& x : a)
        for (const Operand& y : b)
          if (relation(x, y) != Relation::apart) return false;
      return true;
    };
    return apart(earlier.results, later.results) && apart(earlier.results, later.leaves) && apart(earlier.leaves, later.results);
  }

  /// Both as one pass; nothing where that would change what is read, or does not pay.
  std::optional<Map> join(const Step& first, const Map& a, const Step& second, const Map& b) {
    if (a.results[0].shape != b.results[0].shape || on_vectors(a) != on_vectors(b)) return std::nullopt;
    std::optional<Map> joined = joined_expression(a, b);
    if (!joined) return std::nullopt;
    count(first, -1);
    count(second, -1);
    drop_unread(*joined);
    count(first, 1);
    count(second, 1);
    if (joined->results.size() + joined->leaves.size() > kMostOperands || joined->expression.nodes.size() > kMostNodes) return std::nullopt;
    const int64_t inner = innermost_extent(*joined);
    if (inner < kNarrow && inner < std::min(innermost_extent(a), innermost_extent(b))) return std::nullopt;
    if (on_vectors(*joined) != on_vectors(a)) return std::nullopt;
    return joined;
  }

  /// b after a, element by element.
  static std::optional<Map> joined_expression(const Map& a, const Map& b) {
    Map joined = a;
    Expression& e = joined.expression;
    if (e.results.empty()) e.results = {static_cast<int>(e.nodes.size()) - 1};
    bool shares = false;
    std::vector<int> leaf_node;  // of b's leaves
    for (const Operand& leaf : b.leaves) {
      const std::optional<int> node = node_of(joined, leaf, a.results.size(), shares);
      if (!node) return std::nullopt;
      leaf_node.push_back(*node);
    }
    std::vector<int> number;
    for (Expression::Node node : b.expression.nodes) {
      if (node.leaf >= 0) {
        number.push_back(leaf_node[static_cast<size_t>(node.leaf)]);
        continue;
      }
      for (int& arg : node.args) arg = number[static_cast<size_t>(arg)];
      number.push_back(add_node(e, std::move(node)));
    }
    for (size_t i = 0; i < b.results.size(); ++i) {
      const Operand& result = b.results[i];
      for (const Operand& leaf : joined.leaves) {
        const Relation lies = relation(leaf, result);
        if (lies == Relation::mixed) return std::nullopt;
        shares = shares || (lies == Relation::same && walks(leaf));
      }
      const int node = number[static_cast<size_t>(b.expression.results.empty() ? static_cast<int>(number.size()) - 1 : b.expression.results[i])];
      bool again = false;  // written over what a has written there
      for (size_t r = 0; r < a.results.size(); ++r) {
        const Relation lies = relation(a.results[r], result);
        if (lies == Relation::mixed) return std::nullopt;
        if (lies != Relation::same) continue;
        if (a.results[r].dtype != result.dtype) return std::nullopt;
        e.results[r] = node;
        again = true;
      }
      if (again) continue;
      joined.results.push_back(result);
      e.results.push_back(node);
    }
    return shares ? std::optional(std::move(joined)) : std::nullopt;
  }

  /// The node of an operand that the later pass reads: what the earlier one computes there, or a leaf. Nothing where it reads other elements of
  /// a result.
  static std::optional<int> node_of(Map& joined, const Operand& leaf, size_t results, bool& shares) {
    Expression& e = joined.expression;
    for (size_t r = 0; r < results; ++r) {
      const Relation lies = relation(joined.results[r], leaf);
      if (lies == Relation::mixed) return std::nullopt;
      if (lies != Relation::same) continue;
      const int node = e.results[r];
      if (joined.results[r].dtype != leaf.dtype || e.nodes[static_cast<size_t>(node)].dtype != leaf.dtype) return std::nullopt;
      shares = true;
      return node;
    }
    for (size_t i = 0; i < joined.leaves.size(); ++i) {
      if (relation(joined.leaves[i], leaf) != Relation::same) continue;
      shares = shares || walks(leaf);
      return add_node(e, {"", static_cast<int>(i), {}, {}, leaf.dtype});
    }
    joined.leaves.push_back(leaf);
    e.leaves = static_cast<int>(joined.leaves.size());
    return add_node(e, {"", e.leaves - 1, {}, {}, leaf.dtype});
  }

  /// Drops results in the workspace that no other step reads, nor the pass itself from the round of a loop before.
  void drop_unread(Map& map) const {
    std::vector<char> kept;
    for (const Operand& result : map.results) {
      const bool own = std::any_of(map.leaves.begin(), map.leaves.end(), [&](const Operand& leaf) { return leaf.buffer == result.buffer; });
      kept.push_back(own || readers_[result.buffer.index] > 0 || f_.buffers[result.buffer.index].role != BufferRole::scratch);
    }
    prune(map, kept);
  }

  void replace(Step& first, const Step& second, Map map) {
    count(first, -1);
    count(second, -1);
    std::vector<OriginId> origins = {first.origin};
    origins.insert(origins.end(), first.fused.begin(), first.fused.end());
    origins.push_back(second.origin);
    origins.insert(origins.end(), second.fused.begin(), second.fused.end());
    std::erase_if(origins, [](OriginId id) { return !id.valid(); });
    Step step;
    if (!origins.empty()) step.origin = origins.front();
    for (OriginId id : origins)
      if (id != step.origin && std::find(step.fused.begin(), step.fused.end(), id) == step.fused.end()) step.fused.push_back(id);
    step.input = first.input.buffer.valid() ? first.input : second.input;
    first = map_step(plan_, std::move(step), std::move(map));
    count(first, 1);
  }

  const Program& program_;
  Plan& plan_;
  PlannedFunction& f_;
  std::vector<int> readers_;  // by buffer
};

}  // namespace

void fuse_maps(const Program& program, Plan& plan, PlannedFunction& function) { Fusion(program, plan, function).run(); }

}  // namespace keratin::ir
