// Connectionist temporal classification (Graves and others, ICML 2006): the sum over all alignments of the labels, by forward recursion in
// logarithms. Label 0 is the blank and pads short label rows, as in keras.losses.CTC.
#include <cmath>

#include "compiler/activations/functions.h"
#include "compiler/training/losses/loss.h"

namespace keratin::losses {

using ir::Dim;

namespace {

constexpr double kImpossible = -1e30;  // the logarithm of 0 that can still be added to

/// x shifted by `steps` along axis 1, impossible where it comes from outside.
Val shifted(Val x, int64_t steps) {
  ir::Builder& b = x.builder();
  const Val wide = b.pad(x, {Dim(0), Dim(steps)}, {Dim(0), Dim(0)}, kImpossible);
  return b.slice(wide, 1, Dim(0), x.dim(1));
}

Val log_add(const Vals& terms) {
  Val largest = terms[0], sum;
  for (const Val& term : terms) largest = maximum(largest, term);
  largest = stop_gradient(largest);
  for (const Val& term : terms) sum = sum.poisoned() ? exp(term - largest) : sum + exp(term - largest);
  return largest + log(sum);
}

/// One step of the recursion: stay, come from the state before, or skip the blank between two different labels.
ir::FunctionId step(ir::Builder& b, const ir::Type& alpha_type, const ir::Type& skip_type) {
  const ir::FunctionId body = b.new_function("ctc_step");
  ir::Builder inner(b.program(), body);
  inner.set_origin(b.origin());
  const Val alpha = inner.parameter(alpha_type, "alpha"), emission = inner.parameter(alpha_type, "emission"), skip = inner.parameter(skip_type, "skip");
  inner.output(emission + log_add({alpha, shifted(alpha, 1), shifted(alpha, 2) + skip}), "alpha");
  return body;
}

LossValues values(Val y, Val p) {
  ir::Builder& b = p.builder();
  if (y.rank() != 2 || p.rank() != 3) return {b.fail("CTC takes labels (examples, length) and logits (examples, steps, classes)")};
  const int64_t labels = y.dim(1).size, states = 2 * labels + 1, steps = p.dim(1).size;
  const DType type = p.dtype();
  y = b.cast(y, DType::int32);
  const Val zero = b.number(DType::int32, 0), impossible = b.number(type, kImpossible), possible = b.number(type, 0);
  // blank, label, blank, label, ..., blank
  const Val pairs = b.reshape(b.stack({b.zeros(y.type()), y}, 2), ir::Shape({y.dim(0), Dim(2 * labels)}));
  const Val path = b.pad(pairs, {Dim(0), Dim(0)}, {Dim(0), Dim(1)}, 0);
  const Val two_before = b.slice(b.pad(path, {Dim(0), Dim(2)}, {Dim(0), Dim(0)}, 0), 1, Dim(0), Dim(states));
  const Val is_label = b.compare(ir::Compare::Kind::ne, path, zero), differs = b.compare(ir::Compare::Kind::ne, path, two_before);
  const Val skip = b.select(b.binary(ir::Binary::Kind::logical_and, is_label, differs), possible, impossible);
  const Val emissions = b.matmul(log_softmax(p, {2}), b.one_hot(path, p.dim(2).size, type), false, true);  // (examples, steps, states)

  const Val place = b.iota({DType::int32, ir::Shape({y.dim(0), Dim(states)})}, 1);
  const Val first = b.squeeze(b.slice(emissions, 1, Dim(0), Dim(1)), {1});
  Val alpha = b.select(b.compare(ir::Compare::Kind::lt, place, b.number(DType::int32, 2)), first, impossible);
  if (steps > 1) alpha = b.scan(step(b, alpha.type(), skip.type()), {alpha}, {b.slice(emissions, 1, Dim(1), Dim(steps))}, {skip}, 1, steps - 1, false)[0];

  const Val length = b.sum(b.cast(b.compare(ir::Compare::Kind::ne, y, zero), DType::int32), {1}, true);
  const auto at = [&](Val position) {
    const Val chosen = b.compare(ir::Compare::Kind::eq, place, position);
    return b.sum(b.select(chosen, alpha, possible), {1});
  };
  const Val last = at(length * 2.0), before = at(length * 2.0 - 1.0);
  const Val empty = b.squeeze(b.compare(ir::Compare::Kind::eq, length, zero), {1});
  const Val likelihood = log_add({last, b.select(empty, impossible, before)});
  const Val infeasible = less(likelihood, kImpossible / 2);
  return {b.select(infeasible, b.number(type, HUGE_VAL), -likelihood)};
}

}  // namespace

LossFunction ctc(TrainingArguments&) { return values; }

}  // namespace keratin::losses
