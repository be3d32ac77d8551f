#include "ir/passes/fold_scale_into_weights.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/passes/eliminate_dead.h"
#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"
#include "ir/passes/weight_only.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// One node after the contraction. In old ids.
struct Link {
  size_t node;
  ValueId factor;          // per-channel operand; none for a transpose
  bool reversed = false;   // factor op value
};

struct Chain {
  size_t contraction;
  int kernel_axis;  // of the kernel that makes the channels
  std::vector<Link> links;
};

class Folder {
 public:
  Folder(Program& program, FunctionId id)
      : program_(program),
        id_(id),
        old_(program.function(id)),
        fixed_(weight_only(program, old_)),
        defined_by_(definitions(old_)),
        readers_(old_.values.size()) {
    for (size_t i = 0; i < old_.nodes.size(); ++i)
      for (ValueId input : old_.nodes[i].inputs) readers_[input.index].push_back(i);
    for (ValueId output : old_.outputs) readers_[output.index].push_back(SIZE_MAX);
    for (const Update& update : old_.updates) readers_[update.value.index].push_back(SIZE_MAX);
  }

  void run() {
    for (size_t i = 0; i < old_.nodes.size(); ++i) find_chain(i);
    if (chains_.empty()) return;
    size_t index = 0;
    rebuild(program_, id_, [&](Rewriter& rewriter, const Node&) {
      const size_t i = index++;
      const auto chain = chains_.find(i);
      if (chain != chains_.end()) emit(rewriter, chain->second);
      return chain != chains_.end() || absorbed_.count(i) > 0;
    });
    eliminate_dead(program_, id_);
  }

 private:
  const Node* definition(ValueId v) const {
    const int index = defined_by_[v.index];
    return index < 0 ? nullptr : &old_.nodes[static_cast<size_t>(index)];
  }

  /// Axis of the result that a kernel axis makes, and that kernel axis; nothing where the node is no contraction with a fixed kernel.
  bool channel_axes(const Node& node, int& axis, int& kernel_axis) const {
    if (node.inputs.size() != 2 || !fixed_[node.inputs[1].index] || fixed_[node.inputs[0].index]) return false;
    const int rank = old_.type(node.outputs[0]).shape.rank(), kernel_rank = old_.type(node.inputs[1]).shape.rank();
    axis = rank - 1;
    if (node.op.as<Conv>()) return kernel_axis = kernel_rank - 1, true;
    if (const auto* conv = node.op.as<ConvInputGrad>()) return kernel_axis = kernel_rank - 2, conv->geometry.groups == 1;
    const auto* dot = node.op.as<Dot>();
    if (!dot || !dot->right_batch.empty() || kernel_rank != static_cast<int>(dot->right_contract.size()) + 1) return false;
    const std::vector<int>& contracted = dot->right_contract;
    for (kernel_axis = 0; std::find(contracted.begin(), contracted.end(), kernel_axis) != contracted.end();) ++kernel_axis;
    return true;
  }

  void find_chain(size_t i) {
    const Node& node = old_.nodes[i];
    Chain chain{i, 0, {}};
    int axis = 0;
    if (node.outputs.size() != 1 || !channel_axes(node, axis, chain.kernel_axis)) return;
    const DType dtype = old_.type(node.outputs[0]).dtype;
    if (dtype != DType::float32 && dtype != DType::float64) return;
    size_t useful = 0, affine = 0;  // links up to the last affine one; number of these
    bool scales = false;
    for (ValueId v = node.outputs[0]; readers_[v.index].size() == 1 && readers_[v.index][0] != SIZE_MAX;) {
      const size_t reader = readers_[v.index][0];
      Link link{reader, {}};
      if (!follow(v, link, axis)) break;
      chain.links.push_back(link);
      if (link.factor.valid()) {
        useful = chain.links.size();
        ++affine;
        const Binary::Kind kind = old_.nodes[reader].op.as<Binary>()->kind;
        scales = scales || kind == Binary::Kind::mul || kind == Binary::Kind::div || link.reversed;
      }
      v = old_.nodes[reader].outputs[0];
    }
    if (!scales && affine < 2) return;
    chain.links.resize(useful);
    absorbed_.insert(i);
    for (const Link& link : chain.links) absorbed_.insert(link.node);
    chains_.emplace(chain.links.back().node, chain);
  }

