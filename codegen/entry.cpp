// The C entry points by which the tool runs a bundle that it has loaded as a library.
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

std::string emit_entry(const ir::Plan& plan, const EmitOptions& options, const std::string& symbol) {
  const Emitter emitter(plan, options);
  const ir::PlannedFunction& f = emitter.predict();
  const std::string space = emitter.space();
  std::string inputs, outputs;
  const auto view = [&](ir::BufferId id, size_t i, const char* array, bool constant) {
    const ir::Buffer& buffer = f.buffers[id.index];
    const std::string pointer = fmt::format("static_cast<{}{}*>({}[{}])", constant ? "const " : "", cpp_type(buffer.dtype), array, i);
    const bool batched = buffer.shape.rank() > 0 && !buffer.shape[0].is_static();
    return batched ? fmt::format("{{{}, {}}}", pointer, emitter.dim(buffer.shape[0])) : fmt::format("{{{}}}", pointer);
  };
  for (size_t i = 0; i < f.parameters.size(); ++i) inputs += (i ? ", " : "") + view(f.parameters[i], i, "in", true);
  for (size_t i = 0; i < f.outputs.size(); ++i) outputs += (i ? ", " : "") + view(f.outputs[i], i, "out", false);
  return fmt::format(
      "#include \"{0}.h\"\n\n"
      "extern \"C\" {{\n"
      "__attribute__((visibility(\"default\"))) void* {1}_open(long max_batch, void* pool) {{ return new {2}::Workspace(max_batch, static_cast<kr::Pool*>(pool)); }}\n"
      "__attribute__((visibility(\"default\"))) void {1}_close(void* w) {{ delete static_cast<{2}::Workspace*>(w); }}\n"
      "__attribute__((visibility(\"default\"))) const char* {1}_run(void* w, long n, const void* const* in, void* const* out) {{\n"
      "  (void)n;\n"
      "  const kr::Status status = {2}::predict({2}::prepared(), {2}::Inputs{{{3}}}, {2}::Outputs{{{4}}}, *static_cast<{2}::Workspace*>(w));\n"
      "  return status ? nullptr : status.message;\n}}\n"
      "__attribute__((visibility(\"default\"))) long {1}_workspace(long n) {{ return {2}::Workspace::bytes_for(n); }}\n"
      "__attribute__((visibility(\"default\"))) long {1}_weights() {{ return sizeof({2}::Prepared); }}\n"
      "}}\n",
      options.name, symbol, space, inputs, outputs);
}

}  // namespace keratin
