// Zeros around spatial axes, and their removal (keras.layers.ZeroPadding*, Cropping*).
#pragma once

#include <utility>

#include "keratin/arguments.h"

namespace keratin::layers {

/// How much before and after each of N axes: `1` everywhere, `{1, 2}` for each axis (of one axis: before and after), `{{1, 0}, {2, 2}}`.
template <size_t N>
class Sides {
 public:
  using Pair = std::pair<int64_t, int64_t>;
  Sides(int both) : pairs_(N, Pair(both, both)) {}
  Sides(int64_t both) : pairs_(N, Pair(both, both)) {}
  Sides(std::initializer_list<int64_t> values) {
    const std::vector<int64_t> list = values;
    if (N == 1 && list.size() == 2) pairs_ = {{list[0], list[1]}};
    else for (int64_t both : list) pairs_.push_back({both, both});
  }
  Sides(std::initializer_list<Pair> pairs) : pairs_(pairs) {}
  explicit Sides(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {}
  const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  std::vector<Pair> pairs_;
};

Json encode_sides(const std::vector<std::pair<int64_t, int64_t>>& pairs, size_t rank);
template <size_t N>
Json encode(const Sides<N>& sides) {
  return encode_sides(sides.pairs(), N);
}

/// The arguments of a zero padding of N spatial axes.
template <size_t N>
struct ZeroPaddingArguments {
  NamedOnly named_only{};
  Sides<N> padding = 1;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(padding, data_format)
};

/// The arguments of a cropping of N spatial axes.
template <size_t N>
struct CroppingArguments {
  NamedOnly named_only{};
  Sides<N> cropping = N == 2 ? 0 : 1;
  DataFormat data_format{};
  KERATIN_ARGUMENTS(cropping, data_format)
};
template <>
struct CroppingArguments<1> {
  NamedOnly named_only{};
  Sides<1> cropping = 1;
  KERATIN_ARGUMENTS(cropping)
};

#define KERATIN_PADDING(Name, Struct, N, field)                                                                                   \
  class Name : public Layer {                                                                                                     \
   public:                                                                                                                        \
    using Arguments = Struct<N>;                                                                                                  \
    explicit Name(Arguments arguments = {});                                                                                      \
    explicit Name(Sides<N> field, Arguments arguments = {}) : Name((arguments.field = std::move(field), std::move(arguments))) {} \
  };
/// Zeros before and after each spatial axis.
KERATIN_PADDING(ZeroPadding1D, ZeroPaddingArguments, 1, padding)
KERATIN_PADDING(ZeroPadding2D, ZeroPaddingArguments, 2, padding)
KERATIN_PADDING(ZeroPadding3D, ZeroPaddingArguments, 3, padding)
/// Removes elements at both ends of each spatial axis.
KERATIN_PADDING(Cropping1D, CroppingArguments, 1, cropping)
KERATIN_PADDING(Cropping2D, CroppingArguments, 2, cropping)
KERATIN_PADDING(Cropping3D, CroppingArguments, 3, cropping)
#undef KERATIN_PADDING

}  // namespace keratin::layers
