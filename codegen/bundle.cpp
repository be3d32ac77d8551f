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
  bundle.files.push_back({options.name + "_weights.cpp", emitter.weights_source()});
  if (!emitter.embeds()) bundle.files.push_back({options.name + "_weights.cpp.bin", emitter.weights_blob()});
  bundle.files.push_back({options.name + ".plan.txt", print(plan)});
  return bundle;
}

}  // namespace keratin
