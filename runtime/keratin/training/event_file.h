// TensorBoard's event files: TFRecord frames around tensorflow.Event messages, which are encoded here by hand.
//   frame: length (uint64), masked CRC-32C of the length, message, masked CRC-32C of the message; all little endian.
//   Event: wall_time = 1 (double), step = 2 (int64), file_version = 3 (string), summary = 5 (Summary).
//   Summary.Value: tag = 1, tensor = 8 (dtype = 1, tensor_shape = 2, tensor_content = 4), metadata = 9 (plugin_data = 1 (plugin_name = 1)).
#pragma once
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "keratin/training/checksum.h"
#include "keratin/training/outcome.h"
#include "keratin/training/text.h"

KR_BEGIN_NAMESPACE

/// Seconds since 1970.
inline double wall_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// Fields of a protobuf message, appended in the order of the calls.
class Message {
 public:
  Message& varint(int field, UInt64 value) { return key(field, 0).number(value); }
  Message& fixed64(int field, const void* eight) { return key(field, 1).raw(eight, 8); }
  Message& text(int field, const std::string& value) { return key(field, 2).number(value.size()).raw(value.data(), value.size()); }
  Message& nested(int field, const Message& value) { return text(field, value.bytes); }

  std::string bytes;

 private:
  Message& key(int field, int wire) { return number(static_cast<UInt64>(field << 3 | wire)); }
  Message& number(UInt64 value) {
    for (; value >= 128; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
    bytes += static_cast<char>(value);
    return *this;
  }
  Message& raw(const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return *this;
  }
};

/// A frame of a TFRecord file around a message.
inline std::string tfrecord(const std::string& message) {
  const auto little = [](UInt64 value, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += static_cast<char>(value >> 8 * i & 255);
    return text;
  };
  const auto masked = [&](const std::string& text) {
    const UInt32 crc = crc32c(text.data(), static_cast<Size>(text.size()));
    return little(static_cast<UInt32>((crc >> 15 | crc << 17) + 0xa282ead8u), 4);
  };
  const std::string length = little(message.size(), 8);
  return length + masked(length) + message + masked(message);
}

/// One file of scalars. Not to be copied: it is open.
class EventFile {
 public:
  EventFile() = default;
  ~EventFile() { static_cast<void>(close()); }
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  bool is_open() const { return file_ != nullptr; }
  const std::string& path() const { return path_; }

  /// Creates the directory and in it `events.out.tfevents.<seconds>.keratin.<nanoseconds>.<number>.v2`, a name that no other file has.
  Outcome open(const std::string& directory, double now = wall_time()) {
    if (Outcome closed = close(); !closed) return closed;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return io_error(directory + ": cannot be created: " + error.message());
    const UInt64 seconds = static_cast<UInt64>(now);
    const std::string nanoseconds = std::to_string(static_cast<UInt64>((now - static_cast<double>(seconds)) * 1e9));
    const std::string name = "events.out.tfevents." + std::to_string(seconds) + ".keratin." + nanoseconds;
    const std::string front = (std::filesystem::path(directory) / name).string();
    for (int number = 0; !file_ && number < 1000; ++number) {
      path_ = front + "." + std::to_string(number) + ".v2";
      file_ = std::fopen(path_.c_str(), "wbx");
      if (!file_ && errno != EEXIST) break;
    }
    if (!file_) return failed();
    Message event;
    event.fixed64(1, &now).text(3, "brain.Event:2");
    return write(event);
  }

  /// A point of a curve.
  Outcome scalar(const std::string& tag, float value, Int64 step, double now = wall_time()) {
    char four[4];
    std::memcpy(four, &value, 4);
    Message tensor, plugin, metadata, entry, summary, event;
    tensor.varint(1, 1 /* DT_FLOAT */).text(2, "" /* no dimensions */).text(4, std::string(four, 4));
    metadata.nested(1, plugin.text(1, "scalars"));
    entry.text(1, tag).nested(8, tensor).nested(9, metadata);
    event.fixed64(1, &now).varint(2, static_cast<UInt64>(step)).nested(5, summary.nested(1, entry));
    return write(event);
  }

  Outcome flush() { return !file_ || std::fflush(file_) == 0 ? Outcome() : failed(); }
  Outcome close() {
    std::FILE* file = std::exchange(file_, nullptr);
    return !file || std::fclose(file) == 0 ? Outcome() : failed();
  }

 private:
  Outcome write(const Message& event) {
    const std::string frame = tfrecord(event.bytes);
    return std::fwrite(frame.data(), 1, frame.size(), file_) == frame.size() ? Outcome() : failed();
  }
  Outcome failed() const { return io_error(path_ + ": cannot be written: " + std::strerror(errno)); }

  std::string path_;
  std::FILE* file_ = nullptr;
};

KR_END_NAMESPACE
