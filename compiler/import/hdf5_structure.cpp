#include "compiler/import/hdf5_structure.h"

#include <fmt/format.h>

#include <unordered_set>

#include "compiler/import/byte_cursor.h"

namespace keratin {

namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
constexpr size_t kMaxName = 4096;

Error damaged(std::string_view what) { return Error{fmt::format("is damaged: {}", what)}; }
Error exhausted() { return damaged("it refers to more structures than it can hold"); }

}  // namespace

std::optional<size_t> find_hdf5_signature(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  for (size_t at = 0; at < text.size(); at = at == 0 ? 512 : 2 * at)
    if (text.substr(at).starts_with(kSignature)) return at;
  return std::nullopt;
}

std::optional<std::span<const std::byte>> Hdf5Image::range(uint64_t address, uint64_t size) const {
  if (address > bytes.size() || size > bytes.size() - address) return std::nullopt;
  return bytes.subspan(static_cast<size_t>(address), static_cast<size_t>(size));
}

Result<Hdf5Image> read_hdf5_superblock(std::span<const std::byte> file, size_t signature) {
  ByteCursor cursor(file.subspan(signature));
  cursor.skip(kSignature.size());
  const unsigned version = cursor.byte();
  Hdf5Image image;
  if (version > 3) return Error{fmt::format("has a superblock of version {}; 0 to 3 can be read", version)};
  if (version < 2) cursor.skip(4);
  image.offset_size = cursor.byte();
  image.length_size = cursor.byte();
  const auto is_size = [](size_t size) { return size == 2 || size == 4 || size == 8; };
  if (cursor.ok() && (!is_size(image.offset_size) || !is_size(image.length_size))) return damaged("impossible sizes in the superblock");
  cursor.skip(version < 2 ? 1 + 2 + 2 + 4 + (version == 1 ? 4 : 0) : 1);
  const uint64_t base = cursor.number(image.offset_size);
  cursor.skip(image.offset_size);  // free space, or superblock extension
  const uint64_t end = cursor.number(image.offset_size);
  if (version < 2) cursor.skip(2 * image.offset_size);  // driver information; name of the root in its symbol table entry
  image.root_header = cursor.number(image.offset_size);
  if (!cursor.ok()) return Error{"is cut off in its first bytes"};
  if (base > file.size()) return damaged("its base address is outside of the file");
  // The one address that counts from the beginning of the file, not from the base.
  if (end > file.size()) return Error{fmt::format("is cut off: {} of {} bytes are there", file.size(), end)};
  image.bytes = file.subspan(static_cast<size_t>(base));
  return image;
}

namespace {

/// Reads one object header, block by block.
class HeaderReader {
 public:
  HeaderReader(const Hdf5Image& image, Hdf5Budget& budget) : image_(image), budget_(budget) {}

  Result<Hdf5Messages> read(uint64_t address) {
    const std::optional<std::span<const std::byte>> header = image_.from(address);
    if (!header) return damaged("an object header is outside of the file");
    const bool second = text_until_nul(header->first(std::min<size_t>(4, header->size()))) == "OHDR";
    if (const Result<Done> first = second ? version_2(*header, address) : version_1(*header, address); !first) return Error{first.error()};
    for (size_t i = 0; i < blocks_.size(); ++i)  // grows by the continuations that are found
      if (const Result<Done> block = second ? messages_2(blocks_[i], i == 0) : messages_1(blocks_[i]); !block) return Error{block.error()};
    return std::move(messages_);
  }

 private:
  Result<Done> version_1(std::span<const std::byte> header, uint64_t address) {
    ByteCursor cursor(header);
    if (cursor.byte() != 1) return damaged("an object header of unknown version");
    cursor.skip(1 + 2 + 4);  // reserved, number of messages, reference count
    const uint64_t size = cursor.number(4);
    cursor.skip(4);
    return add_block(address + 16, size);
  }

  Result<Done> version_2(std::span<const std::byte> header, uint64_t address) {
    ByteCursor cursor(header);
    cursor.skip(4);
    const unsigned version = cursor.byte();
    const unsigned flags = cursor.byte();
    if (version != 2) return damaged("an object header of unknown version");
    if (flags & 0x20) cursor.skip(16);  // times
    if (flags & 0x10) cursor.skip(4);   // limits of compact attribute storage
    has_creation_order_ = flags & 0x04;
    const uint64_t size = cursor.number(size_t{1} << (flags & 3));
    if (!cursor.ok()) return damaged("an object header is cut off");
    return add_block(address + cursor.position(), size);
  }

