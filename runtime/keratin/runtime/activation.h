// Activations as types, for kernels that take them as template parameters: stateless functors of one Vec<T, L> or scalar. They take
// and ignore an epilogue's further arguments, so each is an epilogue too. Relu and Relu6 are in tile.h.
#pragma once
#include "keratin/runtime/elementary.h"
#include "keratin/runtime/tile.h"

KR_BEGIN_NAMESPACE

struct Linear {
  template <class V, class... Place> KR_INLINE V operator()(V x, Place...) const { return x; }
};
struct Tanh {
  template <class V, class... Place> KR_INLINE V operator()(V x, Place...) const { return tanh(x); }
};
struct Sigmoid {
  template <class V, class... Place> KR_INLINE V operator()(V x, Place...) const { return sigmoid(x); }
};
/// Keras 3: clip(x / 6 + 1 / 2, 0, 1).
struct HardSigmoid {
  template <class V, class... Place> KR_INLINE V operator()(V x, Place...) const {
    using T = Element<V>;
    return min(T(1), max(T(0), x * T(1.0 / 6) + T(0.5)));
  }
};
/// Keras 1, Keras 2 and TensorFlow's Keras: clip(0.2 x + 0.5, 0, 1).
struct HardSigmoidOfKeras2 {
  template <class V, class... Place> KR_INLINE V operator()(V x, Place...) const {
    using T = Element<V>;
    return min(T(1), max(T(0), x * T(0.2) + T(0.5)));
  }
};

template <class F, class V, class = void> inline constexpr bool kUnary = false;
template <class F, class V> inline constexpr bool kUnary<F, V, Void<decltype(lvalue_of<const F>()(lvalue_of<V>()))>> = true;

/// F{}(x), where F is a function of one value or an epilogue that ignores its place.
template <class F, class V> KR_INLINE V activate(V x) {
  if constexpr (kUnary<F, V>) return F{}(x);
  else return F{}(x, Size(0), kLanesOf<V>);
}

KR_END_NAMESPACE
