#include "keratin/runtime/thread_pool.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

TEST_CASE("a thread pool runs every chunk exactly once") {
  for (int threads : {1, 2, 3, 5}) {
    for (int spin : {0, 500}) {
      kr::ThreadPool pool(threads, spin);
      CHECK(pool.threads == threads);
      for (int chunks : {0, 1, 2, 3, 7, 64}) {
        for (int repeat = 0; repeat < 20; ++repeat) {
          std::vector<int> runs(static_cast<size_t>(chunks));
          kr::parallel(&pool, chunks, [&](int c) { ++runs[static_cast<size_t>(c)]; });
          CHECK(runs == std::vector<int>(static_cast<size_t>(chunks), 1));
        }
      }
    }
  }
}

TEST_CASE("sleeping threads wake up, nested and concurrent calls are serial") {
  kr::ThreadPool pool(3, 1);
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> runs{0};
    kr::parallel(&pool, 4, [&](int) { kr::parallel(&pool, 5, [&](int) { ++runs; }); });
    CHECK(runs == 20);
  }
  std::atomic<int> runs{0};
  auto many = [&] {
    for (int i = 0; i < 200; ++i) kr::parallel(&pool, 6, [&](int) { ++runs; });
  };
  std::thread other(many);
  many();
  other.join();
  CHECK(runs == 2400);
}
