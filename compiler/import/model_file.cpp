#include "compiler/import/model_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "compiler/import/hdf5.h"

namespace keratin {

namespace {

constexpr size_t kMaxText = size_t{64} << 20;

/// Takes the parts that every container has from the object with class_name and config.
Result<ModelFile> from_config(Json config, const std::string& path, const std::string& where) {
  // Keras 1 and 2 gave to_json() as a text, which some have stored as JSON once more.
  if (config.is_string()) {
    Result<Json> inner = Json::parse(config.as_string());
    if (!inner) return Error{fmt::format("{}: {}", where, inner.error())};
    config = *std::move(inner);
  }
  const Json* class_name = config.find("class_name");
  if (!class_name || !class_name->is_string() || !config.find("config"))
    return Error{fmt::format("{}: no Keras architecture: an object with class_name and config is wanted", where)};
  ModelFile file;
  file.path = path;
  if (const Json* compile = config.find("compile_config"); compile && compile->is_object()) file.compile_config = *compile;
  const auto text = [&](const char* key) {
    const Json* value = config.find(key);
    return value && value->is_string() ? value->as_string() : std::string();
  };
  file.keras_version = text("keras_version");
  if (file.keras_version.empty()) file.keras_version.assign(1, config.find("module") ? '3' : '1');
  file.backend = text("backend");
  file.config = std::move(config);
  return file;
}

Result<ModelFile> read_archive(Bytes bytes, const std::string& path, bool with_weights) {
  Result<KerasArchive> opened = KerasArchive::open(std::move(bytes), path);
  if (!opened) return Error{opened.error()};
  const auto archive = std::make_shared<const KerasArchive>(*std::move(opened));
  Result<Json> config = archive->config();
  if (!config) return Error{config.error()};
  Result<ModelFile> file = from_config(*std::move(config), path, path + ": config.json");
  if (!file) return file;
  const Result<Json> metadata = archive->metadata();
  if (!metadata) return Error{metadata.error()};
  if (const Json* version = metadata->find("keras_version"); version && version->is_string()) file->keras_version = version->as_string();
  file->container = Container::keras_archive;
  file->archive = archive;
  if (!with_weights) return file;
  Result<Bytes> content = archive->weights();
  if (!content) return Error{content.error()};
  Result<Hdf5File> hdf5 = Hdf5File::open(*std::move(content), path + ": model.weights.h5");
  if (!hdf5) return Error{hdf5.error()};
  Result<SharedWeights> weights = open_hdf5_weights(std::make_shared<const Hdf5File>(*std::move(hdf5)));
  if (!weights) return Error{weights.error()};
  file->weights = *std::move(weights);
  return file;
}

/// A root attribute that holds JSON; null where it is absent.
Result<Json> json_attribute(const Hdf5File& hdf5, const char* name) {
  const Result<std::optional<std::string>> text = hdf5.text_attribute("", name);
  if (!text) return Error{text.error()};
  if (!*text) return Json();
  Result<Json> value = Json::parse(**text);
  if (!value) return Error{fmt::format("{}: {}: {}", hdf5.name(), name, value.error())};
  return value;
}

Result<ModelFile> read_hdf5(Bytes bytes, const std::string& path, bool with_weights) {
  Result<Hdf5File> opened = Hdf5File::open(std::move(bytes), path);
  if (!opened) return Error{opened.error()};
  const auto hdf5 = std::make_shared<const Hdf5File>(*std::move(opened));
  Result<Json> config = json_attribute(*hdf5, "model_config");
  if (!config) return Error{config.error()};
  if (config->is_null() && holds_weights(*hdf5))
    return Error{fmt::format("{}: the HDF5 file holds weights but no architecture (no model_config); "
                             "give the architecture's .json file as the model and this one with --weights", path)};
  if (config->is_null())
    return Error{fmt::format("{}: the HDF5 file holds no model of Keras: no architecture (model_config) and no weights", path)};
  Result<ModelFile> file = from_config(*std::move(config), path, path + ": model_config");
  if (!file) return file;
  file->container = Container::hdf5;
  file->hdf5 = hdf5;
  Result<Json> training = json_attribute(*hdf5, "training_config");
  if (!training) return Error{training.error()};
  file->training_config = *std::move(training);
  for (const char* group : {"model_weights", ""}) {  // the root's attributes count where both are there
    const Result<std::optional<std::string>> version = hdf5->text_attribute(group, "keras_version");
    if (!version) return Error{version.error()};
    if (*version) file->keras_version = **version;
    const Result<std::optional<std::string>> backend = hdf5->text_attribute(group, "backend");
    if (!backend) return Error{backend.error()};
    if (*backend) file->backend = **backend;
  }
  if (!with_weights) return file;
  Result<SharedWeights> weights = open_hdf5_weights(hdf5);
  if (!weights) return Error{weights.error()};
  file->weights = *std::move(weights);
  return file;
}

Result<ModelFile> read_json(const Bytes& bytes, const std::string& path) {
  if (bytes.size() > kMaxText) return Error{fmt::format("{}: is JSON of {} bytes, at most {} are allowed", path, bytes.size(), kMaxText)};
  Result<Json> json = Json::parse(bytes.text());
  if (!json) return Error{fmt::format("{}: {}", path, json.error())};
  if (json->find("weight_map"))
    return Error{fmt::format("{}: lists weight files but holds no architecture; "
                             "give the architecture's .json file as the model and this one with --weights", path)};
  Result<ModelFile> file = from_config(*std::move(json), path, path);
  if (file) file->container = Container::json;
  return file;
}

Error unreadable_path(const std::string& path, const std::string& error) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return Error{error};
  if (stat((path + "/saved_model.pb").c_str(), &status) == 0)
    return Error{fmt::format("{}: is a TensorFlow SavedModel; save the model as .keras or .h5 with Keras", path)};
  return Error{fmt::format("{}: is a directory; a .keras, .h5 or .json file is wanted", path)};
}

Result<ModelFile> read_content(Bytes bytes, const std::string& path, bool with_weights) {
  const std::string_view text = bytes.text();
  if (text.empty()) return Error{fmt::format("{}: the file is empty", path)};
  if (ZipReader::looks_like_zip(text)) return read_archive(std::move(bytes), path, with_weights);
  if (looks_like_hdf5(bytes.view())) return read_hdf5(std::move(bytes), path, with_weights);
  if (text.starts_with("version https://git-lfs"))
    return Error{fmt::format("{}: is a Git LFS pointer, not the model; fetch it with `git lfs pull`", path)};
  const std::string_view content = text.substr(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  const size_t first = content.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && std::string_view("{[\"").find(content[first]) != std::string_view::npos)
    return read_json(bytes, path);
  return Error{fmt::format("{}: is neither a .keras archive (zip), nor HDF5, nor JSON", path)};
}

}  // namespace

Result<ModelFile> read_model_file(const std::string& path, const std::optional<std::string>& weights_path) {
  Result<Bytes> bytes = read_file(path);
  if (!bytes) return unreadable_path(path, bytes.error());
  Result<ModelFile> file = read_content(*std::move(bytes), path, !weights_path);
  if (!file || !weights_path) return file;
  Result<SharedWeights> weights = open_weight_file(*weights_path);
  if (!weights) return Error{weights.error()};
  file->weights = *std::move(weights);
  return file;
}

Error missing_weights_error(const ModelFile& file) {
  return Error{fmt::format("{}: is an architecture without weights; give them with --weights FILE, or make them up with --initialize SEED",
                           file.path)};
}

}  // namespace keratin
