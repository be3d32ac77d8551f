// IR_CHECK: what must hold if this program has no bug. Aborts with status 3's message; never used for the user's mistakes.
#pragma once

namespace keratin {

/// Throws InternalError.
[[noreturn]] void check_failed(const char* condition, const char* file, int line, const char* message = "");

/// Thrown by check_failed, so that the tool can name the stage and exit with status 3 instead of dumping core.
struct InternalError {
  const char* condition;
  const char* file;
  int line;
  const char* message;
};

}  // namespace keratin

#define IR_CHECK(condition, ...) \
  do {                           \
    if (!(condition)) ::keratin::check_failed(#condition, __FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)
