#include "compiler/export/write_model.h"

#include <fmt/format.h>

#include <ctime>

#include "compiler/export/configs.h"
#include "compiler/export/weight_files.h"
#include "compiler/write_files.h"

namespace keratin {

namespace {

constexpr const char* kWeightsEntry = "model.weights.h5";

/// Which Keras wrote it, for messages.
std::string writer_of(const ReadModel& source) {
  const KerasVersion& version = source.model->version;
  return fmt::format("{} {}", version.tensorflow ? "tf.keras" : "Keras", version.text());
}

/// `allowed` ends the sentence `... wrote it, `.
Error other_dialect(const ReadModel& source, const std::string& path, const char* allowed) {
  return Error{fmt::format("{}: {} cannot be written so: {} wrote it, {}", path, source.file.path, writer_of(source), allowed)};
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm local{};
  localtime_r(&time, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d@%H:%M:%S", &local);
  return text;
}

Result<Bytes> object_image(const ReadModel& source, const SavedState& state, const std::string& label) {
  const Result<Hdf5Content> content = object_weights(source, state);
  if (!content) return Error{content.error()};
  return hdf5_image(*content, label);
}

Result<Done> write_image(const std::string& path, const Result<Bytes>& image) {
  if (!image) return Error{image.error()};
  return write_file(path, image->text());
}

Json with_compile_config(Json config, const SavedState& state) {
  if (state.compile_config) config.set("compile_config", *state.compile_config);
  return config;
}

/// Every entry of the source's archive, but for the weights and what the state replaces in the configuration.
Result<Done> write_copied_archive(const ReadModel& source, const SavedState& state, const Bytes& weights, const std::string& path) {
  const KerasArchive& archive = *source.file.archive;
  ZipWriter zip;
  std::vector<Bytes> kept;  // until the archive is written
  bool has_weights = false;
  for (const ZipEntry& entry : archive.entries()) {
    const bool is_weights = entry.name == kWeightsEntry;
    has_weights = has_weights || is_weights;
    if (entry.name == "config.json" && state.compile_config) {
      zip.add(entry.name, with_compile_config(source.file.config, state).dump());
      continue;
    }
    Result<Bytes> content = is_weights ? weights : archive.content(entry);
    if (!content) return Error{content.error()};
    kept.push_back(*std::move(content));
    zip.add(entry.name, std::vector{kept.back().view()});
  }
  if (!has_weights) zip.add(kWeightsEntry, std::vector{weights.view()});
  return zip.save(path);
}

Result<Done> write_archive(const ReadModel& source, const SavedState& state, const std::string& path) {
  const Result<Bytes> weights = object_image(source, state, fmt::format("{}: {}", path, kWeightsEntry));
  if (!weights) return Error{weights.error()};
  if (source.file.archive) return write_copied_archive(source, state, *weights, path);
  Result<Json> config = archive_config(source.file);
  if (!config) return Error{config.error()};
  ZipWriter zip;
  zip.add("metadata.json", Json(Json::Object{{"keras_version", written_version(source.file)}, {"date_saved", now()}}).dump());
  zip.add("config.json", with_compile_config(*std::move(config), state).dump());
  zip.add(kWeightsEntry, std::vector{weights->view()});
  return zip.save(path);
}

Result<Done> write_weights(const ReadModel& source, const SavedState& state, const std::string& path) {
  return write_image(path, object_image(source, state, path));
}

Result<Done> write_legacy(const ReadModel& source, const SavedState& state, const std::string& path) {
  const Result<Hdf5Content> content = legacy_model(source, state);
  if (!content) return Error{content.error()};
  return write_image(path, hdf5_image(*content, path));
}

Result<Done> write_arrays(const ReadModel& source, const SavedState& state, const std::string& path) {
  NamedArrays arrays = state.weights;
  const Result<NamedArrays> optimizer = saved_optimizer(source, state);
  if (!optimizer) return Error{optimizer.error()};
  arrays.insert(arrays.end(), optimizer->begin(), optimizer->end());
  return write_npz(path, arrays);
}

enum class Kind : uint8_t { archive, weights, legacy, arrays, none };

Kind kind_of(const std::string& path) {
  if (path.ends_with(".keras")) return Kind::archive;
  if (path.ends_with(".weights.h5")) return Kind::weights;
  if (path.ends_with(".h5") || path.ends_with(".hdf5")) return Kind::legacy;
  return path.ends_with(".npz") ? Kind::arrays : Kind::none;
}

}  // namespace

Result<Done> check_written_kind(const ReadModel& source, const std::optional<Json>& compile_config, const std::string& path) {
  const Kind kind = kind_of(path);
  if (kind == Kind::none) return Error{fmt::format("{}: names no kind of file that can be written; .keras, .weights.h5, .h5, .hdf5 and .npz can", path)};
  if (source.model->version.keras3() || kind == Kind::arrays) return Done{};
  const bool archive = source.file.archive != nullptr;
  if ((kind == Kind::archive && !archive) || (kind == Kind::weights && !copies_objects(source))) return other_dialect(source, path, "whose models are written as .h5, their weights as .npz");
  if (kind == Kind::legacy && archive) return other_dialect(source, path, "whose .keras files are written as .keras, their weights as .weights.h5 or .npz");
  if (kind == Kind::legacy && compile_config && !compile_config->is_null()) return other_dialect(source, path, "whose compile configuration cannot be replaced by one of Keras 3");
  return Done{};
}

Result<Done> write_model(const ReadModel& source, const SavedState& state, const std::string& path) {
  if (Result<Done> possible = check_written_kind(source, state.compile_config, path); !possible) return possible;
  switch (kind_of(path)) {
    case Kind::archive: return write_archive(source, state, path);
    case Kind::weights: return write_weights(source, state, path);
    case Kind::legacy: return write_legacy(source, state, path);
    default: return write_arrays(source, state, path);
  }
}

}  // namespace keratin
