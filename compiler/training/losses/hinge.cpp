#include "compiler/training/losses/loss.h"

namespace keratin::losses {

namespace {

/// Labels 0 and 1 become -1 and 1, where all of the batch are such.
Val signs(Val y) {
  ir::Builder& b = y.builder();
  const auto equals = [&](double value) { return b.compare(ir::Compare::Kind::eq, y, b.number(y.dtype(), value)); };
  const Val is_bit = b.binary(ir::Binary::Kind::logical_or, equals(0), equals(1));
  return b.select(b.reduce(ir::Reduce::Kind::all, is_bit, {}), 2.0 * y - 1.0, y);
}

/// max(1 - y p, 0) of every element.
Val hinges(Val y, Val p) { return maximum(1.0 - signs(y) * p, 0); }

}  // namespace

LossFunction hinge(TrainingArguments&) {
  return elementwise([](Val y, Val p) { return LossValues{p.builder().mean(hinges(y, p), {-1})}; });
}

LossFunction squared_hinge(TrainingArguments&) {
  return elementwise([](Val y, Val p) { return LossValues{p.builder().mean(square(hinges(y, p)), {-1})}; });
}

LossFunction categorical_hinge(TrainingArguments&) {
  return elementwise([](Val y, Val p) {
    ir::Builder& b = p.builder();
    return LossValues{maximum(b.max((1.0 - y) * p, {-1}) - b.sum(y * p, {-1}) + 1.0, 0)};
  });
}

}  // namespace keratin::losses
