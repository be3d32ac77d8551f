#include "compiler/import/hdf5.h"

#include <fmt/format.h>

#include <unordered_set>

#include "compiler/import/byte_cursor.h"

namespace keratin {

namespace {

constexpr const char* kElsewhere = "keeps its elements outside of this file, where they are not read";

Error damaged(std::string_view what) { return Error{fmt::format("is damaged: {}", what)}; }

/// Where the elements are: layout messages of versions 1 to 4.
Result<Done> parse_layout(const Hdf5Image& image, const Hdf5Message& message, uint64_t data_size, Hdf5Dataset& dataset) {
  using Layout = Hdf5Dataset::Layout;
  ByteCursor cursor(message.data);
  const unsigned version = cursor.byte();
  unsigned layout = 0;
  uint64_t address = 0, size = data_size;
  if (version == 1 || version == 2) {
    const unsigned rank = cursor.byte();
    layout = cursor.byte();
    cursor.skip(5);
    if (layout != 0) address = cursor.number(image.offset_size);
    cursor.skip(uint64_t{4} * rank);
    if (layout == 0) size = cursor.number(4);
  } else if (version == 3 || version == 4) {
    layout = cursor.byte();
    if (layout == 0) size = cursor.number(2);
    if (layout == 1) {
      address = cursor.number(image.offset_size);
      size = cursor.number(image.length_size);
    }
  } else {
    dataset.obstacle = fmt::format("uses a layout of version {}; 1 to 4 can be read", version);
    return Done{};
  }
  if (layout == 0) {
    dataset.layout = Layout::compact;
    dataset.data = cursor.take(size);
  } else if (layout == 1) {
    dataset.layout = Layout::contiguous;
    dataset.allocated = data_size > 0 && !image.undefined(address);
    if (dataset.allocated) {
      const std::optional<std::span<const std::byte>> data = image.range(address, size);
      if (!data) return damaged("the elements are outside of the file");
      dataset.data = *data;
    }
  } else if (layout == 2) {
    dataset.layout = Layout::chunked;
  } else {
    dataset.obstacle = kElsewhere;  // a virtual dataset
  }
  if (!cursor.ok()) return damaged("a dataset layout is cut off");
  if (dataset.allocated && layout < 2 && dataset.data.size() < data_size) return damaged("there are fewer elements than the shape says");
  if (layout < 2 && dataset.allocated) dataset.data = dataset.data.first(static_cast<size_t>(data_size));
  return Done{};
}

Result<Hdf5Dataset> parse_dataset(const Hdf5Image& image, const Hdf5Messages& messages) {
  const Hdf5Message* type = find_message(messages, kDatatypeMessage);
  const Hdf5Message* space = find_message(messages, kDataspaceMessage);
  const Hdf5Message* layout = find_message(messages, kLayoutMessage);
  if (!type || !space || !layout) return damaged("a dataset lacks its type, its shape or its place");
  Hdf5Dataset dataset;
  if (type->is_shared() || space->is_shared()) {
    dataset.type_name = "shared";
    return dataset;
  }
  Result<Hdf5Datatype> datatype = parse_hdf5_datatype(type->data);
  if (!datatype) return Error{datatype.error()};
  Result<std::vector<int64_t>> shape = parse_hdf5_dataspace(image, space->data);
  if (!shape) return Error{shape.error()};
  dataset.type = *std::move(datatype);
  dataset.shape = *std::move(shape);
  if (dataset.type.is_void) {  // Keras writes bfloat16 so
    const Result<std::optional<Array>> real = read_hdf5_attribute(image, messages, "dtype");
    if (!real) return Error{real.error()};
    const std::string word = *real && (*real)->strings.size() == 1 ? (*real)->strings[0] : "";
    if (word == "bfloat16" && dataset.type.element_size == 2) dataset.type.dtype = DType::bfloat16;
    dataset.type.name = word.empty() ? "void" : word;
  }
  const std::optional<uint64_t> size = hdf5_data_size(dataset.type, dataset.shape);
  if (!size) return damaged("a dataset of impossible size");
  if (const Result<Done> place = parse_layout(image, *layout, *size, dataset); !place) return Error{place.error()};
  dataset.dtype = dataset.type.dtype;
  dataset.type_name = dataset.dtype ? std::string(name_of(*dataset.dtype)) : dataset.type.name;
  if (find_message(messages, kExternalFilesMessage)) dataset.obstacle = kElsewhere;
  return dataset;
}

}  // namespace

/// Walks all groups once and fills the tables of the file.
class Hdf5File::Indexer {
 public:
  explicit Indexer(Hdf5File& file) : file_(file), budget_(file.image_), text_left_(kMaxText) {}