  Result<Done> add_block(uint64_t address, uint64_t size) {
    const std::optional<std::span<const std::byte>> block = image_.range(address, size);
    if (!block || !seen_.insert(address).second) return damaged("a part of an object header is outside of the file or used twice");
    blocks_.push_back(*block);
    return Done{};
  }

  Result<Done> messages_1(std::span<const std::byte> block) {
    ByteCursor cursor(block);
    while (cursor.remaining() >= 8) {
      Hdf5Message message;
      message.type = static_cast<uint16_t>(cursor.number(2));
      const uint64_t size = cursor.number(2);
      message.flags = cursor.byte();
      cursor.skip(3);
      message.data = cursor.take(size);
      if (!cursor.ok()) return damaged("a header message is longer than its header");
      if (const Result<Done> added = add_message(message); !added) return added;
    }
    return Done{};
  }

  Result<Done> messages_2(std::span<const std::byte> block, bool first) {
    ByteCursor cursor(block);
    size_t end = block.size();
    if (!first) {  // a continuation has a signature before and a checksum behind its messages
      if (!cursor.expect("OCHK") || end < 8) return damaged("a continuation of an object header has no signature");
      end -= 4;
    }
    const size_t prefix = has_creation_order_ ? 6 : 4;
    while (cursor.position() + prefix <= end) {
      Hdf5Message message;
      message.type = cursor.byte();
      const uint64_t size = cursor.number(2);
      message.flags = cursor.byte();
      if (has_creation_order_) cursor.skip(2);
      message.data = cursor.take(size);
      if (!cursor.ok() || cursor.position() > end) return damaged("a header message is longer than its header");
      if (const Result<Done> added = add_message(message); !added) return added;
    }
    return Done{};
  }

  Result<Done> add_message(const Hdf5Message& message) {
    if (!budget_.spend()) return exhausted();
    if (message.type == kContinuationMessage) {
      ByteCursor cursor(message.data);
      const uint64_t address = cursor.number(image_.offset_size);
      const uint64_t size = cursor.number(image_.length_size);
      if (!cursor.ok()) return damaged("a continuation message is cut off");
      return add_block(address, size);
    }
    if (message.type != 0) messages_.push_back(message);
    return Done{};
  }

  const Hdf5Image& image_;
  Hdf5Budget& budget_;
  std::vector<std::span<const std::byte>> blocks_;
  std::unordered_set<uint64_t> seen_;
  bool has_creation_order_ = false;
  Hdf5Messages messages_;
};

/// Reads the members of a group in the old form: a B-tree of symbol table nodes, names in a local heap.
class SymbolTableReader {
 public:
  SymbolTableReader(const Hdf5Image& image, Hdf5Budget& budget) : image_(image), budget_(budget) {}

  Result<std::vector<Hdf5Link>> read(const Hdf5Message& message) {
    ByteCursor cursor(message.data);
    const uint64_t tree = cursor.number(image_.offset_size);
    const uint64_t heap = cursor.number(image_.offset_size);
    if (!cursor.ok()) return damaged("a symbol table message is cut off");
    if (const Result<Done> read = local_heap(heap); !read) return Error{read.error()};
    constexpr int kMaxLevels = 32;
    if (const Result<Done> read = tree_node(tree, kMaxLevels); !read) return Error{read.error()};
    return std::move(links_);
  }

 private:
  Result<Done> local_heap(uint64_t address) {
    ByteCursor cursor(image_.from(address).value_or(std::span<const std::byte>()));
    cursor.expect("HEAP");
    cursor.skip(4);
    const uint64_t size = cursor.number(image_.length_size);
    cursor.skip(image_.length_size);
    const std::optional<std::span<const std::byte>> names = image_.range(cursor.number(image_.offset_size), size);
    if (!cursor.ok() || !names) return damaged("the names of a group are outside of the file");
    names_ = *names;
    return Done{};
  }

  /// `levels` is what may stand below: a child is one level lower than its parent.
  Result<Done> tree_node(uint64_t address, int levels) {
    ByteCursor cursor(image_.from(address).value_or(std::span<const std::byte>()));
    cursor.expect("TREE");
    const unsigned type = cursor.byte();
    const int level = cursor.byte();
    const uint64_t children = cursor.number(2);
    cursor.skip(2 * image_.offset_size);  // siblings
    if (!cursor.ok() || type != 0 || level >= levels || !seen_.insert(address).second) return damaged("the tree of a group is broken");
    for (uint64_t i = 0; i < children; ++i) {
      cursor.skip(image_.length_size);  // key
      const uint64_t child = cursor.number(image_.offset_size);
      if (!cursor.ok()) return damaged("the tree of a group is cut off");
      if (!budget_.spend()) return exhausted();
      if (const Result<Done> read = level > 0 ? tree_node(child, level) : symbol_node(child); !read) return read;
    }
    return Done{};
  }

