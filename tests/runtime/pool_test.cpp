#include "keratin/runtime/pool.h"

#include <catch2/catch.hpp>
#include <vector>

namespace {

struct Backwards : kr::Pool {
  int calls = 0;
  Backwards() {
    threads = 2;
    run = [](kr::Pool* self, int chunks, void (*task)(void*, int), void* context) {
      ++static_cast<Backwards*>(self)->calls;
      for (int c = chunks; c-- > 0;) task(context, c);
    };
  }
};

}  // namespace

TEST_CASE("parallel runs every chunk once, with a pool and without") {
  std::vector<int> order;
  auto note = [&](int chunk) { order.push_back(chunk); };
  kr::parallel(nullptr, 3, note);
  CHECK(order == std::vector<int>{0, 1, 2});
  order.clear();
  Backwards pool;
  kr::parallel(&pool, 3, note);
  CHECK(order == std::vector<int>{2, 1, 0});
  kr::parallel(&pool, 1, note);
  kr::parallel(&pool, 0, note);
  CHECK(pool.calls == 1);
  CHECK(order.size() == 4);
}
