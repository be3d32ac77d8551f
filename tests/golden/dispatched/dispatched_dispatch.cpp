// Chooses the body of dispatched.h by what the processor can do. Source: norm_batch_conv.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
// For x86-64: compile dispatched.cpp once for each target with -DKERATIN_TARGET=<name below> and its -march, and this file with -DKERATIN_DISPATCH
// (keratin_add_model does). Without these macros dispatched.cpp is the only body and this file is empty.
#include "dispatched.h"

#if defined(KERATIN_DISPATCH) && defined(__x86_64__)
namespace dispatched {

namespace x86_64_v4 {
kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept;
}
namespace x86_64_v3 {
kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept;
}

kr::Status predict(const Prepared& p, const Inputs& in, const Outputs& out, Workspace& w) noexcept {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd")) return x86_64_v4::predict(p, in, out, w);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) return x86_64_v3::predict(p, in, out, w);
  return {kr::StatusCode::unsupported_processor, "the processor has none of the instruction sets that the model was compiled for"};
}

}  // namespace dispatched
#endif
