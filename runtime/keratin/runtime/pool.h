// The thread pool as kernels see it: an interface of one function. The pool belongs to the caller; thread_pool.h has one made of
// std::thread, and anything that can run a function `chunks` times will do.
#pragma once
#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

struct Pool {
  /// Calls task(context, c) once for every c in 0 .. chunks - 1, in any order, on any thread, and returns when all are done.
  void (*run)(Pool* self, int chunks, void (*task)(void* context, int chunk), void* context);
  /// Threads that take part, the caller's included.
  int threads;
};

/// One chunk, in one copy of machine code for every way of running it: an inlined copy could round differently (fused products).
template <class F> KR_ONE_COPY void run_chunk(void* context, int chunk) { (*static_cast<F*>(context))(chunk); }

/// f(chunk) for every chunk; in order on this thread where there is no pool or one chunk. Chunks must not depend on the number of
/// threads wherever they decide the order of a sum: results are the same bits for any pool.
template <class F> KR_INLINE void parallel(Pool* pool, int chunks, F&& f) {
  using Function = typename RemoveReference<F>::type;
  void* context = const_cast<void*>(static_cast<const void*>(&f));
  if (pool == nullptr || pool->threads <= 1 || chunks <= 1) {
    for (int c = 0; c < chunks; ++c) run_chunk<Function>(context, c);
  } else {
    pool->run(pool, chunks, &run_chunk<Function>, context);
  }
}

KR_END_NAMESPACE
