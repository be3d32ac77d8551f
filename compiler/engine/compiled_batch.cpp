#include "compiler/engine/compiled_batch.h"

#include <fmt/format.h>

namespace keratin {

std::vector<std::unique_ptr<CompiledModel>> build_batch(std::vector<PlannedModel> models, const std::vector<std::string>& flags) {
  BuildInput input;
  input.flags = flags;
  std::string all = "// All models of one batch.\n";
  for (size_t i = 0; i < models.size(); ++i) {
    EmitOptions options;
    options.name = fmt::format("m{}", i);
    const Bundle bundle = emit(models[i].plan, options);
    for (const EmittedFile& file : bundle.files) {
      if (file.name.ends_with(".plan.txt")) continue;
      EmittedFile kept = file;
      // The one file that is compiled includes the others; large weights need their own for the place of their binary file.
      const bool own_unit = file.name.ends_with("_weights.cpp") && bundle.find(file.name + ".bin");
      if (file.name.ends_with(".cpp") && !own_unit) {
        kept.name = file.name.substr(0, file.name.size() - 4) + ".inc";
        all += fmt::format("#include \"{}\"\n", kept.name);
      }
      input.files.push_back(std::move(kept));
    }
    input.files.push_back({fmt::format("m{}_entry.inc", i), emit_entry(models[i].plan, options, options.name)});
    all += fmt::format("#include \"m{}_entry.inc\"\n", i);
  }
  input.files.push_back({"all.cpp", all});
  const std::shared_ptr<Library> library = build(input);
  std::vector<std::unique_ptr<CompiledModel>> built;
  for (size_t i = 0; i < models.size(); ++i) built.push_back(std::make_unique<CompiledModel>(std::move(models[i]), library, fmt::format("m{}", i)));
  return built;
}

}  // namespace keratin
