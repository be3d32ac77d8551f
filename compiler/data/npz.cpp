#include "compiler/data/npz.h"

#include <fmt/format.h>

#include <unordered_set>

#include "compiler/data/npy.h"

namespace keratin {

namespace {

constexpr size_t kHeadBytes = 4096;  // holds every header but those of absurd ranks, which are read again in whole

std::string array_name(const std::string& entry_name) {
  return entry_name.ends_with(".npy") ? entry_name.substr(0, entry_name.size() - 4) : entry_name;
}

std::string label(const ZipReader& zip, const ZipEntry& entry) { return fmt::format("{}: {}", zip.name(), entry.name); }

Result<NpyHeader> read_header(const ZipReader& zip, const ZipEntry& entry) {
  for (size_t size = kHeadBytes;; size *= 256) {
    const Result<Bytes> head = zip.read_head(entry, size);
    if (!head) return Error{head.error()};
    Result<NpyHeader> header = parse_npy_header(head->view(), label(zip, entry));
    if (header || head->size() < size || size > kHeadBytes || !looks_like_npy(head->text())) return header;
  }
}

}  // namespace

const Array* find_array(const NamedArrays& arrays, std::string_view name) {
  for (const NamedArray& array : arrays)
    if (array.first == name) return &array.second;
  return nullptr;
}

Result<NpzFile> NpzFile::open(const std::string& path) {
  Result<Bytes> bytes = read_file(path);
  if (!bytes) return Error{bytes.error()};
  if (bytes->size() == 0) return Error{fmt::format("{}: is empty", path)};
  return open(*std::move(bytes), path);
}

Result<NpzFile> NpzFile::open(Bytes bytes, const std::string& name) {
  Result<ZipReader> zip = ZipReader::open(std::move(bytes), name);
  if (!zip) return Error{zip.error()};
  NpzFile file(*std::move(zip));
  for (const ZipEntry& entry : file.zip_.entries()) {
    Result<NpyHeader> header = read_header(file.zip_, entry);
    if (!header) return Error{header.error()};
    file.entries_.push_back({array_name(entry.name), header->dtype, std::move(header->shape)});
  }
  return file;
}

Result<Array> NpzFile::read(size_t entry) const {
  const ZipEntry& zipped = zip_.entries()[entry];
  const Result<Bytes> bytes = zip_.read(zipped, kArrayLimit);
  if (!bytes) return Error{bytes.error()};
  return parse_npy(bytes->view(), label(zip_, zipped));
}

Result<NamedArrays> read_arrays(const std::string& path) {
  Result<Bytes> bytes = read_file(path);
  if (!bytes) return Error{bytes.error()};
  if (bytes->size() == 0) return Error{fmt::format("{}: is empty", path)};
  NamedArrays arrays;
  if (looks_like_npy(bytes->text())) {
    Result<Array> array = parse_npy(bytes->view(), path);
    if (!array) return Error{array.error()};
    arrays.emplace_back("", *std::move(array));
    return arrays;
  }
  if (!ZipReader::looks_like_zip(bytes->text())) return Error{fmt::format("{}: is neither an .npz archive nor an .npy array", path)};
  const Result<NpzFile> file = NpzFile::open(*std::move(bytes), path);
  if (!file) return Error{file.error()};
  for (size_t i = 0; i < file->entries().size(); ++i) {
    Result<Array> array = file->read(i);
    if (!array) return Error{array.error()};
    arrays.emplace_back(file->entries()[i].name, *std::move(array));
  }
  return arrays;
}

Result<Done> write_npz(const std::string& path, const NamedArrays& arrays) {
  std::unordered_set<std::string_view> names;
  std::vector<std::vector<std::byte>> made(2 * arrays.size());  // headers and the characters of strings, alive until save()
  ZipWriter zip;
  for (size_t i = 0; i < arrays.size(); ++i) {
    const auto& [name, array] = arrays[i];
    if (!names.insert(name).second) return Error{fmt::format("{}: two arrays are named '{}'", path, name)};
    made[2 * i] = npy_header(array);
    if (array.dtype == DType::string) made[2 * i + 1] = npy_text(array);
    const std::span<const std::byte> elements = array.dtype == DType::string ? made[2 * i + 1] : array.bytes;
    zip.add(name + ".npy", std::vector<std::span<const std::byte>>{made[2 * i], elements});
  }
  return zip.save(path);
}

}  // namespace keratin
