// Result<T>: a value or the reason why there is none. For errors of the user's input; our own mistakes are IR_CHECKs.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace keratin {

/// A user-facing reason: `dense_1: kernel has 8 rows, input has 7 features`. Lower case, no full stop.
struct Error {
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const std::string& error() const { return std::get<1>(state_).message; }

 private:
  std::variant<T, Error> state_;
};

/// Success carries nothing: `Result<Done>`; return `Done{}`.
struct Done {};

}  // namespace keratin
