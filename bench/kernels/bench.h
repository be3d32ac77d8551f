// Timing for the kernel benchmarks: the least of many short samples, and the machine's multiply-add peak of the same run.
#pragma once
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>

#include "keratin/runtime/vector.h"

namespace bench {

inline double now() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Least time of one f() in microseconds; samples of about 1 ms, 100 ms in all.
template <class F> double least_time(F&& f) {
  f();
  double start = now();
  int calls = 0;
  do {
    f();
    ++calls;
  } while (now() - start < 1000);
  double best = 1e300;
  for (int sample = 0; sample < 100 && (sample < 10 || now() - start < 101000); ++sample) {
    const double begin = now();
    for (int i = 0; i < calls; ++i) {
      f();
      __asm__ volatile("" ::: "memory");
    }
    best = std::min(best, (now() - begin) / calls);
  }
  return best;
}

/// A loop of multiply-adds in registers: twelve chains, `rounds` long.
template <class T> [[gnu::noinline]] void multiply_add_chains(int rounds) {
  using V = kr::Vec<T, kr::kLanes<T>>;
  V acc[12], a = V{} + T(0.5), b = V{} + T(0.25);
  __asm__ volatile("" : "+x"(a), "+x"(b));
  KR_UNROLL for (int c = 0; c < 12; ++c) acc[c] = a * T(c);   // different, or the compiler makes one chain of them
  KR_NO_UNROLL for (int n = 0; n < rounds; ++n) {
    KR_UNROLL for (int c = 0; c < 12; ++c) acc[c] = acc[c] * a + b;
  }
  KR_UNROLL for (int c = 0; c < 12; ++c) __asm__ volatile("" ::"x"(acc[c]));
}

/// Multiply-adds of full vectors in registers, GF/s.
template <class T> double peak() {
  return 2.0 * 12 * kr::kLanes<T> * 10000 / least_time([] { multiply_add_chains<T>(10000); }) * 1e-3;
}

/// `count` elements, 64-byte aligned, of small numbers (never the zero page).
template <class T> std::unique_ptr<T[], void (*)(void*)> numbers(size_t count) {
  T* p = static_cast<T*>(std::aligned_alloc(64, (count * sizeof(T) + 64) / 64 * 64 + 64));
  for (size_t i = 0; i < count; ++i) p[i] = static_cast<T>(static_cast<int>(i * 7919 % 201) - 100) / T(512);
  return {p, std::free};
}

inline void line(const char* name, double microseconds, double flops, double peak_gflops, double bytes = 0) {
  fmt::print("{:40} {:10.3f} us {:7.1f} GF/s {:5.1f} %", name, microseconds, flops / microseconds * 1e-3,
             100 * flops / microseconds * 1e-3 / peak_gflops);
  if (bytes > 0) fmt::print(" {:7.1f} GB/s", bytes / microseconds * 1e-3);
  fmt::print("\n");
}

}  // namespace bench
