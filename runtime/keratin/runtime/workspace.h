// Arena: the scratch memory of a model, its own or the caller's.
#pragma once
#include <new>

#include "keratin/runtime/pool.h"
#include "keratin/runtime/status.h"

KR_BEGIN_NAMESPACE

class Arena {
 public:
  Arena(Size bytes, Size capacity, Pool* pool)
      : memory_(static_cast<unsigned char*>(::operator new(static_cast<decltype(sizeof 0)>(bytes < 64 ? 64 : bytes), std::align_val_t(64), std::nothrow))),
        capacity_(memory_ == nullptr ? 0 : capacity), pool_(pool), owns_(true) {}
  Arena(void* memory, Size capacity, Pool* pool) : memory_(static_cast<unsigned char*>(memory)), capacity_(capacity), pool_(pool), owns_(false) {}
  ~Arena() {
    if (owns_) ::operator delete(memory_, std::align_val_t(64));
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Whether a call with that many examples may use it. Never where memory ran out.
  bool holds(Size examples) const { return capacity_ >= 1 && examples <= capacity_; }
  static constexpr Status too_small() { return {StatusCode::small_workspace, "the workspace was made for fewer examples, or its memory could not be had"}; }
  unsigned char* memory() const { return memory_; }
  Pool* pool() const { return pool_; }
  /// False and true in turn: every other call may walk large weights backwards.
  bool alternate() { return odd_ = !odd_; }

 private:
  unsigned char* memory_;
  Size capacity_;
  Pool* pool_;
  bool owns_;
  bool odd_ = true;
};

KR_END_NAMESPACE
