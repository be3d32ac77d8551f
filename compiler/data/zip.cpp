#include "compiler/data/zip.h"

#include <fmt/format.h>
#include <zip.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace keratin {

namespace {

constexpr uint64_t kMaxRatio = 200;

/// libzip's description of an error, with the lower case of our messages.
std::string reason(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z' && (text.size() < 2 || text[1] >= 'a')) text[0] = static_cast<char>(text[0] + 32);
  return text;
}

struct ErrorHolder {
  zip_error_t error;
  ErrorHolder() { zip_error_init(&error); }
  ~ErrorHolder() { zip_error_fini(&error); }
};

struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

Result<ZipReader> ZipReader::open(Bytes bytes, std::string name) {
  ZipReader reader;
  reader.name_ = std::move(name);
  reader.bytes_ = std::move(bytes);
  ErrorHolder holder;
  zip_source_t* source = zip_source_buffer_create(reader.bytes_.view().data(), reader.bytes_.size(), 0, &holder.error);
  zip_t* archive = source ? zip_open_from_source(source, ZIP_RDONLY, &holder.error) : nullptr;
  if (!archive) {
    if (source) zip_source_free(source);
    if (zip_error_code_zip(&holder.error) == ZIP_ER_NOZIP || zip_error_code_zip(&holder.error) == ZIP_ER_INCONS)
      return Error{fmt::format("{}: the zip archive is cut off or damaged: its directory is missing", reader.name_)};
    return Error{fmt::format("{}: the zip archive cannot be opened: {}", reader.name_, reason(holder.error))};
  }
  reader.zip_ = std::shared_ptr<zip>(archive, [](zip_t* open) { zip_discard(open); });

  const zip_int64_t count = zip_get_num_entries(archive, 0);
  reader.entries_.reserve(static_cast<size_t>(count));
  for (zip_int64_t i = 0; i < count; ++i) {
    const uint64_t index = static_cast<uint64_t>(i);
    zip_stat_t status;
    if (zip_stat_index(archive, index, 0, &status) != 0 || !(status.valid & ZIP_STAT_NAME) || !(status.valid & ZIP_STAT_SIZE) ||
        !(status.valid & ZIP_STAT_COMP_SIZE))
      return Error{fmt::format("{}: the zip archive is damaged: entry {} has no description", reader.name_, i)};
    const std::string_view entry_name = status.name;
    if (entry_name.ends_with('/')) continue;
    reader.entries_.push_back({std::string(entry_name), index, status.size, status.comp_size});
  }
  for (size_t i = 0; i < reader.entries_.size(); ++i)
    if (!reader.by_name_.emplace(reader.entries_[i].name, i).second)
      return Error{fmt::format("{}: the archive holds two entries named '{}'", reader.name_, reader.entries_[i].name)};
  return reader;
}

const ZipEntry* ZipReader::find(std::string_view entry_name) const {
  const auto found = by_name_.find(entry_name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

Error ZipReader::fail(const ZipEntry& entry, const std::string& what) const {
  return Error{fmt::format("{}: {}: {}", name_, entry.name, what)};
}

Result<Bytes> ZipReader::read(const ZipEntry& entry, InflateLimit limit) const {
  if (entry.size > limit.bytes) return fail(entry, fmt::format("inflates to {} bytes, at most {} are allowed", entry.size, limit.bytes));
  if (entry.stored_size > bytes_.size()) return fail(entry, "is longer than the whole archive");
  if (entry.size > limit.free_bytes && entry.size / kMaxRatio > entry.stored_size)
    return fail(entry, fmt::format("{} bytes inflate to {}, more than {} times as many", entry.stored_size, entry.size, kMaxRatio));
  // No entry inflates more than 1032-fold: a claim beyond it is damage, found before the memory is asked for.
  if (entry.size / 1040 > entry.stored_size + 64) return fail(entry, "claims a size that its content cannot inflate to");
  return read_bytes(entry, static_cast<size_t>(entry.size), true);
}

Result<Bytes> ZipReader::read_head(const ZipEntry& entry, size_t size) const {
  const bool whole = entry.size <= size;
  return read_bytes(entry, whole ? static_cast<size_t>(entry.size) : size, whole);
}

Result<Bytes> ZipReader::read_bytes(const ZipEntry& entry, size_t size, bool whole) const {
  zip_stat_t status;
  if (zip_stat_index(zip_.get(), entry.index, 0, &status) != 0) return fail(entry, "cannot be read");
  if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) && status.encryption_method != ZIP_EM_NONE) return fail(entry, "is encrypted");
  if ((status.valid & ZIP_STAT_COMP_METHOD) && status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
    return fail(entry, fmt::format("is compressed by method {}; stored and deflated entries can be read", status.comp_method));
  const std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(zip_.get(), entry.index, 0));
  if (!file) return fail(entry, "cannot be read: " + reason(*zip_get_error(zip_.get())));

  auto [bytes, memory] = Bytes::allocate(size);
  size_t got = 0;
  while (got < size) {
    const zip_int64_t part = zip_fread(file.get(), memory + got, size - got);
    if (part < 0) return fail(entry, "is damaged: " + reason(*zip_file_get_error(file.get())));
    if (part == 0) return fail(entry, fmt::format("is cut off after {} of {} bytes", got, size));
    got += static_cast<size_t>(part);
  }
  if (whole) {  // libzip compares the CRC when it meets the end
    char more = 0;
    const zip_int64_t extra = zip_fread(file.get(), &more, 1);
    if (extra < 0) return fail(entry, "is damaged: " + reason(*zip_file_get_error(file.get())));
    if (extra > 0) return fail(entry, fmt::format("is damaged: longer than the {} bytes it claims", size));
  }
  return std::move(bytes);
}

void ZipWriter::add(std::string entry_name, std::vector<std::byte> content) {
  entries_.push_back({std::move(entry_name), std::move(content), {}});
}

void ZipWriter::add(std::string entry_name, std::vector<std::span<const std::byte>> content) {
  entries_.push_back({std::move(entry_name), {}, std::move(content)});
}

void ZipWriter::add(std::string entry_name, std::string_view content) {
  const std::byte* begin = reinterpret_cast<const std::byte*>(content.data());
  add(std::move(entry_name), std::vector<std::byte>(begin, begin + content.size()));
}

namespace {

/// libzip deletes the file of an archive without entries, so that one is written by hand.
Result<Done> save_empty(const std::string& path) {
  static constexpr char kEndRecord[22] = {'P', 'K', 5, 6};
  const std::string temporary = path + ".part";
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (!file) return Error{fmt::format("{}: cannot be written: {}", path, std::strerror(errno))};
  const bool written = std::fwrite(kEndRecord, sizeof kEndRecord, 1, file) == 1;
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error{fmt::format("{}: cannot be written: {}", path, std::strerror(errno))};
    std::remove(temporary.c_str());
    return error;
  }
  return Done{};
}

}  // namespace