  /// Whether the reader of v is affine per channel, or a transpose, after which the channels are on another axis.
  bool follow(ValueId v, Link& link, int& axis) const {
    const Node& node = old_.nodes[link.node];
    if (const auto* transpose = node.op.as<Transpose>()) {
      axis = static_cast<int>(std::find(transpose->order.begin(), transpose->order.end(), axis) - transpose->order.begin());
      return true;
    }
    const auto* binary = node.op.as<Binary>();
    if (!binary || node.inputs[0] == node.inputs[1]) return false;
    link.reversed = node.inputs[1] == v;
    link.factor = node.inputs[link.reversed ? 0 : 1];
    const bool commutes = binary->kind == Binary::Kind::add || binary->kind == Binary::Kind::mul;
    if (commutes) link.reversed = false;
    if (!commutes && binary->kind != Binary::Kind::sub && (binary->kind != Binary::Kind::div || link.reversed)) return false;
    return is_per_channel(link.factor, axis);
  }

  /// Broadcast of a fixed value that has at most the channels' axis.
  bool is_per_channel(ValueId v, int axis) const {
    const Node* node = definition(v);
    if (!node || !node->op.as<Broadcast>() || !fixed_[node->inputs[0].index]) return false;
    const Shape &from = old_.type(node->inputs[0]).shape, &to = old_.type(v).shape;
    for (int i = 0; i < from.rank(); ++i)
      if (i + to.rank() - from.rank() != axis && !from[i].is_one()) return false;
    return true;
  }

  /// The factor as a vector of the channels.
  Val vector_of(Rewriter& rewriter, ValueId factor, Dim channels) const {
    const Val source = rewriter.at(definition(factor)->inputs[0]);
    Builder& b = rewriter.to();
    if (source.shape().static_count() == 1) return b.broadcast(b.reshape(source, {}), {channels});
    return b.reshape(source, {channels});
  }

  void emit(Rewriter& rewriter, const Chain& chain) const {
    Builder& b = rewriter.to();
    const Node& contraction = old_.nodes[chain.contraction];
    const Dim channels = old_.type(contraction.inputs[1]).shape[chain.kernel_axis];
    Val scale, shift;
    for (const Link& link : chain.links) {
      if (!link.factor.valid()) continue;
      b.set_origin(old_.nodes[link.node].origin);
      const Val factor = vector_of(rewriter, link.factor, channels);
      const Binary::Kind kind = old_.nodes[link.node].op.as<Binary>()->kind;
      if (kind == Binary::Kind::mul || kind == Binary::Kind::div) {
        const Val one = scale.poisoned() && kind == Binary::Kind::div ? b.full(factor.type(), 1) : scale;
        scale = one.poisoned() ? factor : b.binary(kind, one, factor);
        if (!shift.poisoned()) shift = b.binary(kind, shift, factor);
      } else if (link.reversed) {  // factor - y
        scale = scale.poisoned() ? b.full(factor.type(), -1) : -scale;
        shift = shift.poisoned() ? factor : factor - shift;
      } else if (kind == Binary::Kind::add) {
        shift = shift.poisoned() ? factor : shift + factor;
      } else {
        shift = shift.poisoned() ? -factor : shift - factor;
      }
    }
    b.set_origin(contraction.origin);
    Val y = b.add1(contraction.op, {rewriter.at(contraction.inputs[0]), scaled_kernel(rewriter, chain, scale)});
    if (!shift.poisoned()) y = y + shift;  // the channels are the last axis
    for (const Link& link : chain.links)
      if (!link.factor.valid()) y = b.add1(old_.nodes[link.node].op, {y});
    rewriter.set(old_.nodes[chain.links.back().node].outputs[0], y);
  }

  Val scaled_kernel(Rewriter& rewriter, const Chain& chain, Val scale) const {
    const Val kernel = rewriter.at(old_.nodes[chain.contraction].inputs[1]);
    if (scale.poisoned()) return kernel;
    Shape shape(std::vector<Dim>(static_cast<size_t>(kernel.rank()), Dim(1)));
    shape[chain.kernel_axis] = kernel.dim(chain.kernel_axis);
    return kernel * rewriter.to().reshape(scale, shape);
  }

  Program& program_;
  FunctionId id_;
  const Function old_;
  const std::vector<bool> fixed_;
  const std::vector<int> defined_by_;
  std::vector<std::vector<size_t>> readers_;  // nodes that read each value; SIZE_MAX for outputs and updates
  std::map<size_t, Chain> chains_;            // by their last node
  std::set<size_t> absorbed_;                  // nodes of chains
};

}  // namespace

void fold_scale_into_weights(Program& program, FunctionId function) { Folder(program, function).run(); }

}  // namespace keratin::ir