  Result<Done> run() {
    std::vector<Hdf5Link> open = {{"", file_.image_.root_header}};  // a stack: the path and the header of what is still to be read
    bool root = true;
    while (!open.empty()) {
      const Hdf5Link object = std::move(open.back());
      open.pop_back();
      const Result<Hdf5Messages> messages = read_object_header(file_.image_, object.address, budget_);
      if (!messages) return at(object.name, messages.error());
      if (is_hdf5_group(*messages)) {
        if (!groups_.insert(object.address).second) return at(object.name, "holds a group under two names, which cannot be read");
        if (const Result<Done> added = add_group(object, *messages, open); !added) return added;
      } else if (root) {
        return at(object.name, "is damaged: its root is no group");
      } else if (find_message(*messages, kLayoutMessage)) {
        Result<Hdf5Dataset> dataset = parse_dataset(file_.image_, *messages);
        if (!dataset) return at(object.name, dataset.error());
        dataset->path = object.name;
        file_.dataset_at_.emplace(object.name, file_.datasets_.size());
        file_.datasets_.push_back(*std::move(dataset));
      }
      file_.headers_.emplace(object.name, object.address);
      root = false;
    }
    return Done{};
  }

 private:
  static constexpr uint64_t kMaxText = uint64_t{64} << 20;
  static constexpr size_t kMaxPath = 16384;

  Error at(const std::string& path, const std::string& phrase) const {
    return Error{path.empty() ? phrase : fmt::format("{} (at '{}')", phrase, path)};
  }

  Result<Done> add_group(const Hdf5Link& group, const Hdf5Messages& messages, std::vector<Hdf5Link>& open) {
    Result<std::vector<Hdf5Link>> links = read_links(file_.image_, messages, budget_);
    if (!links) return at(group.name, links.error());
    std::vector<std::string>& members = file_.members_[group.name];
    for (const Hdf5Link& link : *links) members.push_back(link.name);
    for (size_t i = links->size(); i-- > 0;) {  // backwards, so that the first comes off the stack first
      Hdf5Link& link = (*links)[i];
      std::string path = group.name.empty() ? link.name : group.name + "/" + link.name;
      if (path.size() > kMaxPath || path.size() > text_left_) return at(group.name.substr(0, 100), "is damaged: endless names");
      text_left_ -= path.size();
      open.push_back({std::move(path), link.address});
    }
    return Done{};
  }

