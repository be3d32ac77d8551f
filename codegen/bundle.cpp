#include "codegen/bundle.h"

#include "codegen/emitter.h"

namespace keratin {

const EmittedFile* Bundle::find(std::string_view name) const {
  for (const EmittedFile& file : files)
    if (file.name == name) return &file;
  return nullptr;
}

Bundle emit(const ir::Plan& plan, const EmitOptions& options) {
  const Emitter emitter(plan, options);
  Bundle bundle;
  bundle.files.push_back({options.name + ".h", emitter.header()});
  bundle.files.push_back({options.name + ".cpp", emitter.source()});
  if (emitter.trains()) bundle.files.push_back({options.name + "_train.cpp", emitter.training_source()});
  if (emitter.writer("train_step") && emitter.writer("evaluate_step")) bundle.files.push_back({options.name + "_trainer.h", emitter.trainer_header()});
  bundle.files.push_back({options.name + "_weights.cpp", emitter.weights_source()});
  if (options.weights_as == WeightsAs::file) bundle.files.push_back({options.name + "_weights.bin", emitter.weights_file()});
  else if (!emitter.literals()) bundle.files.push_back({options.name + "_weights.cpp.bin", emitter.weights_blob(), emitter.weights_symbol()});
  if (emitter.dispatches()) bundle.files.push_back({options.name + "_dispatch.cpp", emitter.dispatch_source()});
  if (options.selftest) bundle.files.push_back({options.name + "_selftest.cpp", emitter.selftest_source()});
  bundle.files.push_back({options.name + ".plan.txt", print(plan)});
  return bundle;
}

}  // namespace keratin
