// Casts, and tensors filled with a value (keras.ops.cast, zeros_like, ...).
#include <fmt/format.h>

#include "compiler/operations/moves.h"
#include "compiler/operations/operation.h"
#include "compiler/operations/traced.h"

namespace keratin {

namespace {

Operation filled(std::string_view name, double value) {
  return {name, "dtype", "x", [value](Arguments& a) {
            const Val x = a.tensor("x");
            return one(x.poisoned() ? x : a.b.full({a.dtype("dtype", x.dtype()), x.shape()}, value));
          }};
}

Val full_like(Arguments& a) {
  const Val x = a.tensor("x");
  if (x.poisoned()) return x;
  return broadcast_to(a, "fill_value", a.as(a.operand("fill_value"), a.dtype("dtype", x.dtype())), x.shape());
}

Val full(Arguments& a) {
  const Operand value = a.operand("fill_value");
  Shape shape;
  for (const std::optional<Dim>& size : a.sizes("shape")) {
    if (!size) return a.fail("shape", "a size is missing");
    shape.dims.push_back(*size);
  }
  return a.failed() ? Val() : broadcast_to(a, "shape", a.as(value, a.dtype("dtype", value.type.weak ? DType::float32 : value.type.dtype)), shape);
}

/// To the type's own range first, so that nothing wraps around.
Val saturate_cast(Arguments& a) {
  const Val x = a.tensor("x");
  if (x.poisoned()) return x;
  const DType to = a.dtype("dtype", x.dtype());
  if (!is_integer(to) || x.dtype() == DType::boolean) return a.b.cast(x, to);
  const int bits = static_cast<int>(8 * size_of(to));
  if (bits == 64) return a.fail("dtype", fmt::format("{} is not supported", name_of(to)));
  const double low = is_signed(to) ? -static_cast<double>(int64_t{1} << (bits - 1)) : 0;
  const double high = static_cast<double>((int64_t{1} << (is_signed(to) ? bits - 1 : bits)) - 1);
  if (is_integer(x.dtype())) {
    if (is_signed(x.dtype())) return a.b.cast(minimum(maximum(a.b.cast(x, DType::int64), low), high), to);
    return a.b.cast(minimum(a.b.cast(x, DType::uint64), high), to);
  }
  return a.b.cast(minimum(maximum(a.b.cast(x, DType::float64), low), high), to);
}

Val converted(Arguments& a) {
  for (std::string_view kind : {"sparse", "ragged"})
    if (a.boolean(kind, false)) return a.fail(kind, "true is not supported");
  const Val x = a.tensor("x");
  return x.poisoned() ? x : a.b.cast(x, a.dtype("dtype", x.dtype()));
}

Val size(Arguments& a) {
  const Val dims = shape_vector(a.tensor("x"), DType::int32);
  if (dims.poisoned()) return dims;
  return dims.dim(0) == Dim(0) ? a.b.number(DType::int32, 1) : a.b.reduce(ir::Reduce::Kind::prod, dims, {0});
}

}  // namespace

const OperationTable& creation_operations() {
  static const OperationTable table = {
      {"Array", "dtype", "x", [](Arguments& a) { return one(converted(a)); }},
      {"Cast", "dtype", "x", [](Arguments& a) { return one(converted(a)); }},
      {"ConvertToTensor", "dtype sparse ragged", "x", [](Arguments& a) { return one(converted(a)); }},
      filled("EmptyLike", 0),
      {"Full", "shape dtype", "fill_value", [](Arguments& a) { return one(full(a)); }},
      {"FullLike", "dtype", "x fill_value", [](Arguments& a) { return one(full_like(a)); }},
      {"Ndim", "", "x",
       [](Arguments& a) {
         const Val x = a.tensor("x");
         return one(x.poisoned() ? x : a.b.number(DType::int32, x.rank()));
       }},
      filled("OnesLike", 1),
      {"SaturateCast", "dtype", "x", [](Arguments& a) { return one(saturate_cast(a)); }},
      {"Size", "", "x", [](Arguments& a) { return one(size(a)); }},
      filled("ZerosLike", 0),
  };
  return table;
}

}  // namespace keratin
