#include "compiler/export/hdf5_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace keratin {

namespace {

constexpr size_t kAttributeLimit = 64512;  // bytes that Keras puts into one attribute; an object header takes 64 KiB

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// Texts of one length take that of the longest each, which is what Keras counts.
size_t stored_bytes(const std::vector<std::string>& texts, size_t first, size_t count) {
  size_t longest = 1;
  for (size_t i = first; i < first + count; ++i) longest = std::max(longest, texts[i].size());
  return longest * count;
}

}  // namespace

void Hdf5Content::add_group(const std::string& path) {
  if (!groups_.emplace(path, std::vector<Hdf5Attribute>()).second) return;
  add_group(parent_of(path));
}

void Hdf5Content::set(const std::string& path, Array array) {
  const auto shared = std::make_shared<const Array>(std::move(array));
  set(path, [shared]() -> Result<Array> { return *shared; });
}

void Hdf5Content::set(const std::string& path, std::function<Result<Array>()> read) {
  add_group(parent_of(path));
  datasets_[path].read = std::move(read);
}

void Hdf5Content::set_attribute(const std::string& group, Hdf5Attribute attribute) {
  add_group(group);
  for (Hdf5Attribute& present : groups_[group]) {
    if (present.name != attribute.name) continue;
    present = std::move(attribute);
    return;
  }
  groups_[group].push_back(std::move(attribute));
}

void Hdf5Content::remove_attribute(const std::string& group, const std::string& name) {
  const auto found = groups_.find(group);
  if (found != groups_.end()) std::erase_if(found->second, [&](const Hdf5Attribute& attribute) { return attribute.name == name; });
}

void Hdf5Content::set_text(const std::string& group, const std::string& name, std::string text) {
  set_attribute(group, {name, Array::of_strings({}, {std::move(text)}), true});
}

void Hdf5Content::set_list(const std::string& group, const std::string& name, const std::vector<std::string>& texts) {
  add_group(group);
  std::erase_if(groups_[group], [&](const Hdf5Attribute& attribute) {
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    return attribute.name.starts_with(name) && std::all_of(attribute.name.begin() + static_cast<std::ptrdiff_t>(name.size()), attribute.name.end(), is_digit);
  });
  if (texts.empty()) return set_attribute(group, {name, Array::zeros(DType::float64, {0}), false});
  // Keras splits as numpy.array_split does: into as few parts of equal length as fit.
  size_t parts = 1;
  const auto begin_of = [&](size_t part) { return part * (texts.size() / parts) + std::min(part, texts.size() % parts); };
  const auto fits = [&] {
    for (size_t part = 0; part < parts; ++part)
      if (stored_bytes(texts, begin_of(part), begin_of(part + 1) - begin_of(part)) > kAttributeLimit) return false;
    return true;
  };
  while (parts < texts.size() && !fits()) ++parts;
  for (size_t part = 0; part < parts; ++part) {
    const auto at = [&](size_t index) { return texts.begin() + static_cast<std::ptrdiff_t>(begin_of(index)); };
    std::vector<std::string> some(at(part), at(part + 1));
    const int64_t count = static_cast<int64_t>(some.size());
    set_attribute(group, {parts == 1 ? name : fmt::format("{}{}", name, part), Array::of_strings({count}, std::move(some)), false});
  }
}

void Hdf5Content::remove(const std::string& group) {
  const auto inside = [&](const auto& entry) { return entry.first == group || entry.first.starts_with(group + "/"); };
  std::erase_if(groups_, inside);
  std::erase_if(datasets_, inside);
}

Result<Done> Hdf5Content::add_file(const std::shared_ptr<const Hdf5File>& file) { return add_members(file, ""); }

Result<Done> Hdf5Content::add_members(const std::shared_ptr<const Hdf5File>& file, const std::string& group) {
  add_group(group);
  Result<std::vector<Hdf5Attribute>> attributes = file->attributes(group);
  if (!attributes) return Error{attributes.error()};
  for (Hdf5Attribute& attribute : *attributes) set_attribute(group, std::move(attribute));
  for (const std::string& member : file->members(group)) {
    const std::string path = group.empty() ? member : group + "/" + member;
    if (file->has_group(path)) {
      if (const Result<Done> added = add_members(file, path); !added) return added;
      continue;
    }
    const Hdf5Dataset* dataset = file->find(path);
    if (!dataset) return Error{fmt::format("{}: '{}' is neither a group nor a dataset, and cannot be copied", file->name(), path)};
    Result<std::vector<Hdf5Attribute>> own = file->attributes(path);
    if (!own) return Error{own.error()};
    datasets_[path] = {[file, dataset] { return file->read(*dataset); }, *std::move(own)};
  }
  return Done{};
}

}  // namespace keratin
