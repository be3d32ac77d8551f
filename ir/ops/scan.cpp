#include "ir/ops/scan.h"

#include <algorithm>
#include <fmt/format.h>

#include "ir/eval.h"
#include "ir/gradient.h"
#include "ir/support/check.h"

namespace keratin::ir {

namespace {

/// Copies step t between a stacked array of that shape, with the steps along `axis`, and the dense array of the step.
template <class Whole, class Part>
void copy_step(const std::vector<int64_t>& shape, int axis, int64_t t, Whole& whole, Part& part, bool to_whole) {
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < static_cast<int>(shape.size()); ++i)
    if (i != axis) (i < axis ? outer : inner) *= shape[static_cast<size_t>(i)];
  for (int64_t o = 0; o < outer; ++o) {
    const auto at_whole = whole.begin() + (o * shape[static_cast<size_t>(axis)] + t) * inner;
    const auto at_part = part.begin() + o * inner;
    if (to_whole)
      std::copy_n(at_part, inner, at_whole);
    else
      std::copy_n(at_whole, inner, at_part);
  }
}

Tensor step_of(Tensor& sequence, int axis, int64_t t) {
  std::vector<int64_t> shape = sequence.shape;
  shape.erase(shape.begin() + axis);
  Tensor step(sequence.dtype, shape);
  if (is_float(step.dtype))
    copy_step(sequence.shape, axis, t, sequence.floats, step.floats, false);
  else
    copy_step(sequence.shape, axis, t, sequence.integers, step.integers, false);
  return step;
}

void store_step(Tensor& stacked, Tensor& step, int axis, int64_t t) {
  if (is_float(step.dtype))
    copy_step(stacked.shape, axis, t, stacked.floats, step.floats, true);
  else
    copy_step(stacked.shape, axis, t, stacked.integers, step.integers, true);
}

}  // namespace

Result<Types> Scan::infer(const Attrs& attrs, const Types& in) {
  if (attrs.carries < 0 || attrs.sequences < 0 || in.size() < static_cast<size_t>(attrs.carries + attrs.sequences))
    return Error{fmt::format("has {} operands for {} carries and {} sequences", in.size(), attrs.carries, attrs.sequences)};
  if (attrs.carry_types.size() != static_cast<size_t>(attrs.carries))
    return Error{fmt::format("the body gives {} carries of {}", attrs.carry_types.size(), attrs.carries)};
  if (attrs.length < 0) return Error{fmt::format("has {} steps", attrs.length)};
  for (int i = 0; i < attrs.carries; ++i)
    if (in[static_cast<size_t>(i)] != attrs.carry_types[static_cast<size_t>(i)])
      return Error{fmt::format("carry {} starts as {}, the body gives {}", i, to_string(in[static_cast<size_t>(i)]),
                               to_string(attrs.carry_types[static_cast<size_t>(i)]))};
  for (int i = 0; i < attrs.sequences; ++i) {
    const Shape& shape = in[static_cast<size_t>(attrs.carries + i)].shape;
    if (attrs.axis < 0 || attrs.axis >= shape.rank())
      return Error{fmt::format("sequence {} is {}, which has no axis {} of steps", i, to_string(shape), attrs.axis)};
    if (shape[attrs.axis] != Dim(attrs.length))
      return Error{fmt::format("sequence {} is {}, expected {} steps on axis {}", i, to_string(shape), attrs.length, attrs.axis)};
  }
  Types out = attrs.carry_types;
  for (Type type : attrs.step_types) {
    if (attrs.axis < 0 || attrs.axis > type.shape.rank())
      return Error{fmt::format("an output of a step is {}, which has no place for axis {} of steps", to_string(type), attrs.axis)};
    type.shape.dims.insert(type.shape.dims.begin() + attrs.axis, Dim(attrs.length));
    out.push_back(type);
  }
  return out;
}

void Scan::grad(const Attrs&, GradBuilder&) {
  check_failed("scan has no local gradient", __FILE__, __LINE__,
               "the pass differentiate rewrites the forward scan to keep what the backward one reads");
}

void Scan::eval(const Attrs& attrs, const Tensors& in, Tensors& out, Evaluator& evaluator) {
  const size_t carries = static_cast<size_t>(attrs.carries), sequences = static_cast<size_t>(attrs.sequences);
  Tensors state(in.begin(), in.begin() + attrs.carries);
  Tensors stacked(in.begin() + attrs.carries, in.begin() + attrs.carries + attrs.sequences);
  for (int64_t i = 0; i < attrs.length; ++i) {
    const int64_t t = attrs.reverse ? attrs.length - 1 - i : i;
    Tensors arguments = std::move(state);
    for (size_t s = 0; s < sequences; ++s) arguments.push_back(step_of(stacked[s], attrs.axis, t));
    arguments.insert(arguments.end(), in.begin() + attrs.carries + attrs.sequences, in.end());
    Tensors results = evaluator.call(attrs.body, arguments);
    for (size_t o = carries; o < results.size(); ++o) store_step(out[o], results[o], attrs.axis, t);
    results.resize(carries);
    state = std::move(results);
  }
  for (size_t c = 0; c < carries; ++c) out[c] = std::move(state[c]);
}

Lowering Scan::lower(const Attrs&, const Types&, const Types&) { return KernelFamily{"scan"}; }

std::string Scan::print(const Attrs& attrs) {
  return fmt::format("body=@{} carries={} sequences={} axis={} length={}{}", attrs.body.index, attrs.carries, attrs.sequences, attrs.axis,
                     attrs.length,
                     attrs.reverse ? " reverse" : "");
}

}  // namespace keratin::ir
