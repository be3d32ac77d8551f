// A pool that runs its chunks on the caller's thread, last chunk first: what depends on order or number of chunks shows.
#pragma once
#include "keratin/runtime/pool.h"

struct ShuffledPool : kr::Pool {
  int calls = 0;
  explicit ShuffledPool(int count) {
    threads = count;
    run = [](kr::Pool* self, int chunks, void (*task)(void*, int), void* context) {
      ++static_cast<ShuffledPool*>(self)->calls;
      for (int c = chunks; c-- > 0;) task(context, c);
    };
  }
};
