#include "compiler/write_files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace keratin {

namespace {

bool holds(const std::string& path, std::string_view content) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) != content.size() || error) return false;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return false;
  std::string present(content.size() + 1, '\0');
  const size_t read = std::fread(present.data(), 1, present.size(), file);
  std::fclose(file);
  return read == content.size() && std::memcmp(present.data(), content.data(), read) == 0;
}

}  // namespace

Result<Done> write_file(const std::string& path, std::string_view content) {
  if (holds(path, content)) return Done{};
  const std::string beside = fmt::format("{}.{}.tmp", path, ::getpid());
  const auto failed = [&]() -> Result<Done> {
    const std::string reason = std::strerror(errno);
    std::remove(beside.c_str());
    return Error{fmt::format("{}: cannot be written: {}", path, reason)};
  };
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  if (!file) return failed();
  const bool whole = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  if (std::fclose(file) != 0 || !whole) return failed();
  if (std::rename(beside.c_str(), path.c_str()) != 0) return failed();
  return Done{};
}

Result<Done> write_bundle(const Bundle& bundle, const std::string& directory) {
  std::error_code error;
  for (const EmittedFile& file : bundle.files) {
    const std::filesystem::path parent = (std::filesystem::path(directory) / file.name).parent_path();
    std::filesystem::create_directories(parent, error);
    if (error) return Error{fmt::format("{}: cannot be created: {}", parent.string(), error.message())};
    if (Result<Done> written = write_file((std::filesystem::path(directory) / file.name).string(), file.content); !written) return written;
  }
  return Done{};
}

}  // namespace keratin
