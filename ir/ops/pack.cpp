#include "ir/ops/pack.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/plan/packing.h"

namespace keratin::ir {

std::string_view Pack::name_of(Layout layout) {
  constexpr std::string_view names[] = {"panels", "gate_columns", "recurrent"};
  return names[static_cast<size_t>(layout)];
}

Result<Types> Pack::infer(const Attrs& attrs, const Types& in) {
  if (!is_float(in[0].dtype)) return Error{fmt::format("packs floats, not {}", keratin::name_of(in[0].dtype))};
  if (attrs.gates < 1) return Error{fmt::format("packs the columns of 1 gate or more, not {}", attrs.gates)};
  const Shape& shape = in[0].shape;
  if (!shape.is_static() || shape.rank() < 1 || shape.rank() > 2) return Error{fmt::format("packs vectors and matrices of known size, not {}", to_string(shape))};
  const int64_t columns = shape.back().size, rows = shape.rank() == 2 ? shape[0].size : 1;
  if (attrs.layout == Layout::panels) {
    if (shape.rank() != 2) return Error{"packs a matrix into panels"};
    return Types{{in[0].dtype, {rows * padded_outputs(columns)}}};
  }
  if (columns % attrs.gates != 0) return Error{fmt::format("{} gates do not divide {} columns", attrs.gates, columns)};
  const int64_t units = columns / attrs.gates, wide = attrs.gates * padded_units(units);
  if (attrs.layout == Layout::recurrent) {
    if (shape.rank() != 2 || rows != units) return Error{"a recurrent kernel has as many rows as units"};
    return Types{{in[0].dtype, {units * wide}}};
  }
  Shape out = shape;
  out[out.rank() - 1] = Dim(wide);
  return Types{{in[0].dtype, out}};
}

void Pack::grad(const Attrs&, GradBuilder&) {}

void Pack::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator&) {
  const int64_t rank = in[0].rank(), columns = in[0].shape.back(), rows = rank == 2 ? in[0].shape[0] : 1, units = columns / attrs.gates;
  const auto place = [&](int64_t k, int64_t n) {
    if (attrs.layout == Layout::panels) return packed_index(rows, columns, k, n);
    if (attrs.layout == Layout::recurrent) return recurrent_index(units, attrs.gates, k, n / units, n % units);
    return k * attrs.gates * padded_units(units) + gate_column(units, attrs.gates, n / units, n % units);
  };
  for (int64_t k = 0; k < rows; ++k)
    for (int64_t n = 0; n < columns; ++n) out[0].floats[static_cast<size_t>(place(k, n))] = in[0].floats[static_cast<size_t>(k * columns + n)];
}

Lowering Pack::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"pack"}; }

std::string Pack::print(const Attrs& attrs) {
  return attrs.gates == 1 ? fmt::format("layout={}", name_of(attrs.layout)) : fmt::format("layout={} gates={}", name_of(attrs.layout), attrs.gates);
}

}  // namespace keratin::ir
