#include <algorithm>

#include "training_models.h"

using Catch::Matchers::Contains;

namespace {

/// An archive of three arrays.
std::string written(const TestDirectory& directory, kr::UInt64 zip64_from = 0xffffffffu) {
  const std::string path = directory.file("weights.npz");
  std::filesystem::remove(path);
  const float kernel[6] = {1, 2, 3, 4, 5, -6.5f};
  const kr::Int64 step = 42;
  const bool flags[3] = {true, false, true};
  kr::NpzWriter file(zip64_from);
  REQUIRE(file.open(path).ok());
  REQUIRE(file.add("dense/kernel", {2, 3}, kernel).ok());
  REQUIRE(file.add("optimizer/iteration", {}, &step).ok());
  REQUIRE(file.add("flags", {3}, flags).ok());
  REQUIRE(file.add("empty", {0, 4}, kernel).ok());
  CHECK_FALSE(std::filesystem::exists(path));  // not before it is complete
  REQUIRE(file.close().ok());
  return path;
}

void check_content(const std::string& path) {
  kr::NpzReader file;
  const kr::Outcome opened = file.open(path);
  INFO(opened.message);
  REQUIRE(opened.ok());
  REQUIRE(file.entries().size() == 4);
  const kr::NpzEntry* kernel = file.find("dense/kernel");
  REQUIRE(kernel);
  CHECK(kernel->type == "<f4");
  CHECK(kernel->shape == std::vector<kr::Size>{2, 3});
  REQUIRE(kernel->bytes == 24);
  float values[6];
  REQUIRE(file.read(*kernel, values).ok());
  CHECK(values[5] == -6.5f);
  kr::Int64 step = 0;
  REQUIRE(file.find("optimizer/iteration")->shape.empty());
  REQUIRE(file.read(*file.find("optimizer/iteration"), &step).ok());
  CHECK(step == 42);
  CHECK(file.find("flags")->type == "|b1");
  CHECK(file.find("empty")->bytes == 0);
  CHECK(file.read(*file.find("empty"), values).ok());
  CHECK_FALSE(file.find("bias"));
}

void write_file(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

}  // namespace

TEST_CASE("archives are read as they were written, with small and with zip64 sizes") {
  const TestDirectory directory("npz");
  check_content(written(directory));
  const std::string content = content_of(directory.file("weights.npz"));
  REQUIRE(kr::NpzWriter().open(directory.file("weights.npz")).ok());  // one that is begun and given up does not touch the file
  CHECK(content_of(directory.file("weights.npz")) == content);
  check_content(written(directory));
  CHECK(content_of(directory.file("weights.npz")) == content);  // equal content, equal bytes; a file that is there is replaced
  check_content(written(directory, 200));  // sizes or offsets beyond are zip64
  CHECK(content_of(directory.file("weights.npz")).size() > content.size());
  check_content(written(directory, 0));
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path), {}) == 1);
}

TEST_CASE("an archive that is not finished leaves nothing behind") {
  const TestDirectory directory("npz_open");
  {
    kr::NpzWriter file;
    REQUIRE(file.open(directory.file("a.npz")).ok());
    const float one = 1;
    REQUIRE(file.add("one", {}, &one).ok());
  }
  CHECK(std::filesystem::is_empty(directory.path));
  kr::NpzWriter file;
  const kr::Outcome failed = file.open(directory.file("none/a.npz"));
  CHECK(failed.code == kr::StatusCode::io_error);
  CHECK_THAT(failed.message, Contains("none/a.npz: cannot be written"));
  CHECK_FALSE(file.close().ok());
}

TEST_CASE("damaged archives are refused, whatever byte is wrong") {
  const TestDirectory directory("npz_damaged");
  const std::string whole = content_of(written(directory)), path = directory.file("damaged.npz");
  const auto reads = [&](const std::string& content) {
    write_file(path, content);
    kr::NpzReader file;
    if (!file.open(path)) return std::string("refused");
    std::string all;
    for (const kr::NpzEntry& entry : file.entries()) {
      std::string bytes(static_cast<size_t>(entry.bytes), '\0');
      if (!file.read(entry, &bytes[0])) return std::string("refused");
      all += entry.name + entry.type + bytes;
      for (kr::Size extent : entry.shape) all += std::to_string(extent) + ",";
    }
    return all;
  };
  const std::string right = reads(whole);
  REQUIRE(right != "refused");
  for (size_t length = 0; length < whole.size(); ++length) REQUIRE(reads(whole.substr(0, length)) == "refused");
  int other = 0;
  for (size_t at = 0; at < whole.size(); ++at)
    for (const int bit : {0, 7}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      const std::string result = reads(damaged);
      // Only names and what zip repeats (times, versions, the local header) may differ unnoticed: never a value, a type or a shape.
      if (result != "refused" && result != right) {
        ++other;
        const size_t directory_begin = whole.find("PK\x01\x02");
        CHECK(at >= directory_begin);
      }
    }
  CHECK(other < 120);
}

TEST_CASE("what other programs write is read, or refused by name") {
  const TestDirectory directory("npz_other");
  const std::string path = directory.file("other.npz");
  const float values[4] = {1, 2, 3, 4};
  const auto opened = [&](const char* type, const std::vector<kr::Size>& shape, kr::Size bytes) {
    kr::NpzWriter writer;
    REQUIRE(writer.open(path).ok());
    REQUIRE(writer.add("array", type, shape, values, bytes).ok());
    REQUIRE(writer.close().ok());
    kr::NpzReader reader;
    return reader.open(path).message;
  };
  CHECK(opened("<f4", {2, 2}, 16) == "");
  CHECK_THAT(opened(">f4", {4}, 16), Contains("other.npz: array is of type '>f4'"));
  CHECK_THAT(opened("|O", {2}, 16), Contains("is of type '|O'"));
  CHECK_THAT(opened("<f4", {5}, 16), Contains("another number of elements than its shape says"));
  CHECK_THAT(opened("<f4", {1 << 30, 1 << 30, 1 << 30}, 16), Contains("array has"));
  CHECK(opened("<U2", {2}, 16) == "");
  opened("<f4", {2, 2}, 16);
  std::string content = content_of(path);
  content.replace(content.find("False"), 5, "True ");
  write_file(path, content);
  kr::NpzReader reader;
  CHECK_THAT(reader.open(path).message, Contains("array is in Fortran's order"));
  opened("<f4", {4}, 16);
  content = content_of(path);
  content[content.find("PK\x01\x02") + 10] = 8;
  write_file(path, content);
  CHECK_THAT(reader.open(path).message, Contains("array is compressed; numpy.savez stores arrays as they are"));
  write_file(path, "no archive at all, but long enough to hold an end record");
  CHECK_THAT(reader.open(path).message, Contains("is no zip archive"));
  CHECK_THAT(reader.open(directory.file("absent.npz")).message, Contains("absent.npz: cannot be read"));
}
