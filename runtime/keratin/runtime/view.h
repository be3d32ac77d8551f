// Views of tensors in memory as emitted functions take them, and arrays that own theirs. Row-major, the last axis contiguous.
#pragma once
#include "keratin/runtime/status.h"

KR_BEGIN_NAMESPACE

/// An extent that is known when the program runs; usually the first, the number of examples.
inline constexpr Size any = -1;

template <class T, Size... Dims> class View;

template <class T> inline constexpr bool kIsView = false;
template <class T, Size... Dims> inline constexpr bool kIsView<View<T, Dims...>> = true;

template <class T> T& instance_of();
/// Whether C has data(), a pointer that converts to T*, and size(): std::span, std::vector, std::array, kr::Array.
template <class C, class T, class = void> inline constexpr bool kHolds = false;
template <class C, class T>
inline constexpr bool kHolds<C, T, decltype(static_cast<void>(static_cast<T*>(instance_of<C>().data())), static_cast<void>(instance_of<C>().size()))> =
    !kIsView<Bare<C>>;

/// What view[i] is: a view of one axis less, or an element.
template <class T, Size... Dims> struct SubViewOf;
template <class T, Size First, Size Second, Size... Rest> struct SubViewOf<T, First, Second, Rest...> {
  using type = View<T, Second, Rest...>;
  static constexpr type at(T* p, const Size* extents) { return type::with_extents(p, extents); }
};
template <class T, Size Only> struct SubViewOf<T, Only> {
  using type = T&;
  static constexpr type at(T* p, const Size*) { return *p; }
};

/// A tensor of rank sizeof...(Dims) somewhere in memory; extents are numbers or kr::any. Copying a View does not copy elements.
template <class T, Size... Dims> class View {
  static_assert(sizeof...(Dims) >= 1 && ((Dims >= 0 || Dims == any) && ...), "an extent is a number from 0 on, or kr::any");

public:
  using Value = T;
  static constexpr int rank = sizeof...(Dims);
  static constexpr int free_extents = ((Dims == any ? 1 : 0) + ...);
  /// Product of the extents that are numbers.
  static constexpr Size fixed_size = ((Dims == any ? 1 : Dims) * ...);

  /// No memory: refused by every emitted function.
  constexpr View() = default;
  /// A pointer and the free extents in their order: View<float, kr::any, 3>(p, rows).
  template <class... Extents, class = Require<(sizeof...(Extents) == free_extents && free_extents > 0)>>
  constexpr View(T* data, Extents... free) : data_(data) {
    const Size given[] = {static_cast<Size>(free)...};
    for (int axis = 0, next = 0; axis < rank; ++axis) extents_[axis] = kDims[axis] == any ? given[next++] : kDims[axis];
  }
  /// A pointer to fixed_size elements, where no extent is free.
  template <class U, class = Require<(kSame<U, T> || kSame<const U, T>) && free_extents == 0>> constexpr View(U* data) : data_(data) { set_extents(1); }
  /// A span, vector or array; the one extent that is free follows from its size. A size that does not fit gives a view without memory.
  template <class C, class = Require<kHolds<C, T> && free_extents <= 1>> constexpr View(C&& holder) {
    const Size n = static_cast<Size>(holder.size());
    const bool fits = free_extents == 0 ? n == fixed_size : fixed_size > 0 ? n % fixed_size == 0 : false;
    if (!fits) return;
    data_ = holder.data();
    set_extents(fixed_size > 0 ? n / fixed_size : 0);
  }
  /// A writable view is a readable one.
  template <class U, class = Require<kSame<const U, T> && !kSame<U, T>>> constexpr View(const View<U, Dims...>& other) : data_(other.data()) {
    for (int axis = 0; axis < rank; ++axis) extents_[axis] = other.extent(axis);
  }
  static constexpr View with_extents(T* data, const Size* extents) {
    View v;
    v.data_ = data;
    for (int axis = 0; axis < rank; ++axis) v.extents_[axis] = extents[axis];
    return v;
  }

  constexpr T* data() const { return data_; }
  constexpr Size extent(int axis) const { return extents_[axis]; }
  /// Extent of the first axis.
  constexpr Size rows() const { return extents_[0]; }
  constexpr Size size() const {
    Size n = 1;
    for (int axis = 0; axis < rank; ++axis) n *= extents_[axis];
    return n;
  }
  /// Memory is there, and no extent is negative.
  constexpr bool valid() const {
    for (int axis = 0; axis < rank; ++axis) {
      if (extents_[axis] < 0) return false;
    }
    return data_ != nullptr;
  }

  /// One element; as many indices as axes, unchecked.
  template <class... Index> constexpr T& operator()(Index... index) const {
    static_assert(sizeof...(Index) == rank, "one index per axis");
    const Size at[] = {static_cast<Size>(index)...};
    Size offset = 0;
    for (int axis = 0; axis < rank; ++axis) offset = offset * extents_[axis] + at[axis];
    return data_[offset];
  }
  /// Row i of the first axis: a view of the others, or the element of a view of one axis; unchecked.
  constexpr typename SubViewOf<T, Dims...>::type operator[](Size i) const {
    const Size row = extents_[0] == 0 ? 0 : size() / extents_[0];
    return SubViewOf<T, Dims...>::at(data_ + i * row, extents_ + 1);
  }
  /// Rows first .. first + count - 1, where the first extent is free.
  constexpr View block(Size first, Size count) const {
    static_assert(kDims[0] == any, "only a view with a free first extent has blocks");
    View v = *this;
    v.data_ = data_ + (extents_[0] == 0 ? 0 : size() / extents_[0]) * first;
    v.extents_[0] = count;
    return v;
  }

#if defined(EIGEN_CORE_H) || defined(EIGEN_CORE_MODULE_H)
  /// rows() by all other axes, on the same memory. There when Eigen was included before this header.
  auto as_matrix() const {
    using Matrix = Eigen::Matrix<typename RemoveConst<T>::type, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<If<kSame<typename RemoveConst<T>::type, T>, Matrix, const Matrix>>(data_, rows(), rows() == 0 ? 0 : size() / rows());
  }
#endif

private:
  static constexpr Size kDims[] = {Dims...};
  constexpr void set_extents(Size free) {
    for (int axis = 0; axis < rank; ++axis) extents_[axis] = kDims[axis] == any ? free : kDims[axis];
  }
  T* data_ = nullptr;
  Size extents_[rank] = {};
};

