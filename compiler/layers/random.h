// Random numbers of layers in training: counter-based, keyed by (seed, step, layer call, logical element).
#pragma once

#include "compiler/layers/call_context.h"
#include "keratin/arguments.h"

namespace keratin {

/// Whether this call behaves as in training: the mode, unless the call's `training` argument says otherwise.
bool draws_noise(const CallContext& ctx, const CallInputs& inputs);

/// The key of the next random draw of this expansion (uint64 scalar): the hyperparameters `seed` and `iteration`, and a number of its own.
Val random_key(CallContext& ctx);

/// x with elements dropped at `rate` and the others scaled by 1/(1-rate); one decision per element of `noise_shape`, which broadcasts to x.
Val drop(CallContext& ctx, Val x, double rate, Shape noise_shape);

/// The shape of a dropout's decisions for x: x's own, but where noise_shape says an extent. nullopt after a problem: it has another rank.
std::optional<Shape> noise_shape_for(CallContext& ctx, Val x, const functional::Extents& noise_shape);

}  // namespace keratin
