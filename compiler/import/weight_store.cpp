#include "compiler/import/weight_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/data/npz.h"
#include "compiler/import/archive.h"
#include "compiler/import/hdf5.h"
#include "compiler/import/object_paths.h"
#include "compiler/json/json.h"

namespace keratin {

struct WeightStore::File {
  std::shared_ptr<const Hdf5File> hdf5;  // one of the two
  std::shared_ptr<const NpzFile> npz;
};

const StoredArray* WeightStore::find(std::string_view path) const {
  const auto found = by_path_.find(std::string(path));
  return found == by_path_.end() ? nullptr : &arrays_[found->second];
}

Result<Array> WeightStore::read(const StoredArray& array) const {
  const File& file = *files_[array.file];
  if (file.hdf5) {
    const Hdf5Dataset* dataset = file.hdf5->find(array.location);
    IR_CHECK(dataset, "an array of another store");
    return file.hdf5->read(*dataset);
  }
  const std::vector<NpzFile::Entry>& entries = file.npz->entries();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const NpzFile::Entry& entry) { return entry.name == array.location; });
  IR_CHECK(found != entries.end(), "an array of another store");
  return file.npz->read(static_cast<size_t>(found - entries.begin()));
}

std::vector<std::shared_ptr<const Hdf5File>> WeightStore::hdf5_files() const {
  std::vector<std::shared_ptr<const Hdf5File>> list;
  for (const auto& file : files_) list.push_back(file->hdf5);
  return list;
}

Result<std::optional<std::string>> WeightStore::owner_name(const StoredArray& array) const {
  const File& file = *files_[array.file];
  if (layout_ != WeightLayout::object_paths) return std::optional<std::string>();
  return file.hdf5->text_attribute(array.location.substr(0, array.location.rfind('/')), "name");
}

/// Puts a store together; its methods may be called once per file.
class WeightStoreBuilder {
 public:
  WeightStoreBuilder(WeightLayout layout, std::string name) {
    store_->layout_ = layout;
    store_->name_ = std::move(name);
  }

  Result<Done> add_object_paths(std::shared_ptr<const Hdf5File> file) {
    std::vector<std::string> stored;
    for (const Hdf5Dataset& dataset : file->datasets()) stored.push_back(dataset.path);
    std::vector<std::string> paths = canonical_object_paths(stored);
    for (size_t i = 0; i < paths.size(); ++i)
      if (const Result<size_t> added = add(file->datasets()[i], std::move(paths[i])); !added) return Error{added.error()};
    add_file({std::move(file), nullptr});
    return Done{};
  }

  /// `group` is the one with the attribute `layer_names`: "" or "model_weights".
  Result<Done> add_layer_lists(std::shared_ptr<const Hdf5File> file, const std::string& group,
                               const std::vector<std::string>& layer_names) {
    for (const char* attribute : {"keras_version", "backend"}) {
      Result<std::optional<std::string>> text = file->text_attribute(group, attribute);
      if (!text) return Error{text.error()};
      (attribute[0] == 'k' ? store_->keras_version_ : store_->backend_) = text->value_or("");
    }
    for (const std::string& layer : layer_names) {
      Result<std::vector<size_t>> arrays = add_list(*file, join(group, layer), layer);
      if (!arrays) return Error{arrays.error()};
      store_->layers_.push_back({layer, *std::move(arrays)});
    }
    Result<std::vector<size_t>> top_level = add_list(*file, join(group, kTopLevel), kTopLevel);
    if (!top_level) return Error{top_level.error()};
    store_->top_level_ = *std::move(top_level);
    Result<std::vector<size_t>> optimizer = add_list(*file, kOptimizer, kOptimizer);
    if (!optimizer) return Error{optimizer.error()};
    store_->optimizer_ = *std::move(optimizer);
    add_file({std::move(file), nullptr});
    return Done{};
  }

