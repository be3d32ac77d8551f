// A model as emitted code, built and loaded, behind the arrays of data files.
#pragma once

#include <algorithm>
#include <memory>

#include "compiler/build/library.h"
#include "compiler/data/npz.h"
#include "compiler/engine/measure.h"
#include "compiler/pipeline.h"

namespace keratin {

class CompiledModel {
 public:
  /// Emits, builds with these flags of the compiler, and loads. Throws BuildFailure.
  CompiledModel(PlannedModel planned, EmitOptions options, const std::vector<std::string>& flags = BuildInput().flags);
  /// One of several models in a library that is built already; its entry points begin with `symbol`.
  CompiledModel(PlannedModel planned, std::shared_ptr<Library> library, const std::string& symbol);
  ~CompiledModel();
  CompiledModel(const CompiledModel&) = delete;
  CompiledModel& operator=(const CompiledModel&) = delete;

  /// Runs one batch; arrays in the order and dtypes of the model's inputs. Outputs have the model's dtypes. Errors: the emitted code's status.
  Result<std::vector<Array>> run(const std::vector<Array>& inputs, int64_t batch);

  /// Runs one of the plan's functions on weights, by name, likewise: arrays are its parameters and outputs. It may change what is held.
  Result<std::vector<Array>> call(std::string_view function, const std::vector<Array>& inputs, int64_t batch);

  /// A variable that functions on weights read or change.
  bool holds(ir::VariableId id) const { return std::find(held_.begin(), held_.end(), id) != held_.end(); }
  Array variable(ir::VariableId id);
  void set_variable(ir::VariableId id, const Array& value);
  /// States of recurrent layers begin anew.
  void reset();

  /// The time of one call of a function on memory that stays, with the caller's kr::Pool or none. Errors: the emitted code's status.
  Result<Timing> measure(std::string_view function, const std::vector<Array>& inputs, int64_t batch, void* pool, double seconds);

  const ir::Program& program() const { return *planned_.program; }
  int64_t weights_bytes() const { return weights_(); }
  int64_t workspace_bytes(int64_t n) const { return workspace_bytes_(n); }
  double build_seconds() const { return library_->build_seconds(); }

 private:
  void open(int64_t max_batch, void* pool);
  /// Arrays as the emitted code stores them, with the pointers that a call takes.
  struct Arguments {
    std::vector<Array> inputs, outputs;
    std::vector<const void*> in;
    std::vector<void*> out;
  };
  size_t number_of(std::string_view function) const;
  const char* run_one(size_t function, Arguments& call, int64_t batch);
  static Arguments arguments(const ir::PlannedFunction& f, const std::vector<Array>& inputs, int64_t batch);
  Result<std::vector<Array>> run(size_t function, const std::vector<Array>& inputs, int64_t batch);
  void resolve_entries(const std::string& symbol);
  void* field_of(ir::VariableId id);

  PlannedModel planned_;
  std::shared_ptr<Library> library_;
  void* (*open_)(long, void*);
  void (*resize_)(void*, long, void*);
  void (*close_)(void*);
  const char* (*run_)(void*, long, const void* const*, void* const*);
  const char* (*call_)(void*, long, long, const void* const*, void* const*) = nullptr;  // of bundles with functions on weights
  void* (*field_)(void*, long) = nullptr;
  void (*reset_)(void*);
  long (*workspace_bytes_)(long);
  long (*weights_)();
  std::vector<ir::VariableId> held_;  // in the order of field_
  void* held_memory_ = nullptr;  // workspace, state, weights; null before the first call
  int64_t capacity_ = 0;
};

}  // namespace keratin
