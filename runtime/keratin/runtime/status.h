// What emitted functions return instead of throwing.
#pragma once
#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

enum class StatusCode : int {
  ok,
  wrong_shape,       // a view has other extents than the model's input or output, or no memory
  wrong_batch,       // inputs and outputs differ in the number of examples
  index_out_of_range,// an id or index outside its table
  small_workspace,   // memory for fewer examples than asked for
  bad_weights,       // a weights file of another model or version, or a damaged one
  io_error,          // reading or writing a file failed
  unsupported_processor,  // no body was compiled for it
  bad_argument,      // an argument of training, or its data, does not fit
};

/// Converts to true when all went well. The message is static text, never to be freed.
struct [[nodiscard]] Status {
  StatusCode code = StatusCode::ok;
  const char* message = "ok";

  constexpr Status() = default;
  constexpr Status(StatusCode status_code, const char* text) : code(status_code), message(text) {}
  constexpr bool ok() const { return code == StatusCode::ok; }
  constexpr explicit operator bool() const { return ok(); }
};

KR_END_NAMESPACE
