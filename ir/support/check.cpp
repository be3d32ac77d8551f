#include "ir/support/check.h"

namespace keratin {

void check_failed(const char* condition, const char* file, int line, const char* message) {
  throw InternalError{condition, file, line, message};
}

}  // namespace keratin
