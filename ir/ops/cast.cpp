#include "ir/ops/cast.h"

#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/ops/rules.h"
#include "ir/support/check.h"

namespace keratin::ir {

Result<Types> Cast::infer(const Attrs& attrs, const Types& in) {
  if (in[0].dtype == DType::string || attrs.to == DType::string)
    return Error{fmt::format("there is no cast from {} to {}", name_of(in[0].dtype), name_of(attrs.to))};
  return Types{{attrs.to, in[0].shape}};
}

void Cast::grad(const Attrs& attrs, GradBuilder& g) {
  if (is_float(attrs.to) && g.wants(0)) g.set(0, g.builder().cast(g.d_out(), g.in().dtype()));
}

void Cast::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const DType from = in[0].dtype, to = attrs.to;
  const size_t count = static_cast<size_t>(out[0].count());
  if (!is_float(to)) {
    for (size_t i = 0; i < count; ++i)
      out[0].integers[i] = is_float(from) ? integer_from(to, in[0].floats[i]) : wrap_to(to, in[0].integers[i]);
    return;
  }
  if (is_float(from)) {
    out[0].floats = in[0].floats;
  } else if (to == DType::float32 && !evaluator.in_double()) {  // rounded once, not by way of double
    for (size_t i = 0; i < count; ++i) {
      const int64_t value = in[0].integers[i];
      const float rounded = from == DType::uint64 ? static_cast<float>(static_cast<uint64_t>(value)) : static_cast<float>(value);
      out[0].floats[i] = static_cast<double>(rounded);
    }
  } else {
    for (size_t i = 0; i < count; ++i) out[0].floats[i] = number_from(from, in[0].integers[i]);
  }
  round_all(evaluator, out[0]);
}

namespace {

std::string_view conversion_to(DType dtype) {
  switch (dtype) {
    case DType::boolean: return "convert<bool>";
    case DType::int8: return "convert<int8_t>";
    case DType::uint8: return "convert<uint8_t>";
    case DType::int16: return "convert<int16_t>";
    case DType::uint16: return "convert<uint16_t>";
    case DType::int32: return "convert<int32_t>";
    case DType::uint32: return "convert<uint32_t>";
    case DType::int64: return "convert<int64_t>";
    case DType::uint64: return "convert<uint64_t>";
    case DType::float16: return "round_to_half";
    case DType::bfloat16: return "round_to_bfloat16";
    case DType::float32: return "convert<float>";
    case DType::float64: return "convert<double>";
    case DType::string: break;
  }
  check_failed("a dtype with elements", __FILE__, __LINE__);
}

}  // namespace

Lowering Cast::lower(const Attrs& attrs, const Types&, const Types&) { return PointwiseFunction{conversion_to(attrs.to)}; }

std::string Cast::print(const Attrs& attrs) { return fmt::format("to={}", name_of(attrs.to)); }

}  // namespace keratin::ir
