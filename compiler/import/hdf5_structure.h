// The skeleton of an HDF5 file: superblock, object headers, groups (HDF5 File Format Specification, version 3.0). Written for hostile
// files: nothing is read outside of the image, every loop is bounded by a budget. Errors are phrases that follow "the HDF5 file ".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/support/result.h"

namespace keratin {

/// Where the signature stands (0, 512, 1024, ...), if this is HDF5 at all.
std::optional<size_t> find_hdf5_signature(std::span<const std::byte> file);

struct Hdf5Image {
  std::span<const std::byte> bytes;  // from the base address on: addresses are offsets into it
  size_t offset_size = 8;            // bytes of an address
  size_t length_size = 8;            // bytes of a length
  uint64_t root_header = 0;

  /// `size` bytes at an address, or nullopt where they are not all in the file.
  std::optional<std::span<const std::byte>> range(uint64_t address, uint64_t size) const;
  /// Everything from an address to the end of the file.
  std::optional<std::span<const std::byte>> from(uint64_t address) const {
    return range(address, address < bytes.size() ? bytes.size() - address : 0);
  }
  /// The address that means "none".
  bool undefined(uint64_t address) const { return address == (offset_size == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * offset_size)) - 1); }
};

/// Superblocks of versions 0 to 3. Errors: cut off, unknown version.
Result<Hdf5Image> read_hdf5_superblock(std::span<const std::byte> file, size_t signature);

/// Bounds the structures that are read: a sound file has fewer messages and links than a fixed part of its bytes.
class Hdf5Budget {
 public:
  explicit Hdf5Budget(const Hdf5Image& image) : left_(image.bytes.size() / 2 + 1024) {}
  bool spend(uint64_t amount = 1) {
    if (amount > left_) return false;
    left_ -= amount;
    return true;
  }

 private:
  uint64_t left_;
};

enum Hdf5MessageType : uint16_t {
  kDataspaceMessage = 0x01,
  kLinkInfoMessage = 0x02,
  kDatatypeMessage = 0x03,
  kLinkMessage = 0x06,
  kExternalFilesMessage = 0x07,
  kLayoutMessage = 0x08,
  kGroupInfoMessage = 0x0a,
  kAttributeMessage = 0x0c,
  kContinuationMessage = 0x10,
  kSymbolTableMessage = 0x11,
  kAttributeInfoMessage = 0x15,
};

struct Hdf5Message {
  uint16_t type = 0;
  uint8_t flags = 0;
  std::span<const std::byte> data;
  bool is_shared() const { return flags & 2; }  // the data are kept elsewhere
};

using Hdf5Messages = std::vector<Hdf5Message>;

/// The messages of an object header of version 1 or 2 with its continuations, without those for padding and continuation.
Result<Hdf5Messages> read_object_header(const Hdf5Image& image, uint64_t address, Hdf5Budget& budget);

const Hdf5Message* find_message(const Hdf5Messages& messages, uint16_t type);

struct Hdf5Link {
  std::string name;
  uint64_t address;  // of the object's header
};

bool is_hdf5_group(const Hdf5Messages& messages);

/// The members of a group: symbol table (B-tree and local heap) or link messages. Errors: damage; soft and external links; dense storage.
Result<std::vector<Hdf5Link>> read_links(const Hdf5Image& image, const Hdf5Messages& group, Hdf5Budget& budget);

}  // namespace keratin
