#include "compiler/operations/traced.h"

#include <algorithm>

namespace keratin {

namespace {

using ir::Dim;
using Dims = std::vector<Dim>;
using Traced = std::optional<Dims>;

std::optional<Dim> combined(ir::Binary::Kind kind, Dim a, Dim b) {
  using Kind = ir::Binary::Kind;
  switch (kind) {
    case Kind::add: return a + b;
    case Kind::sub: return a - b;
    case Kind::mul: return product(a, b);
    case Kind::div:
    case Kind::floor_div:
      if (!b.is_static() || b.size <= 0 || a.batch % b.size != 0 || a.size < 0 || a.batch < 0) return std::nullopt;
      return Dim(a.batch / b.size, a.size / b.size);
    case Kind::max:
    case Kind::min:
      if (!a.is_static() || !b.is_static()) return std::nullopt;
      return Dim(kind == Kind::max ? std::max(a.size, b.size) : std::min(a.size, b.size));
    default: return std::nullopt;
  }
}

class Tracer {
 public:
  explicit Tracer(ir::Builder& builder) : program_(builder.program()), function_(builder.function()) {}

  Traced trace(ir::ValueId id) const {
    const ir::Type& type = function_.type(id);
    if (!is_integer(type.dtype) || type.shape.rank() > 1) return std::nullopt;
    const ir::Node* node = producer(id);
    if (!node) return std::nullopt;
    const auto input = [&](size_t i) { return trace(node->inputs[i]); };
    if (const auto* constant = node->op.as<ir::Constant>()) {
      Dims dims;
      for (int64_t value : program_.constants[constant->id.index]->integers) dims.push_back(value);
      return dims;
    }
    if (const auto* size = node->op.as<ir::Size>()) return Dims{size->dim};
    if (node->op.as<ir::Cast>() || node->op.as<ir::Reshape>()) return input(0);
    if (const auto* unary = node->op.as<ir::Unary>(); unary && unary->kind == ir::Unary::Kind::stop_gradient) return input(0);
    if (node->op.as<ir::Broadcast>()) return repeated(input(0), type.shape);
    if (node->op.as<ir::Concatenate>()) return joined(*node);
    if (const auto* slice = node->op.as<ir::Slice>()) return sliced(input(0), *slice);
    if (const auto* binary = node->op.as<ir::Binary>()) return zipped(binary->kind, input(0), input(1));
    if (const auto* reduce = node->op.as<ir::Reduce>()) return reduced(reduce->kind, input(0));
    if (node->op.as<ir::Gather>()) return gathered(input(0), input(1));
    return std::nullopt;
  }

 private:
  const ir::Node* producer(ir::ValueId id) const {
    for (auto node = function_.nodes.rbegin(); node != function_.nodes.rend(); ++node)
      if (std::find(node->outputs.begin(), node->outputs.end(), id) != node->outputs.end()) return &*node;
    return nullptr;
  }

  Traced joined(const ir::Node& node) const {
    Dims all;
    for (ir::ValueId id : node.inputs) {
      const Traced part = trace(id);
      if (!part) return std::nullopt;
      all.insert(all.end(), part->begin(), part->end());
    }
    return all;
  }

  static Traced repeated(const Traced& from, const ir::Shape& shape) {
    if (!from || from->size() != 1 || !shape.is_static()) return from;
    return Dims(static_cast<size_t>(shape.static_count()), from->front());
  }

  static Traced sliced(const Traced& from, const ir::Slice::Attrs& slice) {
    if (!from || slice.start.size() != 1 || !slice.start[0].is_static() || !slice.limit[0].is_static()) return std::nullopt;
    Dims part;
    for (int64_t i = slice.start[0].size; i < slice.limit[0].size; i += slice.stride[0]) part.push_back((*from)[static_cast<size_t>(i)]);
    return part;
  }

  static Traced zipped(ir::Binary::Kind kind, const Traced& a, const Traced& b) {
    if (!a || !b || a->size() != b->size()) return std::nullopt;
    Dims result;
    for (size_t i = 0; i < a->size(); ++i) {
      const std::optional<Dim> one = combined(kind, (*a)[i], (*b)[i]);
      if (!one) return std::nullopt;
      result.push_back(*one);
    }
    return result;
  }

  static Traced reduced(ir::Reduce::Kind kind, const Traced& from) {
    if (!from || (kind != ir::Reduce::Kind::sum && kind != ir::Reduce::Kind::prod)) return std::nullopt;
    Dim result(kind == ir::Reduce::Kind::sum ? 0 : 1);
    for (Dim dim : *from) {
      const std::optional<Dim> next = kind == ir::Reduce::Kind::sum ? std::optional(result + dim) : product(result, dim);
      if (!next) return std::nullopt;
      result = *next;
    }
    return Dims{result};
  }

  static Traced gathered(const Traced& from, const Traced& indices) {
    if (!from || !indices) return std::nullopt;
    Dims result;
    for (Dim index : *indices) {
      if (!index.is_static() || index.size < 0 || index.size >= static_cast<int64_t>(from->size())) return std::nullopt;
      result.push_back((*from)[static_cast<size_t>(index.size)]);
    }
    return result;
  }

  const ir::Program& program_;
  const ir::Function& function_;
};

}  // namespace

std::optional<std::vector<ir::Dim>> traced_integers(ir::Val value) {
  if (value.poisoned()) return std::nullopt;
  return Tracer(value.builder()).trace(value.id());
}

ir::Val shape_vector(ir::Val x, DType dtype) {
  if (x.poisoned()) return x;
  ir::Builder& b = x.builder();
  if (x.rank() == 0) return b.constant(ir::Tensor(dtype, {0}));
  ir::Vals parts;
  for (Dim dim : x.shape().dims) {
    const ir::Val extent = dim.is_static() ? b.number(dtype, static_cast<double>(dim.size)) : b.size(dim, dtype);
    parts.push_back(b.reshape(extent, {1}));
  }
  return b.concatenate(parts, 0);
}

}  // namespace keratin
