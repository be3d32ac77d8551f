#include "ir/passes/simplify.h"

#include <algorithm>
#include <cmath>

#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"

namespace keratin::ir {

namespace {

/// The rules of one op: gets the operands in the new function; a poisoned value where no rule applies.
class Simplifier {
 public:
  Simplifier(Rewriter& rewriter, const Node& node, bool gradients_taken)
      : r_(rewriter), b_(rewriter.to()), in_(rewriter.operands(node)), node_(node), gradients_taken_(gradients_taken) {}

  Val run() {
    if (const auto* a = node_.op.as<Unary>()) return unary(*a);
    if (const auto* a = node_.op.as<Binary>()) return binary(*a);
    if (node_.op.as<Select>()) return select();
    if (const auto* a = node_.op.as<Cast>()) return cast(*a);
    if (const auto* a = node_.op.as<Broadcast>()) return broadcast(*a);
    if (const auto* a = node_.op.as<Reshape>()) return reshape(*a);
    if (const auto* a = node_.op.as<Transpose>()) return transpose(*a);
    if (const auto* a = node_.op.as<Slice>()) return slice(*a);
    if (const auto* a = node_.op.as<Pad>()) return pad(*a);
    if (const auto* a = node_.op.as<Concatenate>()) return concatenate(*a);
    if (const auto* a = node_.op.as<Reverse>()) return reverse(*a);
    if (const auto* a = node_.op.as<Reduce>()) return reduce(*a);
    if (const auto* a = node_.op.as<WindowReduce>()) return window_reduce(*a);
    return {};
  }

 private:
  using U = Unary::Kind;
  using B = Binary::Kind;

  /// The number that all elements are, if it is known.
  std::optional<double> splat(Val x) {
    while (r_.definition_as<Broadcast>(x) || r_.definition_as<Reshape>(x)) x = r_.operand_of(x);
    const auto* constant = r_.definition_as<Constant>(x);
    if (!constant || x.dtype() == DType::string) return std::nullopt;
    const Tensor& tensor = *b_.program().constants[constant->id.index];
    if (tensor.count() == 0 || tensor.count() > 4096) return std::nullopt;
    const double first = tensor.number(0);
    for (int64_t i = 1; i < tensor.count(); ++i)
      if (tensor.number(i) != first || std::signbit(tensor.number(i)) != std::signbit(first)) return std::nullopt;
    return first;
  }

  bool is_unary(Val x, U kind) {
    const auto* a = r_.definition_as<Unary>(x);
    return a && a->kind == kind;
  }

  Val unary(const Unary::Attrs& a) {
    const Val x = in_[0];
    if (a.kind == U::stop_gradient && gradients_taken_) return x;
    if ((a.kind == U::neg || a.kind == U::logical_not) && is_unary(x, a.kind)) return r_.operand_of(x);
    const bool idempotent = a.kind == U::abs || a.kind == U::sign || a.kind == U::floor || a.kind == U::ceil || a.kind == U::round;
    if (idempotent && is_unary(x, a.kind)) return x;
    return {};
  }

  Val binary(const Binary::Attrs& a) {
    const Val x = in_[0], y = in_[1];
    if (x.id() == y.id() && (a.kind == B::max || a.kind == B::min || a.kind == B::logical_and || a.kind == B::logical_or)) return x;
    if (const auto right = splat(y))
      if (const Val v = with_constant(a.kind, x, *right, true); !v.poisoned()) return v;
    if (const auto left = splat(x))
      if (const Val v = with_constant(a.kind, y, *left, false); !v.poisoned()) return v;
    return {};
  }

  /// x op c, or c op x.
  Val with_constant(B kind, Val x, double c, bool right) {
    const bool floats = is_float(x.dtype()), zero = c == 0, minus_zero = zero && std::signbit(c);
    switch (kind) {
      case B::add: return zero && (!floats || minus_zero) ? x : Val();
      case B::sub: return zero && right && !minus_zero ? x : Val();
      case B::mul: return c == 1 ? x : !floats && zero ? b_.zeros(x.type()) : Val();
      case B::div: return c == 1 && right ? x : Val();
      case B::pow: return right && c == 1 ? x : right && c == 2 ? x * x : Val();
      case B::logical_and: return x.dtype() != DType::boolean ? Val() : zero ? b_.full(x.type(), 0) : x;
      case B::logical_or: return x.dtype() != DType::boolean ? Val() : zero ? x : b_.full(x.type(), 1);
      case B::shift_left:
      case B::shift_right: return right && zero ? x : Val();
      default: return {};
    }
  }

