#include "compiler/data/file_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace keratin {

namespace {

struct FileDescriptor {
  int fd;
  ~FileDescriptor() {
    if (fd >= 0) close(fd);
  }
};

Error system_error(const std::string& path) {
  const int code = errno;
  if (code == ENOENT) return Error{fmt::format("{}: no such file", path)};
  if (code == EISDIR) return Error{fmt::format("{}: is a directory", path)};
  return Error{fmt::format("{}: cannot be read: {}", path, std::strerror(code))};
}

Result<Bytes> read_stream(int fd, const std::string& path) {
  auto content = std::make_shared<std::vector<std::byte>>();
  constexpr size_t kChunk = 1 << 16;
  while (true) {
    const size_t before = content->size();
    content->resize(before + kChunk);
    const ssize_t got = read(fd, content->data() + before, kChunk);
    if (got < 0 && errno != EINTR) return system_error(path);
    content->resize(before + static_cast<size_t>(got > 0 ? got : 0));
    if (got == 0) break;
  }
  const std::span<const std::byte> view(*content);
  return Bytes(std::move(content), view);
}

}  // namespace

Bytes Bytes::copy_of(std::span<const std::byte> bytes) {
  auto [copy, memory] = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
  return copy;
}

std::pair<Bytes, std::byte*> Bytes::allocate(size_t size) {
  std::shared_ptr<std::byte[]> memory(new std::byte[size]);  // not cleared: it is written once anyway
  std::byte* data = memory.get();
  return {Bytes(std::move(memory), {data, size}), data};
}

Result<Bytes> read_file(const std::string& path) {
  const FileDescriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return system_error(path);
  struct stat status {};
  if (fstat(file.fd, &status) != 0) return system_error(path);
  if (S_ISDIR(status.st_mode)) return Error{fmt::format("{}: is a directory", path)};
  const size_t size = static_cast<size_t>(status.st_size);
  if (S_ISREG(status.st_mode) && size > 0) {
    void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (memory != MAP_FAILED) {
      std::shared_ptr<const void> owner(memory, [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
      return Bytes(std::move(owner), {static_cast<const std::byte*>(memory), size});
    }
  }
  return read_stream(file.fd, path);
}

}  // namespace keratin
