// What every runtime header needs: compiler and instruction set, the inline namespace, integer names, the few type traits used.
// Freestanding: no standard header. GCC >= 9 and Clang >= 11 (clang-cl included), C++17.
#pragma once

#if !defined(__GNUC__) && !defined(__clang__)
#error "the keratin runtime needs GCC or Clang (on Windows: clang-cl): it is built on their vector extensions"
#endif
#if __cplusplus < 201703L
#error "the keratin runtime needs C++17 (-std=c++17)"
#endif

// One inline namespace per version and instruction set, so that object files built with different flags meet in one program
// without the linker merging an AVX-512 instance of a template into code for a smaller machine.
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__FMA__)
#define KR_AVX512 1
#define KR_ABI v0_1_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define KR_ABI v0_1_avx2
#elif defined(__AVX__)
#define KR_ABI v0_1_avx
#elif defined(__SSE4_2__)
#define KR_ABI v0_1_sse4
#elif defined(__SSE2__)
#define KR_ABI v0_1_sse2
#elif defined(__ARM_NEON)
#define KR_ABI v0_1_neon
#else
#define KR_ABI v0_1_generic
#endif

#define KR_BEGIN_NAMESPACE \
  namespace kr {           \
  inline namespace KR_ABI {
#define KR_END_NAMESPACE \
  }                      \
  }

#define KR_INLINE __attribute__((always_inline)) inline
#define KR_NOINLINE __attribute__((noinline))
#if defined(__clang__)
#define KR_ONE_COPY __attribute__((noinline))
#else
#define KR_ONE_COPY __attribute__((noinline, noclone))
#endif
#define KR_INLINE_LAMBDA __attribute__((always_inline))
#define KR_UNROLL _Pragma("GCC unroll 32")
#define KR_NO_UNROLL _Pragma("GCC unroll 1")

// Keeps a loaded vector in a register: without it GCC folds the load into every use (measured: tiles with few rows lose a third).
#if defined(KR_AVX512)
#define KR_PIN(v) __asm__("" : "+v"(v))
#elif defined(__SSE2__)
#define KR_PIN(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define KR_PIN(v) __asm__("" : "+w"(v))
#else
#define KR_PIN(v) static_cast<void>(v)
#endif

KR_BEGIN_NAMESPACE

using Size = __PTRDIFF_TYPE__;
using Int8 = __INT8_TYPE__;
using Int16 = __INT16_TYPE__;
using Int32 = __INT32_TYPE__;
using Int64 = __INT64_TYPE__;
using UInt8 = __UINT8_TYPE__;
using UInt16 = __UINT16_TYPE__;
using UInt32 = __UINT32_TYPE__;
using UInt64 = __UINT64_TYPE__;

template <class A, class B> inline constexpr bool kSame = false;
template <class A> inline constexpr bool kSame<A, A> = true;

template <class T> struct RemoveConst { using type = T; };
template <class T> struct RemoveConst<const T> { using type = T; };
template <class T> struct RemoveReference { using type = T; };
template <class T> struct RemoveReference<T&> { using type = T; };
template <class T> struct RemoveReference<T&&> { using type = T; };
template <class T> using Bare = typename RemoveConst<typename RemoveReference<T>::type>::type;

template <bool Condition, class T = void> struct EnableIf {};
template <class T> struct EnableIf<true, T> { using type = T; };
template <bool Condition, class T = void> using Require = typename EnableIf<Condition, T>::type;

template <bool Condition, class A, class B> struct Conditional { using type = A; };
template <class A, class B> struct Conditional<false, A, B> { using type = B; };
template <bool Condition, class A, class B> using If = typename Conditional<Condition, A, B>::type;

template <class T> inline constexpr bool kFloating = kSame<T, float> || kSame<T, double>;

/// Indices<0, 1, ..., N - 1> as a pack: `upto<N>()`.
template <int... I> struct Indices {};
#if defined(__clang__)
template <class T, T... I> struct IndexSequence { using type = Indices<I...>; };
template <int N> constexpr typename __make_integer_seq<IndexSequence, int, N>::type upto() { return {}; }
#else
template <int N> constexpr Indices<__integer_pack(N)...> upto() { return {}; }
#endif

/// Reinterprets the bytes of one value as another type of the same size.
template <class To, class From> KR_INLINE To bits_as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

constexpr Size min_size(Size a, Size b) { return a < b ? a : b; }
constexpr Size max_size(Size a, Size b) { return a > b ? a : b; }
constexpr Size ceil_div(Size a, Size b) { return (a + b - 1) / b; }

KR_END_NAMESPACE
