#include "compiler/import/archive.h"

#include <fmt/format.h>

namespace keratin {

namespace {

constexpr InflateLimit kTextLimit{uint64_t{64} << 20, uint64_t{1} << 20};
constexpr size_t kMaxEntries = 100'000;  // a model has three, and its assets
constexpr std::string_view kAssets = "assets/";

/// True where unpacking the entry would write outside of the folder it is unpacked to.
bool leaves_folder(std::string_view name) {
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  if (name.empty() || is_slash(name[0]) || (name.size() > 1 && name[1] == ':')) return true;
  for (size_t at = 0; at <= name.size();) {
    size_t end = at;
    while (end < name.size() && !is_slash(name[end])) ++end;
    if (name.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

bool holds_saved_model(const ZipReader& zip) {
  for (const ZipEntry& entry : zip.entries())
    if (entry.name == "saved_model.pb" || entry.name.ends_with("/saved_model.pb")) return true;
  return false;
}

}  // namespace

Result<KerasArchive> KerasArchive::open(Bytes bytes, const std::string& path) {
  Result<ZipReader> zip = ZipReader::open(std::move(bytes), path);
  if (!zip) return Error{zip.error()};
  if (zip->entries().size() > kMaxEntries)
    return Error{fmt::format("{}: the archive holds {} entries, at most {} are allowed", path, zip->entries().size(), kMaxEntries)};
  for (const ZipEntry& entry : zip->entries())
    if (leaves_folder(entry.name)) return Error{fmt::format("{}: the archive entry '{}' points outside of the archive", path, entry.name)};
  if (holds_saved_model(*zip))
    return Error{fmt::format("{}: is a zipped TensorFlow SavedModel; save the model as .keras or .h5 with Keras", path)};
  return KerasArchive(*std::move(zip));
}

Result<Json> KerasArchive::json(std::string_view entry_name) const {
  const ZipEntry* entry = zip_.find(entry_name);
  if (!entry) return Error{fmt::format("{}: the archive holds no {}", zip_.name(), entry_name)};
  const Result<Bytes> text = zip_.read(*entry, kTextLimit);
  if (!text) return Error{text.error()};
  Result<Json> value = Json::parse(text->text());
  if (!value) return Error{fmt::format("{}: {}: {}", zip_.name(), entry_name, value.error())};
  return value;
}

Result<Json> KerasArchive::metadata() const {
  if (!zip_.find("metadata.json")) return Json();
  return json("metadata.json");
}

Result<Bytes> KerasArchive::weights() const {
  if (const ZipEntry* entry = zip_.find("model.weights.h5")) return zip_.read(*entry, kArrayLimit);
  if (zip_.find("model.weights.npz"))
    return Error{fmt::format("{}: model.weights.npz holds pickled Python objects, which are not read; save the model with model.weights.h5",
                             zip_.name())};
  return Error{fmt::format("{}: the archive holds no model.weights.h5", zip_.name())};
}

std::vector<std::string> KerasArchive::assets() const {
  std::vector<std::string> names;
  for (const ZipEntry& entry : zip_.entries())
    if (entry.name.starts_with(kAssets)) names.push_back(entry.name.substr(kAssets.size()));
  return names;
}

Result<Bytes> KerasArchive::asset(std::string_view name) const {
  const ZipEntry* entry = zip_.find(fmt::format("{}{}", kAssets, name));
  if (!entry) return Error{fmt::format("{}: the archive holds no assets/{}", zip_.name(), name)};
  return zip_.read(*entry, kArrayLimit);
}

}  // namespace keratin
