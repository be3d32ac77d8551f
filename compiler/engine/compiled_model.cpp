#include "compiler/engine/compiled_model.h"

#include "ir/plan/planner.h"

namespace keratin {

namespace {

template <class F>
void resolve(const Library& library, F& function, const std::string& name) {
  function = reinterpret_cast<F>(library.symbol(name));
}

}  // namespace

CompiledModel::CompiledModel(PlannedModel planned, EmitOptions options) : planned_(std::move(planned)) {
  BuildInput input;
  const Bundle bundle = emit(planned_.plan, options);
  for (const EmittedFile& file : bundle.files)
    if (!file.name.ends_with(".plan.txt")) input.files.push_back(file);
  input.files.push_back({"entry.cpp", emit_entry(planned_.plan, options, "keratin")});
  library_ = build(input);
  resolve_entries("keratin");
}

CompiledModel::CompiledModel(PlannedModel planned, std::shared_ptr<Library> library, const std::string& symbol) : planned_(std::move(planned)), library_(std::move(library)) {
  resolve_entries(symbol);
}

void CompiledModel::resolve_entries(const std::string& symbol) {
  resolve(*library_, open_, symbol + "_open");
  resolve(*library_, close_, symbol + "_close");
  resolve(*library_, run_, symbol + "_run");
  resolve(*library_, workspace_bytes_, symbol + "_workspace");
  resolve(*library_, weights_, symbol + "_weights");
}

CompiledModel::~CompiledModel() {
  if (workspace_) close_(workspace_);
}

void CompiledModel::open(int64_t max_batch, void* pool) {
  if (workspace_) close_(workspace_);
  workspace_ = open_(max_batch, pool);
  capacity_ = max_batch;
}

CompiledModel::Arguments CompiledModel::arguments(const std::vector<Array>& inputs, int64_t batch) const {
  const ir::PlannedFunction& f = planned_.plan.functions[0];
  Arguments made;
  for (size_t i = 0; i < inputs.size(); ++i) made.inputs.push_back(inputs[i].to(ir::storage(f.buffers[f.parameters[i].index].dtype)));
  for (ir::BufferId id : f.outputs) made.outputs.push_back(Array::zeros(ir::storage(f.buffers[id.index].dtype), f.buffers[id.index].shape.at(batch)));
  for (const Array& array : made.inputs) made.in.push_back(array.bytes.data());
  for (Array& array : made.outputs) made.out.push_back(array.bytes.data());
  return made;
}

Result<std::vector<Array>> CompiledModel::run(const std::vector<Array>& inputs, int64_t batch) {
  const ir::PlannedFunction& f = planned_.plan.functions[0];
  if (!workspace_ || capacity_ < batch) open(batch, nullptr);
  Arguments call = arguments(inputs, batch);
  if (const char* message = run_(workspace_, batch, call.in.data(), call.out.data())) return Error{message};
  for (size_t i = 0; i < call.outputs.size(); ++i) call.outputs[i] = call.outputs[i].to(f.buffers[f.outputs[i].index].dtype);
  return std::move(call.outputs);
}

Result<Timing> CompiledModel::measure(const std::vector<Array>& inputs, int64_t batch, void* pool, double seconds) {
  open(batch, pool);
  Arguments call = arguments(inputs, batch);
  const char* message = nullptr;
  const Timing time = keratin::measure([&] { message = run_(workspace_, batch, call.in.data(), call.out.data()); }, seconds);
  open(batch, nullptr);  // the pool is the caller's and may end before this model
  if (message) return Error{message};
  return time;
}

}  // namespace keratin