  Hdf5File& file_;
  Hdf5Budget budget_;
  uint64_t text_left_;
  std::unordered_set<uint64_t> groups_;  // header addresses: a group with two places could be a circle
};

bool looks_like_hdf5(std::span<const std::byte> content) { return find_hdf5_signature(content).has_value(); }

Error Hdf5File::fail(const std::string& phrase) const { return Error{fmt::format("{}: the HDF5 file {}", name_, phrase)}; }

Result<Hdf5File> Hdf5File::open(Bytes bytes, std::string name) {
  Hdf5File file;
  file.name_ = std::move(name);
  file.bytes_ = std::move(bytes);
  const std::optional<size_t> signature = find_hdf5_signature(file.bytes_.view());
  if (!signature) return Error{fmt::format("{}: is no HDF5 file", file.name_)};
  const Result<Hdf5Image> image = read_hdf5_superblock(file.bytes_.view(), *signature);
  if (!image) return file.fail(image.error());
  file.image_ = *image;
  if (const Result<Done> indexed = Indexer(file).run(); !indexed) return file.fail(indexed.error());
  return file;
}

const Hdf5Dataset* Hdf5File::find(std::string_view path) const {
  const auto found = dataset_at_.find(std::string(path));
  return found == dataset_at_.end() ? nullptr : &datasets_[found->second];
}

bool Hdf5File::has_group(std::string_view path) const { return members_.contains(std::string(path)); }

std::vector<std::string> Hdf5File::members(std::string_view group) const {
  const auto found = members_.find(std::string(group));
  return found == members_.end() ? std::vector<std::string>() : found->second;
}

Result<Array> Hdf5File::read(const Hdf5Dataset& dataset, uint64_t max_bytes) const {
  const auto refuse = [&](const std::string& why) { return Error{fmt::format("{}: dataset '{}' {}", name_, dataset.path, why)}; };
  if (!dataset.dtype) return refuse(fmt::format("has elements of type {}, which cannot be read", dataset.type_name));
  const std::optional<uint64_t> size = hdf5_data_size(dataset.type, dataset.shape);
  if (!size || *size > max_bytes)
    return refuse(fmt::format("of shape {} takes {} bytes, at most {} are allowed", shape_text(dataset.shape), size.value_or(UINT64_MAX),
                              max_bytes));
  if (!dataset.obstacle.empty()) return refuse(dataset.obstacle);
  std::vector<std::byte> unpacked;
  std::span<const std::byte> elements = dataset.data;
  if (*size > 0 && (dataset.layout == Hdf5Dataset::Layout::chunked || !dataset.allocated)) {
    // Compressed elements are bounded by nothing but the claim: a file of such a ratio is no model.
    if (*size > (uint64_t{1} << 30) && *size / 200 > bytes_.size())
      return refuse(fmt::format("claims {} bytes in a file of {}", *size, bytes_.size()));
    if (dataset.type.variable) return refuse("keeps variable-length strings in chunks, which cannot be read");
    Result<std::vector<std::byte>> raw = read_chunked_with_library(bytes_, dataset);
    if (!raw) return refuse(raw.error());
    unpacked = *std::move(raw);
    elements = unpacked;
  }
  Result<Array> array = decode_hdf5_elements(image_, dataset.type, dataset.shape, elements);
  if (!array) return refuse(array.error());
  return array;
}

Result<std::optional<Array>> Hdf5File::attribute(std::string_view object, std::string_view attribute_name) const {
  const auto header = headers_.find(std::string(object));
  if (header == headers_.end()) return std::optional<Array>();
  Hdf5Budget budget(image_);
  const Result<Hdf5Messages> messages = read_object_header(image_, header->second, budget);
  if (!messages) return fail(messages.error());
  Result<std::optional<Array>> value = read_hdf5_attribute(image_, *messages, attribute_name);
  if (!value) return fail(value.error());
  return value;
}

Result<std::vector<Hdf5Attribute>> Hdf5File::attributes(std::string_view object) const {
  const auto header = headers_.find(std::string(object));
  IR_CHECK(header != headers_.end(), "an object of another file");
  Hdf5Budget budget(image_);
  const Result<Hdf5Messages> messages = read_object_header(image_, header->second, budget);
  if (!messages) return fail(messages.error());
  Result<std::vector<Hdf5Attribute>> list = read_hdf5_attributes(image_, *messages);
  if (!list) return fail(object.empty() ? list.error() : fmt::format("{} (at '{}')", list.error(), object));
  return list;
}

Result<std::optional<std::string>> Hdf5File::text_attribute(std::string_view object, std::string_view attribute_name) const {
  Result<std::optional<Array>> value = attribute(object, attribute_name);
  if (!value) return Error{value.error()};
  if (!*value) return std::optional<std::string>();
  if ((*value)->dtype != DType::string || (*value)->count() != 1)
    return fail(fmt::format("is damaged: the attribute '{}' is no text", attribute_name));
  return std::optional<std::string>(std::move((*value)->strings[0]));
}

Result<std::optional<std::vector<std::string>>> Hdf5File::list_attribute(std::string_view object, std::string_view attribute_name) const {
  using List = std::vector<std::string>;
  const auto append = [&](const std::string& part_name, std::optional<List>& list) -> Result<bool> {
    Result<std::optional<Array>> value = attribute(object, part_name);
    if (!value) return Error{value.error()};
    if (!*value) return false;
    Array& part = **value;
    if (part.dtype != DType::string && part.count() > 0)
      return fail(fmt::format("is damaged: the attribute '{}' is no list of texts", part_name));
    if (!list) list.emplace();
    list->insert(list->end(), std::make_move_iterator(part.strings.begin()), std::make_move_iterator(part.strings.end()));
    return true;
  };
  std::optional<List> list;
  Result<bool> found = append(std::string(attribute_name), list);
  if (!found) return Error{found.error()};
  for (size_t part = 0; !list || part > 0; ++part) {
    found = append(fmt::format("{}{}", attribute_name, part), list);
    if (!found) return Error{found.error()};
    if (!*found) break;
  }
  return list;
}

}  // namespace keratin
