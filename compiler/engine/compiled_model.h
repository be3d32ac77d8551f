// A model as emitted code, built and loaded, behind the arrays of data files.
#pragma once

#include <memory>

#include "compiler/build/library.h"
#include "compiler/data/npz.h"
#include "compiler/engine/measure.h"
#include "compiler/pipeline.h"

namespace keratin {

class CompiledModel {
 public:
  /// Emits, builds and loads. `pool` may be null. Throws BuildFailure.
  CompiledModel(PlannedModel planned, EmitOptions options);
  /// One of several models in a library that is built already; its entry points begin with `symbol`.
  CompiledModel(PlannedModel planned, std::shared_ptr<Library> library, const std::string& symbol);
  ~CompiledModel();
  CompiledModel(const CompiledModel&) = delete;
  CompiledModel& operator=(const CompiledModel&) = delete;

  /// Runs one batch; arrays in the order and dtypes of the model's inputs. Outputs have the model's dtypes. Errors: the emitted code's status.
  Result<std::vector<Array>> run(const std::vector<Array>& inputs, int64_t batch);

  /// The time of one call on memory that stays, with the caller's kr::Pool or none. Errors: the emitted code's status.
  Result<Timing> measure(const std::vector<Array>& inputs, int64_t batch, void* pool, double seconds);

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
  Arguments arguments(const std::vector<Array>& inputs, int64_t batch) const;
  void resolve_entries(const std::string& symbol);

  PlannedModel planned_;
  std::shared_ptr<Library> library_;
  void* (*open_)(long, void*);
  void (*close_)(void*);
  const char* (*run_)(void*, long, const void* const*, void* const*);
  long (*workspace_bytes_)(long);
  long (*weights_)();
  void* workspace_ = nullptr;
  int64_t capacity_ = 0;
};

}  // namespace keratin