/// ok if every view has memory.
template <class... Views> constexpr Status all_present(const Views&... views) {
  if (!(views.valid() && ...)) return {StatusCode::wrong_shape, "an input or output has no memory, or a size that is no multiple of its shape"};
  return {};
}

/// ok if every view has memory and as many rows as the first.
template <class First, class... Others> constexpr Status same_batch(const First& first, const Others&... others) {
  if (const Status status = all_present(first, others...); !status) return status;
  if (!((others.rows() == first.rows()) && ...)) return {StatusCode::wrong_batch, "inputs and outputs differ in the number of examples"};
  return {};
}

/// A tensor with its memory, all extents fixed, aligned for every vector: plain data, copied by assignment.
template <class T, Size... Dims> struct Array {
  static_assert(((Dims >= 0) && ...), "an array's extents are numbers");
  using Value = T;
  static constexpr int rank = sizeof...(Dims);
  alignas(64) T values[(Dims * ... * 1) > 0 ? (Dims * ... * 1) : 1];

  static constexpr Size size() { return (Dims * ... * 1); }
  static constexpr Size extent(int axis) {
    constexpr Size kDims[] = {Dims..., 1};
    return kDims[axis];
  }
  constexpr T* data() { return values; }
  constexpr const T* data() const { return values; }
  constexpr View<T, Dims...> view() { return View<T, Dims...>(values); }
  constexpr View<const T, Dims...> view() const { return View<const T, Dims...>(data()); }
  template <class... Index> constexpr T& operator()(Index... index) { return view()(index...); }
  template <class... Index> constexpr const T& operator()(Index... index) const { return view()(index...); }
};
/// A scalar, as Keras has them among its variables.
template <class T> struct Array<T> {
  using Value = T;
  static constexpr int rank = 0;
  alignas(64) T values[1];
  static constexpr Size size() { return 1; }
  constexpr T* data() { return values; }
  constexpr const T* data() const { return values; }
  constexpr T& operator()() { return values[0]; }
  constexpr const T& operator()() const { return values[0]; }
};

KR_END_NAMESPACE
