// A Pool made of std::thread. Hosted: the one header of the runtime that needs the standard library's threads.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "keratin/runtime/pool.h"

KR_BEGIN_NAMESPACE

/// Threads that first spin, then park. While calls are dense a fork and join costs about 0.2 us, after a pause a few microseconds.
/// Chunks are dealt in contiguous blocks, always the same to the same thread: each core keeps its part of the weights in its cache.
/// run() may be called from anywhere: a call during another one, from a task or another thread, is done serially by its caller.
class ThreadPool : public Pool {
public:
  /// `threads` take part, the caller included; 0: one per core. Idle threads spin for `spin_microseconds` before they sleep.
  explicit ThreadPool(int thread_count = 0, int spin_microseconds = 500) : spin_(spin_microseconds) {
    if (thread_count <= 0) thread_count = static_cast<int>(std::thread::hardware_concurrency());
    threads = thread_count < 1 ? 1 : thread_count;
    run = [](Pool* self, int count, void (*task)(void*, int), void* context) {
      static_cast<ThreadPool*>(self)->run_chunks(count, task, context);
    };
    workers_ = std::make_unique<std::thread[]>(static_cast<size_t>(threads));
    for (int t = 1; t < threads; ++t) workers_[static_cast<size_t>(t)] = std::thread([this, t] { work(t); });
  }
  ~ThreadPool() {
    stop_ = true;
    announce();
    for (int t = 1; t < threads; ++t) workers_[static_cast<size_t>(t)].join();
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

private:
  using Clock = std::chrono::steady_clock;

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
  }

  void run_chunks(int count, void (*task)(void*, int), void* context) {
    if (threads == 1 || count <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
      for (int c = 0; c < count; ++c) task(context, c);
      return;
    }
    count_ = count;
    task_ = task;
    context_ = context;
    pending_.store(threads - 1, std::memory_order_relaxed);
    announce();
    run_block(0);
    for (int spins = 0; pending_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins < 20000) pause();
      else std::this_thread::yield();   // more threads than cores: let the others work
    }
    busy_.store(false, std::memory_order_release);
  }

  void run_block(int thread) {
    const auto first = static_cast<int>(static_cast<long long>(count_) * thread / threads);
    const auto last = static_cast<int>(static_cast<long long>(count_) * (thread + 1) / threads);
    for (int c = first; c < last; ++c) task_(context_, c);
  }

  /// Starts a new epoch and wakes who sleeps. Both sides order "epoch, then sleepers" and "sleepers, then epoch" sequentially, so
  /// one of them sees the other.
  void announce() {
    epoch_.fetch_add(1);
    if (sleepers_.load() == 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }

  void wait_for_next(unsigned long long seen) {
    const auto begin = Clock::now();
    for (int spins = 1; epoch_.load(std::memory_order_acquire) == seen; ++spins) {
      if (spins % 64 != 0 || Clock::now() - begin < spin_) {
        pause();
        continue;
      }
      std::unique_lock<std::mutex> lock(mutex_);
      sleepers_.fetch_add(1);
      wake_.wait(lock, [&] { return epoch_.load() != seen; });
      sleepers_.fetch_sub(1);
    }
  }

  void work(int thread) {
    for (unsigned long long seen = 0;; ++seen) {
      wait_for_next(seen);
      if (stop_) return;
      run_block(thread);
      pending_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::chrono::microseconds spin_;
  std::unique_ptr<std::thread[]> workers_;
  int count_ = 0;
  void (*task_)(void*, int) = nullptr;
  void* context_ = nullptr;
  bool stop_ = false;
  std::atomic<bool> busy_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> sleepers_{0};
  alignas(64) std::atomic<unsigned long long> epoch_{0};
  alignas(64) std::atomic<int> pending_{0};
};

KR_END_NAMESPACE