  Result<Done> symbol_node(uint64_t address) {
    ByteCursor cursor(image_.from(address).value_or(std::span<const std::byte>()));
    cursor.expect("SNOD");
    cursor.skip(2);
    const uint64_t symbols = cursor.number(2);
    if (!cursor.ok() || !seen_.insert(address).second) return damaged("a member list of a group is broken");
    for (uint64_t i = 0; i < symbols; ++i) {
      const uint64_t name = cursor.number(image_.offset_size);
      const uint64_t header = cursor.number(image_.offset_size);
      const uint64_t cache = cursor.number(4);
      cursor.skip(4 + 16);
      if (!cursor.ok() || name >= names_.size()) return damaged("a member list of a group is cut off");
      if (!budget_.spend()) return exhausted();
      const std::span<const std::byte> rest = names_.subspan(static_cast<size_t>(name));
      const std::string_view text = text_until_nul(rest.first(std::min(rest.size(), kMaxName)));
      if (text.empty() || text.size() == std::min(rest.size(), kMaxName))
        return damaged("a member of a group has no name or an endless one");
      if (cache == 2) return Error{fmt::format("holds the soft link '{}', which cannot be read", text)};
      links_.push_back({std::string(text), header});
    }
    return Done{};
  }

  const Hdf5Image& image_;
  Hdf5Budget& budget_;
  std::span<const std::byte> names_;
  std::unordered_set<uint64_t> seen_;
  std::vector<Hdf5Link> links_;
};

Result<Hdf5Link> read_link_message(const Hdf5Image& image, const Hdf5Message& message) {
  ByteCursor cursor(message.data);
  const unsigned version = cursor.byte();
  const unsigned flags = cursor.byte();
  const unsigned type = flags & 0x08 ? cursor.byte() : 0;
  if (flags & 0x04) cursor.skip(8);  // creation order
  if (flags & 0x10) cursor.skip(1);  // character set
  const uint64_t length = cursor.number(size_t{1} << (flags & 3));
  const std::span<const std::byte> name = cursor.take(length);
  if (!cursor.ok() || version != 1 || name.empty() || name.size() > kMaxName) return damaged("a link message is broken");
  const std::string text(reinterpret_cast<const char*>(name.data()), name.size());
  if (type != 0) return Error{fmt::format("holds the {} link '{}', which cannot be read", type == 1 ? "soft" : "external", text)};
  const uint64_t address = cursor.number(image.offset_size);
  if (!cursor.ok()) return damaged("a link message is cut off");
  return Hdf5Link{text, address};
}

/// True where the links of a group are in a fractal heap.
bool has_dense_links(const Hdf5Image& image, const Hdf5Message& info) {
  ByteCursor cursor(info.data);
  cursor.skip(1);
  if (cursor.byte() & 1) cursor.skip(8);  // highest creation order
  return !image.undefined(cursor.number(image.offset_size)) && cursor.ok();
}

}  // namespace

Result<Hdf5Messages> read_object_header(const Hdf5Image& image, uint64_t address, Hdf5Budget& budget) {
  return HeaderReader(image, budget).read(address);
}

const Hdf5Message* find_message(const Hdf5Messages& messages, uint16_t type) {
  for (const Hdf5Message& message : messages)
    if (message.type == type) return &message;
  return nullptr;
}

bool is_hdf5_group(const Hdf5Messages& messages) {
  for (const uint16_t type : {kSymbolTableMessage, kLinkInfoMessage, kLinkMessage, kGroupInfoMessage})
    if (find_message(messages, type)) return true;
  return false;
}

Result<std::vector<Hdf5Link>> read_links(const Hdf5Image& image, const Hdf5Messages& group, Hdf5Budget& budget) {
  if (const Hdf5Message* table = find_message(group, kSymbolTableMessage)) return SymbolTableReader(image, budget).read(*table);
  if (const Hdf5Message* info = find_message(group, kLinkInfoMessage); info && has_dense_links(image, *info))
    return Error{"stores the links of a group densely, as HDF5's latest format does; "
                 "write it with h5py's default format (libver='earliest')"};
  std::vector<Hdf5Link> links;
  for (const Hdf5Message& message : group) {
    if (message.type != kLinkMessage) continue;
    Result<Hdf5Link> link = read_link_message(image, message);
    if (!link) return Error{link.error()};
    links.push_back(*std::move(link));
  }
  return links;
}

}  // namespace keratin