Result<Done> ZipWriter::save(const std::string& path) const {
  if (entries_.empty()) return save_empty(path);
  int code = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);  // written beside and renamed by zip_close
  if (!archive) {
    ErrorHolder holder;
    zip_error_init_with_code(&holder.error, code);
    return Error{fmt::format("{}: cannot be written: {}", path, reason(holder.error))};
  }
  const auto fail = [&] {
    const Error error{fmt::format("{}: cannot be written: {}", path, reason(*zip_get_error(archive)))};
    zip_discard(archive);
    return error;
  };
  for (const Entry& entry : entries_) {
    std::vector<zip_buffer_fragment_t> fragments;
    const auto append = [&](std::span<const std::byte> part) {
      // libzip does not write to it; its type is for owners
      if (!part.empty()) fragments.push_back({reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(part.data())), part.size()});
    };
    append(entry.owned);
    for (const std::span<const std::byte> part : entry.parts) append(part);
    zip_source_t* source = zip_source_buffer_fragment(archive, fragments.data(), fragments.size(), 0);
    if (!source) return fail();
    const zip_int64_t index = zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return fail();
    }
    const zip_uint64_t position = static_cast<zip_uint64_t>(index);
    constexpr zip_uint16_t kFirstDay = 0x21;  // 1980-01-01, where zip's calendar begins
    if (zip_set_file_compression(archive, position, ZIP_CM_STORE, 0) != 0 || zip_file_set_dostime(archive, position, 0, kFirstDay, 0) != 0)
      return fail();
  }
  if (zip_close(archive) != 0) return fail();
  return Done{};
}

}  // namespace keratin