  Result<Done> add_weight_paths(std::shared_ptr<const NpzFile> file) {
    for (const NpzFile::Entry& entry : file->entries())
      if (const Result<size_t> added = add({entry.name, entry.dtype, entry.shape, store_->files_.size(), entry.name}); !added)
        return Error{added.error()};
    add_file({nullptr, std::move(file)});
    return Done{};
  }

  SharedWeights take() { return std::move(store_); }

 private:
  static constexpr const char* kTopLevel = "top_level_model_weights";
  static constexpr const char* kOptimizer = "optimizer_weights";

  /// A path in the file: layer and weight names may hold slashes, also at their ends.
  static std::string join(const std::string& group, const std::string& name) {
    std::string path = group;
    for (const char c : "/" + name)
      if (c != '/' || (!path.empty() && path.back() != '/')) path += c;
    return path;
  }

  /// Adds the arrays that a group's `weight_names` lists; nothing where there is no such group or attribute.
  Result<std::vector<size_t>> add_list(const Hdf5File& file, const std::string& group, const std::string& layer) {
    const Result<std::optional<std::vector<std::string>>> names = file.list_attribute(group, "weight_names");
    if (!names) return Error{names.error()};
    std::vector<size_t> arrays;
    if (!*names) return arrays;
    for (const std::string& name : **names) {
      const Hdf5Dataset* dataset = file.find(join(group, name));
      if (!dataset)
        return Error{fmt::format("{}: the list of weights of '{}' names '{}', which is not in the file", file.name(), layer, name)};
      const Result<size_t> added = add(*dataset, fmt::format("{}/{}", layer, name));
      if (!added) return Error{added.error()};
      arrays.push_back(*added);
    }
    return arrays;
  }

  Result<size_t> add(const Hdf5Dataset& dataset, std::string path) {
    return add({std::move(path), dataset.dtype, dataset.shape, store_->files_.size(), dataset.path});
  }

  Result<size_t> add(StoredArray array) {
    const size_t index = store_->arrays_.size();
    if (!store_->by_path_.emplace(array.path, index).second) return Error{fmt::format("{}: holds '{}' twice", store_->name_, array.path)};
    store_->arrays_.push_back(std::move(array));
    return index;
  }

  void add_file(WeightStore::File file) { store_->files_.push_back(std::make_shared<const WeightStore::File>(std::move(file))); }

  std::shared_ptr<WeightStore> store_ = std::make_shared<WeightStore>();
};