  Val select() {
    if (in_[1].id() == in_[2].id()) return in_[1];
    if (const auto condition = splat(in_[0])) return *condition != 0 ? in_[1] : in_[2];
    if (is_unary(in_[0], U::logical_not)) return b_.select(r_.operand_of(in_[0]), in_[2], in_[1]);
    return {};
  }

  /// Every number of `from` is one of `to`.
  static bool widens(DType from, DType to) {
    if (from == to || from == DType::boolean) return true;
    if (is_float(from)) return to == DType::float64 || (to == DType::float32 && from != DType::float64);
    if (!is_integer(from)) return false;
    const size_t bits = 8 * size_of(from);
    if (is_integer(to)) return size_of(to) > size_of(from) && (is_signed(to) || !is_signed(from));
    return (to == DType::float64 && bits <= 32) || (to == DType::float32 && bits <= 16);
  }

  Val cast(const Cast::Attrs& a) {
    if (in_[0].dtype() == a.to) return in_[0];
    if (!r_.definition_as<Cast>(in_[0])) return {};
    const Val original = r_.operand_of(in_[0]);  // original -> middle -> a.to: the middle loses nothing
    return widens(original.dtype(), in_[0].dtype()) ? b_.cast(original, a.to) : Val();
  }

  Val broadcast(const Broadcast::Attrs& a) {
    Val x = in_[0];
    if (x.shape() == a.shape) return x;
    if (r_.definition_as<Broadcast>(x)) return b_.broadcast(r_.operand_of(x), a.shape);
    if (r_.definition_as<Reshape>(x)) {  // new leading axes of extent 1 are what broadcast adds anyway
      const Val original = r_.operand_of(x);
      const int added = x.rank() - original.rank();
      if (added < 0) return {};
      for (int i = 0; i < x.rank(); ++i)
        if (i < added ? !x.dim(i).is_one() : x.dim(i) != original.dim(i - added)) return {};
      return b_.broadcast(original, a.shape);
    }
    return {};
  }

  Val reshape(const Reshape::Attrs& a) {
    if (in_[0].shape() == a.shape) return in_[0];
    return r_.definition_as<Reshape>(in_[0]) ? b_.reshape(r_.operand_of(in_[0]), a.shape) : Val();
  }

  Val transpose(const Transpose::Attrs& a) {
    if (std::is_sorted(a.order.begin(), a.order.end())) return in_[0];
    const auto* inner = r_.definition_as<Transpose>(in_[0]);
    if (!inner) return {};
    std::vector<int> order;
    for (int axis : a.order) order.push_back(inner->order[static_cast<size_t>(axis)]);
    const Val original = r_.operand_of(in_[0]);
    return std::is_sorted(order.begin(), order.end()) ? original : b_.transpose(original, order);
  }

  Val slice(const Slice::Attrs& a) {
    const Val x = in_[0];
    if (x.shape() == b_out().shape && std::all_of(a.start.begin(), a.start.end(), [](Dim d) { return d == Dim(0); })) return x;
    if (const auto* inner = r_.definition_as<Slice>(x)) return slice_of_slice(a, *inner, r_.operand_of(x));
    if (const auto* joined = r_.definition_as<Concatenate>(x)) return slice_of_concatenate(a, joined->axis, x);
    return {};
  }

  Val slice_of_slice(const Slice::Attrs& outer, const Slice::Attrs& inner, Val x) {
    Slice::Attrs both;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const size_t i = static_cast<size_t>(axis);
      const Dim extent = b_out().shape[axis];
      if (!extent.is_static() && (inner.stride[i] != 1 || outer.stride[i] != 1)) return {};
      if (extent == Dim(0)) return {};
      both.start.push_back(inner.start[i] + outer.start[i] * inner.stride[i]);
      both.stride.push_back(inner.stride[i] * outer.stride[i]);
      both.limit.push_back(both.start[i] + (extent - Dim(1)) * both.stride[i] + Dim(1));
    }
    return b_.add1(both, {x});
  }

