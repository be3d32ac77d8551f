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
    std::string free;
    for (ir::Dim extent : buffer.shape.dims)
      if (!extent.is_static()) free += ", " + Emitter::dim(extent);
    return "{" + pointer + free + "}";
  };
  for (size_t i = 0; i < f.parameters.size(); ++i) inputs += (i ? ", " : "") + view(f.parameters[i], i, "in", true);
  for (size_t i = 0; i < f.outputs.size(); ++i) outputs += (i ? ", " : "") + view(f.outputs[i], i, "out", false);
  // What one loaded model holds: its workspace and, where it has one, its state.
  const std::string held = fmt::format("struct {0}_Held {{\n  {1}::Workspace workspace;\n{2}  {0}_Held(long n, void* pool) : workspace(n, static_cast<kr::Pool*>(pool)) {{}}\n}};", symbol, space, emitter.has_state() ? fmt::format("  {}::State state;\n", space) : "");
  return fmt::format(
      "#include \"{0}.h\"\n\nnamespace {{\n{5}\n}}\n"
      "extern \"C\" {{\n"
      "__attribute__((visibility(\"default\"))) void* {1}_open(long max_batch, void* pool) {{ return new {1}_Held(max_batch, pool); }}\n"
      "__attribute__((visibility(\"default\"))) void {1}_close(void* held) {{ delete static_cast<{1}_Held*>(held); }}\n"
      "__attribute__((visibility(\"default\"))) const char* {1}_run(void* held, long n, const void* const* in, void* const* out) {{\n"
      "  (void)n;\n"
      "  auto& h = *static_cast<{1}_Held*>(held);\n"
      "  const kr::Status status = {2}::predict({2}::prepared(), {6}{2}::Inputs{{{3}}}, {2}::Outputs{{{4}}}, h.workspace);\n"
      "  return status ? nullptr : status.message;\n}}\n"
      "__attribute__((visibility(\"default\"))) long {1}_workspace(long n) {{ return {2}::Workspace::bytes_for(n); }}\n"
      "__attribute__((visibility(\"default\"))) long {1}_weights() {{ return sizeof({2}::Prepared); }}\n"
      "}}\n",
      options.name, symbol, space, inputs, outputs, held, emitter.has_state() ? "h.state, " : "");
}

}  // namespace keratin