namespace {

/// Where the attribute `layer_names` of a legacy file would be.
std::string legacy_group(const Hdf5File& file) { return file.has_group("model_weights") ? "model_weights" : ""; }

bool has_object_paths(const Hdf5File& file) {
  for (const std::string& member : file.members(""))
    if (member == "layers" || member == "vars" || member == "optimizer" || member.starts_with("_layer_checkpoint_dependencies"))
      return true;
  return false;
}

Result<SharedWeights> open_shards(const Bytes& bytes, const std::string& path) {
  const Result<Json> list = Json::parse(bytes.text());
  if (!list) return Error{fmt::format("{}: {}", path, list.error())};
  const Json* map = list->find("weight_map");
  if (!map || !map->is_object())
    return Error{fmt::format("{}: is JSON, but no list of weight files (no weight_map); HDF5, .npz and .weights.json hold weights", path)};
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  WeightStoreBuilder builder(WeightLayout::object_paths, path);
  std::unordered_map<std::string, std::shared_ptr<const Hdf5File>> parts;
  const auto add_part = [&](const std::string& group, const Json& part_name) -> Result<Done> {
    if (!part_name.is_string()) return Error{fmt::format("{}: weight_map: '{}' names no file", path, group)};
    const std::string& part = part_name.as_string();
    if (part.empty() || part.find('/') != std::string::npos || part.find('\\') != std::string::npos)
      return Error{fmt::format("{}: weight_map: '{}' names '{}', which is no file beside it", path, group, part)};
    if (!parts.contains(part)) {
      Result<Bytes> content = read_file(folder + part);
      if (!content) return Error{fmt::format("{}: {}", path, content.error())};
      Result<Hdf5File> file = Hdf5File::open(*std::move(content), folder + part);
      if (!file) return Error{file.error()};
      const auto shared = std::make_shared<const Hdf5File>(*std::move(file));
      if (const Result<Done> added = builder.add_object_paths(shared); !added) return added;
      parts.emplace(part, shared);
    }
    const std::string in_file = group.starts_with('/') ? group.substr(1) : group;
    if (!parts[part]->has_group(in_file)) return Error{fmt::format("{}: weight_map: '{}' is not in {}", path, group, part)};
    return Done{};
  };
  for (const Json::Member& member : map->as_object()) {
    const Json::Array one = {member.second};
    for (const Json& part : member.second.is_array() ? member.second.as_array() : one)
      if (const Result<Done> added = add_part(member.first, part); !added) return Error{added.error()};
  }
  return builder.take();
}

Result<SharedWeights> open_hdf5_bytes(Bytes bytes, const std::string& name) {
  Result<Hdf5File> file = Hdf5File::open(std::move(bytes), name);
  if (!file) return Error{file.error()};
  return open_hdf5_weights(std::make_shared<const Hdf5File>(*std::move(file)));
}

Result<SharedWeights> open_zip(Bytes bytes, const std::string& path) {
  const Result<ZipReader> zip = ZipReader::open(bytes, path);
  if (!zip) return Error{zip.error()};
  if (zip->find("config.json") || zip->find("model.weights.h5") || zip->find("model.weights.npz")) {
    const Result<KerasArchive> archive = KerasArchive::open(std::move(bytes), path);
    if (!archive) return Error{archive.error()};
    Result<Bytes> weights = archive->weights();
    if (!weights) return Error{weights.error()};
    return open_hdf5_bytes(*std::move(weights), fmt::format("{}: model.weights.h5", path));
  }
  Result<NpzFile> file = NpzFile::open(std::move(bytes), path);
  if (!file) return Error{file.error()};
  WeightStoreBuilder builder(WeightLayout::weight_paths, path);
  if (const Result<Done> added = builder.add_weight_paths(std::make_shared<const NpzFile>(*std::move(file))); !added)
    return Error{added.error()};
  return builder.take();
}

}  // namespace

bool holds_weights(const Hdf5File& file) {
  const Result<std::optional<std::vector<std::string>>> names = file.list_attribute(legacy_group(file), "layer_names");
  return (names && *names) || has_object_paths(file);
}

Result<SharedWeights> open_hdf5_weights(std::shared_ptr<const Hdf5File> file) {
  const std::string group = legacy_group(*file);
  const Result<std::optional<std::vector<std::string>>> names = file->list_attribute(group, "layer_names");
  if (!names) return Error{names.error()};
  const bool legacy = names->has_value();
  if (!legacy && !has_object_paths(*file))
    return Error{fmt::format("{}: the HDF5 file holds no weights of Keras: neither layer_names nor layers", file->name())};
  WeightStoreBuilder builder(legacy ? WeightLayout::layer_lists : WeightLayout::object_paths, file->name());
  const Result<Done> added = legacy ? builder.add_layer_lists(std::move(file), group, **names) : builder.add_object_paths(std::move(file));
  if (!added) return Error{added.error()};
  return builder.take();
}

Result<SharedWeights> open_weight_file(const std::string& path) {
  Result<Bytes> bytes = read_file(path);
  if (!bytes) return Error{bytes.error()};
  if (bytes->size() == 0) return Error{fmt::format("{}: is empty", path)};
  if (ZipReader::looks_like_zip(bytes->text())) return open_zip(*std::move(bytes), path);
  if (looks_like_hdf5(bytes->view())) return open_hdf5_bytes(*std::move(bytes), path);
  const size_t first = bytes->text().find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes->text()[first] == '{') return open_shards(*bytes, path);
  return Error{fmt::format("{}: holds no weights: is neither HDF5, nor an .npz archive, nor a .weights.json list", path)};
}

}  // namespace keratin