  /// Where the slice lies within one part.
  Val slice_of_concatenate(const Slice::Attrs& a, int axis, Val joined) {
    const size_t i = static_cast<size_t>(axis);
    if (!a.start[i].is_static() || !a.limit[i].is_static()) return {};
    const size_t parts = r_.definition(joined)->inputs.size();
    Dim offset = 0;
    for (size_t p = 0; p < parts; ++p) {
      const Val part = r_.operand_of(joined, p);
      const Dim end = offset + part.dim(axis);
      if (!offset.is_static() || !end.is_static()) return {};
      if (a.start[i].size >= offset.size && a.limit[i].size <= end.size) {
        Slice::Attrs inner = a;
        inner.start[i] = a.start[i] - offset;
        inner.limit[i] = a.limit[i] - offset;
        const bool whole = part.shape() == b_out().shape;
        return whole ? part : b_.add1(inner, {part});
      }
      offset = end;
    }
    return {};
  }

  Val pad(const Pad::Attrs& a) {
    const auto is_zero = [](Dim d) { return d == Dim(0); };
    const bool nothing = std::all_of(a.low.begin(), a.low.end(), is_zero) && std::all_of(a.high.begin(), a.high.end(), is_zero) &&
                         std::all_of(a.interior.begin(), a.interior.end(), [](int64_t i) { return i == 0; });
    return nothing ? in_[0] : Val();
  }

  Val concatenate(const Concatenate::Attrs& a) {
    if (in_.size() == 1) return in_[0];
    Vals parts;
    bool changed = false;
    for (Val part : in_) {
      const auto* inner = r_.definition_as<Concatenate>(part);
      if (part.dim(a.axis) == Dim(0)) {
        changed = true;
      } else if (inner && inner->axis == a.axis) {
        changed = true;
        const size_t count = r_.definition(part)->inputs.size();
        for (size_t i = 0; i < count; ++i) parts.push_back(r_.operand_of(part, i));
      } else {
        parts.push_back(part);
      }
    }
    if (!changed || parts.empty()) return {};
    return parts.size() == 1 ? parts[0] : b_.concatenate(parts, a.axis);
  }

  Val reverse(const Reverse::Attrs& a) {
    const Val x = in_[0];
    if (std::all_of(a.axes.begin(), a.axes.end(), [&](int axis) { return x.dim(axis).is_one(); })) return x;
    const auto* inner = r_.definition_as<Reverse>(x);
    return inner && inner->axes == a.axes ? r_.operand_of(x) : Val();
  }

  /// Of one element each; a sum of floats adds it to 0, which loses the sign of -0.
  Val reduce(const Reduce::Attrs& a) {
    const Val x = in_[0];
    const bool exact = a.kind != Reduce::Kind::sum || !is_float(x.dtype());
    return exact && std::all_of(a.axes.begin(), a.axes.end(), [&](int axis) { return x.dim(axis).is_one(); }) ? x : Val();
  }

  Val window_reduce(const WindowReduce::Attrs& a) {
    const auto all = [](const std::vector<int64_t>& list, int64_t value) {
      return std::all_of(list.begin(), list.end(), [&](int64_t v) { return v == value; });
    };
    const Window& w = a.window;
    const bool nothing = w.kind == Window::Kind::max && all(w.size, 1) && all(w.strides, 1) && all(w.pad_low, 0) && all(w.pad_high, 0);
    return nothing ? in_[0] : Val();
  }

  const Type& b_out() const { return r_.from().type(node_.outputs[0]); }

  Rewriter& r_;
  Builder& b_;
  Vals in_;
  const Node& node_;
  bool gradients_taken_;
};

void simplify_in(Program& program, FunctionId id, bool gradients_taken) {
  rebuild(program, id, [&](Rewriter& rewriter, const Node& node) {
    if (node.outputs.size() != 1) return false;
    const Val simpler = Simplifier(rewriter, node, gradients_taken).run();
    if (simpler.poisoned()) return false;
    rewriter.set(node.outputs[0], simpler);
    return true;
  });
}

}  // namespace

void simplify(Program& program, FunctionId function, bool gradients_taken) {
  for (FunctionId body : bodies_below(program, function)) simplify_in(program, body, gradients_taken);
  simplify_in(program, function, gradients_taken);
}

}  // namespace keratin::ir
