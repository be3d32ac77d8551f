#include "compiler/import/archive.h"

#include <zip.h>

#include <catch2/catch.hpp>

#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

using Catch::Contains;
using Entries = std::vector<std::pair<std::string, std::string>>;

/// A zip archive made by libzip.
void write_zip(const std::string& path, const Entries& entries, int method) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  REQUIRE(archive);
  for (const auto& [name, content] : entries) {
    const zip_int64_t index = zip_file_add(archive, name.c_str(), zip_source_buffer(archive, content.data(), content.size(), 0),
                                           ZIP_FL_ENC_UTF_8);
    REQUIRE(index >= 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
  }
  REQUIRE(zip_close(archive) == 0);
}

Result<KerasArchive> open(const TestFolder& folder, const std::string& name) {
  return KerasArchive::open(read_file(folder.path(name)).value(), name);
}

TEST_CASE("stored and deflated archives are read") {
  for (const int method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
    const TestFolder folder;
    write_zip(folder.path("m.keras"),
              {{"metadata.json", R"({"keras_version": "3.15.1"})"}, {"config.json", R"({"a": 1})"}, {"model.weights.h5", "weights"},
               {"assets/", ""}, {"assets/l/vocabulary.txt", "a\nb"}},
              method);
    const Result<KerasArchive> archive = open(folder, "m.keras");
    REQUIRE(archive.ok());
    CHECK(archive->config()->dump() == R"({"a": 1})");
    CHECK(archive->metadata()->find("keras_version")->as_string() == "3.15.1");
    CHECK(archive->weights()->text() == "weights");
    CHECK(archive->assets() == std::vector<std::string>{"l/vocabulary.txt"});
    CHECK(archive->asset("l/vocabulary.txt")->text() == "a\nb");
    CHECK(archive->asset("other").error() == "m.keras: the archive holds no assets/other");
  }
}

TEST_CASE("missing parts are named") {
  const TestFolder folder;
  write_zip(folder.path("m.keras"), {{"readme", "x"}}, ZIP_CM_STORE);
  const Result<KerasArchive> archive = open(folder, "m.keras");
  CHECK(archive->config().error() == "m.keras: the archive holds no config.json");
  CHECK(archive->weights().error() == "m.keras: the archive holds no model.weights.h5");
  CHECK(archive->metadata()->is_null());
  write_zip(folder.path("n.keras"), {{"model.weights.npz", "x"}}, ZIP_CM_STORE);
  CHECK_THAT(open(folder, "n.keras")->weights().error(), Contains("n.keras: model.weights.npz holds pickled Python objects"));
}

TEST_CASE("entries that point outside are refused by name") {
  const TestFolder folder;
  for (const char* name : {"../x", "/etc/passwd", "a/../../x", "a\\..\\x", "C:x", "..", "\\x"}) {
    write_zip(folder.path("m.keras"), {{"config.json", "{}"}, {name, "x"}}, ZIP_CM_STORE);
    const Result<KerasArchive> archive = open(folder, "m.keras");
    REQUIRE_FALSE(archive.ok());
    CHECK(archive.error() == "m.keras: the archive entry '" + std::string(name) + "' points outside of the archive");
  }
  write_zip(folder.path("m.keras"), {{"..a/b..", "x"}, {"a/...", "x"}}, ZIP_CM_STORE);
  CHECK(open(folder, "m.keras").ok());
}

TEST_CASE("two entries of one name are refused") {
  const TestFolder folder;
  write_zip(folder.path("m.keras"), {{"config.json", "{}"}, {"config.jsox", "{}"}}, ZIP_CM_STORE);
  std::string content = folder.read("m.keras");
  for (size_t at = 0; (at = content.find("config.jsox", at)) != std::string::npos;) content.replace(at, 11, "config.json");
  folder.write("m.keras", content);
  CHECK(open(folder, "m.keras").error() == "m.keras: the archive holds two entries named 'config.json'");
}

TEST_CASE("entries that inflate to absurd sizes are refused") {
  const TestFolder folder;
  const auto blanks = [](size_t mebibytes) { return std::string(mebibytes << 20, ' '); };
  write_zip(folder.path("m.keras"), {{"config.json", blanks(65)}, {"metadata.json", blanks(4)}}, ZIP_CM_DEFLATE);
  const Result<KerasArchive> archive = open(folder, "m.keras");
  CHECK(archive->config().error() == "m.keras: config.json: inflates to 68157440 bytes, at most 67108864 are allowed");
  CHECK_THAT(archive->metadata().error(),
             Contains("m.keras: metadata.json: ") && Contains("bytes inflate to 4194304, more than 200 times as many"));
}

TEST_CASE("damage is found by the CRC, and cut archives by their missing directory") {
  const TestFolder folder;
  write_zip(folder.path("m.keras"), {{"config.json", R"({"class_name": "Sequential"})"}}, ZIP_CM_STORE);
  std::string content = folder.read("m.keras");
  const size_t at = content.find("Sequential");
  REQUIRE(at != std::string::npos);
  std::string damaged = content;
  damaged[at] = 'T';
  folder.write("damaged", damaged);
  CHECK(open(folder, "damaged")->config().error() == "damaged: config.json: is damaged: CRC error");
  folder.write("cut", content.substr(0, content.size() - 10));
  CHECK(open(folder, "cut").error() == "cut: the zip archive is cut off or damaged: its directory is missing");
}

TEST_CASE("texts that are no JSON are named with their entry") {
  const TestFolder folder;
  write_zip(folder.path("m.keras"), {{"config.json", "{\"a\": "}}, ZIP_CM_STORE);
  CHECK(open(folder, "m.keras")->config().error() == "m.keras: config.json: not JSON at byte 7: unexpected end of text");
}

TEST_CASE("a zipped SavedModel is told from an archive") {
  const TestFolder folder;
  write_zip(folder.path("m.zip"), {{"model/saved_model.pb", "x"}}, ZIP_CM_STORE);
  CHECK_THAT(open(folder, "m.zip").error(), Contains("m.zip: is a zipped TensorFlow SavedModel"));
}

}  // namespace
}  // namespace keratin
