// Test helpers: arrays between guard bytes, and reproducible numbers.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

/// `size` elements with guard bytes before and after; the first element is only aligned as an element.
template <class T> class Guarded {
public:
  explicit Guarded(size_t size, T value = T{}) : size_(size), bytes_(size * sizeof(T) + 2 * kGuard + alignof(T), kPattern) {
    for (size_t i = 0; i < size; ++i) data()[i] = value;
  }
  T* data() { return reinterpret_cast<T*>(bytes_.data() + kGuard); }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.data() + kGuard); }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  /// Whether nothing was written outside.
  bool intact() const {
    for (size_t i = 0; i < kGuard; ++i) {
      if (bytes_[i] != kPattern || bytes_[kGuard + size_ * sizeof(T) + i] != kPattern) return false;
    }
    return true;
  }

private:
  static constexpr size_t kGuard = 136;   // a multiple of 8, not of 16
  static constexpr unsigned char kPattern = 0xA7;
  size_t size_;
  std::vector<unsigned char> bytes_;
};

/// Numbers in [-1, 1), the same on every machine.
class Numbers {
public:
  explicit Numbers(uint64_t seed = 1) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  uint64_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545F4914F6CDD1Du;
  }
  double next() { return static_cast<double>(static_cast<int64_t>(bits()) >> 11) * 0x1p-52; }
  int below(int n) { return static_cast<int>((bits() >> 33) % static_cast<uint64_t>(n)); }
  template <class Array> void fill(Array& a, double scale = 1) {
    for (auto& x : a) x = static_cast<std::decay_t<decltype(x)>>(next() * scale);
  }

private:
  uint64_t state_;
};
