// What the training loop, its callbacks and its files return: a status with a text of its own.
#pragma once
#include <string>
#include <utility>

#include "keratin/runtime/status.h"

KR_BEGIN_NAMESPACE

/// Converts to true when all went well. The message is lower case without full stop and names the file, the column or the argument.
struct [[nodiscard]] Outcome {
  StatusCode code = StatusCode::ok;
  std::string message;

  Outcome() = default;
  Outcome(StatusCode status_code, std::string text) : code(status_code), message(std::move(text)) {}
  Outcome(const Status& status) : code(status.code), message(status.ok() ? "" : status.message) {}
  bool ok() const { return code == StatusCode::ok; }
  explicit operator bool() const { return ok(); }
};

inline Outcome bad_argument(std::string text) { return {StatusCode::bad_argument, std::move(text)}; }
inline Outcome io_error(std::string text) { return {StatusCode::io_error, std::move(text)}; }

KR_END_NAMESPACE
