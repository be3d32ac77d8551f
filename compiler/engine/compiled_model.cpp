#include "compiler/engine/compiled_model.h"

#include <algorithm>
#include <cstring>

#include "ir/plan/planner.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

template <class F>
void resolve(const Library& library, F& function, const std::string& name) {
  function = reinterpret_cast<F>(library.symbol(name));
}

}  // namespace

CompiledModel::CompiledModel(PlannedModel planned, EmitOptions options, const std::vector<std::string>& flags) : planned_(std::move(planned)) {
  BuildInput input;
  input.flags = flags;
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
  resolve(*library_, resize_, symbol + "_resize");
  resolve(*library_, run_, symbol + "_run");
  resolve(*library_, reset_, symbol + "_reset");
  resolve(*library_, workspace_bytes_, symbol + "_workspace");
  resolve(*library_, weights_, symbol + "_weights");
  if (planned_.plan.functions.size() == 1) return;
  resolve(*library_, call_, symbol + "_call");
  resolve(*library_, field_, symbol + "_field");
  held_ = held_variables(planned_.plan);
}

CompiledModel::~CompiledModel() {
  if (held_memory_) close_(held_memory_);
}

void CompiledModel::open(int64_t max_batch, void* pool) {
  if (held_memory_) resize_(held_memory_, max_batch, pool);
  else held_memory_ = open_(max_batch, pool);
  capacity_ = max_batch;
}

CompiledModel::Arguments CompiledModel::arguments(const ir::PlannedFunction& f, const std::vector<Array>& inputs, int64_t batch) {
  Arguments made;
  for (size_t i = 0; i < inputs.size(); ++i) made.inputs.push_back(inputs[i].to(ir::storage(f.buffers[f.parameters[i].index].dtype)));
  for (ir::BufferId id : f.outputs) made.outputs.push_back(Array::zeros(ir::storage(f.buffers[id.index].dtype), f.buffers[id.index].shape.at(batch)));
  for (const Array& array : made.inputs) made.in.push_back(array.bytes.data());
  for (Array& array : made.outputs) made.out.push_back(array.bytes.data());
  return made;
}

Result<std::vector<Array>> CompiledModel::run(size_t function, const std::vector<Array>& inputs, int64_t batch) {
  const ir::PlannedFunction& f = planned_.plan.functions[function];
  if (!held_memory_ || capacity_ < batch) open(batch, nullptr);
  Arguments call = arguments(f, inputs, batch);
  if (const char* message = run_one(function, call, batch)) return Error{message};
  for (size_t i = 0; i < call.outputs.size(); ++i) call.outputs[i] = call.outputs[i].to(f.buffers[f.outputs[i].index].dtype);
  return std::move(call.outputs);
}

Result<std::vector<Array>> CompiledModel::run(const std::vector<Array>& inputs, int64_t batch) { return run(0, inputs, batch); }

const char* CompiledModel::run_one(size_t function, Arguments& call, int64_t batch) {
  if (function == 0) return run_(held_memory_, batch, call.in.data(), call.out.data());
  return call_(held_memory_, static_cast<long>(function), batch, call.in.data(), call.out.data());
}

size_t CompiledModel::number_of(std::string_view function) const {
  const auto& functions = planned_.plan.functions;
  const auto found = std::find_if(functions.begin(), functions.end(), [&](const ir::PlannedFunction& f) { return f.name == function; });
  IR_CHECK(found != functions.end(), "a function that the plan does not have");
  return static_cast<size_t>(found - functions.begin());
}

Result<std::vector<Array>> CompiledModel::call(std::string_view function, const std::vector<Array>& inputs, int64_t batch) { return run(number_of(function), inputs, batch); }

void* CompiledModel::field_of(ir::VariableId id) {
  const auto found = std::find(held_.begin(), held_.end(), id);
  IR_CHECK(found != held_.end(), "a variable that the emitted code does not hold");
  if (!held_memory_) open(1, nullptr);
  return field_(held_memory_, static_cast<long>(found - held_.begin()));
}

Array CompiledModel::variable(ir::VariableId id) {
  const ir::Type& type = planned_.program->variable(id).type;
  Array stored = Array::zeros(ir::storage(type.dtype), type.shape.at(0));
  std::memcpy(stored.bytes.data(), field_of(id), stored.bytes.size());
  return stored.to(type.dtype);
}

void CompiledModel::set_variable(ir::VariableId id, const Array& value) {
  const Array stored = value.to(ir::storage(planned_.program->variable(id).type.dtype));
  std::memcpy(field_of(id), stored.bytes.data(), stored.bytes.size());
}

void CompiledModel::reset() {
  if (held_memory_) reset_(held_memory_);
}

Result<Timing> CompiledModel::measure(std::string_view function, const std::vector<Array>& inputs, int64_t batch, void* pool, double seconds) {
  open(batch, pool);
  const size_t number = number_of(function);
  Arguments call = arguments(planned_.plan.functions[number], inputs, batch);
  const char* message = nullptr;
  const Timing time = keratin::measure([&] { message = run_one(number, call, batch); }, seconds);
  open(batch, nullptr);  // the pool is the caller's and may end before this model
  if (message) return Error{message};
  return time;
}

}  // namespace keratin
