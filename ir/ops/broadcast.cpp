#include "ir/ops/broadcast.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace keratin::ir {

Result<Types> Broadcast::infer(const Attrs& attrs, const Types& in) {
  const Shape& from = in[0].shape;
  const int added = attrs.shape.rank() - from.rank();
  if (added < 0) return Error{fmt::format("{} has more axes than {}", to_string(from), to_string(attrs.shape))};
  for (int axis = 0; axis < from.rank(); ++axis)
    if (!from[axis].is_one() && from[axis] != attrs.shape[axis + added])
      return Error{fmt::format("{} does not repeat to {}: {} elements along axis {} are neither {} nor 1", to_string(from),
                               to_string(attrs.shape), to_string(from[axis]), axis, to_string(attrs.shape[axis + added]))};
  return Types{{in[0].dtype, attrs.shape}};
}

void Broadcast::grad(const Attrs& attrs, GradBuilder& g) {
  if (!g.wants(0)) return;
  const Shape from = g.in().shape();
  const int added = attrs.shape.rank() - from.rank();
  std::vector<int> repeated;
  for (int axis = 0; axis < attrs.shape.rank(); ++axis)
    if (axis < added || from[axis - added] != attrs.shape[axis]) repeated.push_back(axis);
  Val gradient = g.d_out();
  if (!repeated.empty()) gradient = g.builder().sum(gradient, repeated, true);
  g.set(0, added ? g.builder().reshape(gradient, from) : gradient);
}

void Broadcast::eval(const Attrs&, const Tensors& in, Tensors& out, Evaluator&) {
  const std::vector<int64_t> dense = row_major_strides(in[0].shape);
  const size_t added = out[0].shape.size() - in[0].shape.size();
  Strided source{0, std::vector<int64_t>(out[0].shape.size(), 0)};
  for (size_t axis = 0; axis < dense.size(); ++axis)
    if (in[0].shape[axis] == out[0].shape[axis + added]) source.strides[axis + added] = dense[axis];
  copy_strided(out[0].shape, in[0], source, out[0], {0, row_major_strides(out[0].shape)});
}

Lowering Broadcast::lower(const Attrs& attrs, const Types& in, const Types&) {
  const Shape& from = in[0].shape;
  const int rank = attrs.shape.rank(), added = rank - from.rank();
  AffineView view{std::vector<int>(static_cast<size_t>(rank), -1), std::vector<int64_t>(static_cast<size_t>(rank), 1),
                  std::vector<Dim>(from.dims.size())};
  for (int axis = added; axis < rank; ++axis)
    if (from[axis - added] == attrs.shape[axis]) view.axis[static_cast<size_t>(axis)] = axis - added;
  return view;
}

std::string Broadcast::print(const Attrs& attrs) { return fmt::format("to={}", to_string(attrs.shape)); }

}  // namespace keratin::ir
