// Damaged files give an error or other numbers, never a crash. Meant for the asan preset as well.
#include <catch2/catch.hpp>
#include <random>

#include "compiler/import/model_file.h"
#include "tests/compiler/import/model_files.h"
#include "tests/compiler/test_files.h"

#ifdef __SANITIZE_ADDRESS__
// libhdf5 1.10 loses 72 bytes when it refuses an image.
extern "C" const char* __lsan_default_suppressions() { return "leak:H5LTopen_file_image"; }
#endif

namespace keratin {
namespace {

constexpr int kRuns = 700;  // of each file

/// Changes a few bits or bytes, or cuts the end off.
std::string damage(std::string content, std::mt19937& random) {
  const auto below = [&](size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random); };
  static constexpr unsigned char kSpecial[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  const size_t at = below(content.size());
  switch (below(5)) {
    case 0: content[at] = static_cast<char>(content[at] ^ (1 << below(8))); break;
    case 1:
      for (size_t i = 0; i < 4; ++i) content[below(content.size())] ^= static_cast<char>(1 << below(8));
      break;
    case 2:
      for (size_t i = at; i < std::min(content.size(), at + 1 + below(8)); ++i)
        content[i] = static_cast<char>(kSpecial[below(std::size(kSpecial))]);
      break;
    case 3: {  // where the structures are, most addresses are multiples of 8
      const size_t from = below(content.size()) / 8 * 8, to = at / 8 * 8;
      for (size_t i = 0; i < 8 && from + i < content.size() && to + i < content.size(); ++i) content[to + i] = content[from + i];
      break;
    }
    default: content.resize(at);
  }
  return content;
}

/// Reads everything that a file has. True if it was read without an error.
bool read_everything(const std::string& path, const std::optional<std::string>& weights = std::nullopt) {
  const Result<ModelFile> file = read_model_file(path, weights);
  if (!file) {
    CHECK_FALSE(file.error().empty());
    return false;
  }
  bool sound = true;
  if (file->weights) {
    for (const StoredArray& array : file->weights->arrays()) {
      const Result<Array> value = file->weights->read(array);
      sound = sound && value.ok() && file->weights->owner_name(array).ok();
      if (value) CHECK(value->shape == array.shape);
    }
  }
  return sound;
}

TEST_CASE("damaged legacy files") {
  const TestFolder folder;
  const std::string sound(legacy_model().text());
  std::mt19937 random(1);
  int refused = 0;
  for (int run = 0; run < kRuns; ++run) {
    folder.write("m.h5", damage(sound, random));
    refused += !read_everything(folder.path("m.h5"));
  }
  CHECK(refused > kRuns / 10);
}

TEST_CASE("damaged archives") {
  const TestFolder folder;
  write_archive(folder.path("m.keras"), object_weights());
  const std::string sound = folder.read("m.keras");
  REQUIRE(read_everything(folder.path("m.keras")));
  std::mt19937 random(2);
  int refused = 0;
  for (int run = 0; run < kRuns; ++run) {
    folder.write("m.keras", damage(sound, random));
    refused += !read_everything(folder.path("m.keras"));
  }
  CHECK(refused > kRuns / 2);  // the CRC finds what is in the entries
}

TEST_CASE("damaged weights in old and new HDF5 structures") {
  const TestFolder folder;
  folder.write("m.json", kConfig3);
  Hdf5Writer latest(true);
  add_layer_lists(latest, "");
  std::mt19937 random(3);
  for (const std::string& sound : {std::string(object_weights().text()), std::string(latest.image().text())}) {
    int refused = 0;
    for (int run = 0; run < kRuns; ++run) {
      folder.write("w.h5", damage(sound, random));
      refused += !read_everything(folder.path("m.json"), folder.path("w.h5"));
    }
    CHECK(refused > kRuns / 20);
  }
}

TEST_CASE("every truncation is an error") {
  const TestFolder folder;
  const std::string sound(legacy_model().text());
  for (size_t size = 0; size < sound.size(); size += size < 600 ? 1 : 97) {
    folder.write("m.h5", sound.substr(0, size));
    CHECK_FALSE(read_everything(folder.path("m.h5")));
  }
}

}  // namespace
}  // namespace keratin
