// All that the header of an emitted model needs: views, arrays, status, the pool's interface.
#pragma once
#include "keratin/runtime/pool.h"
#include "keratin/runtime/status.h"
#include "keratin/runtime/view.h"

KR_BEGIN_NAMESPACE

/// A file's content in memory, not owned.
struct Bytes {
  const void* data = nullptr;
  Size size = 0;
};

/// How far an allocation has to be moved up to start at a multiple of 64 bytes.
inline Size misalignment(const void* p) { return static_cast<Size>(-reinterpret_cast<__UINTPTR_TYPE__>(p) & 63); }

/// Rounded up to a multiple of 64 bytes, so that tensors one after another stay aligned.
constexpr Size aligned_bytes(Size bytes) { return (bytes + 63) / 64 * 64; }

KR_END_NAMESPACE
