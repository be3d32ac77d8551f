#include "compiler/import/hdf5.h"

#include <hdf5.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "tests/compiler/import/hdf5_writer.h"

namespace keratin {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;

Hdf5File open(const Hdf5Writer& writer) {
  Result<Hdf5File> file = Hdf5File::open(writer.image(), "x.h5");
  INFO((file ? "" : file.error()));
  REQUIRE(file.ok());
  return *std::move(file);
}

std::string open_error(const Hdf5Writer& writer) {
  const Result<Hdf5File> file = Hdf5File::open(writer.image(), "x.h5");
  return file ? "" : file.error();
}

TEST_CASE("datasets of every element type are read") {
  for (const bool latest : {false, true}) {
    Hdf5Writer writer(latest);
    const std::vector<Array> arrays = {Array::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}),
                                       Array::of<double>({}, {2.5}),
                                       Array::of<int8_t>({2}, {-1, 1}),
                                       Array::of<uint8_t>({2}, {1, 255}),
                                       Array::of<int32_t>({1}, {-7}),
                                       Array::of<int64_t>({1}, {int64_t{1} << 40}),
                                       Array::of<uint16_t>({1, 1}, {65535}),
                                       Array::zeros(DType::float32, {0, 5})};
    writer.group("g");
    for (size_t i = 0; i < arrays.size(); ++i) writer.dataset("g/d" + std::to_string(i), arrays[i]);
    const Hdf5File file = open(writer);
    REQUIRE(file.datasets().size() == arrays.size());
    for (size_t i = 0; i < arrays.size(); ++i) {
      const Hdf5Dataset* dataset = file.find("g/d" + std::to_string(i));
      REQUIRE(dataset);
      CHECK(dataset->dtype == arrays[i].dtype);
      CHECK(dataset->shape == arrays[i].shape);
      CHECK(file.read(*dataset).value() == arrays[i]);
    }
    CHECK(file.has_group("g"));
    CHECK(file.has_group(""));
    CHECK_FALSE(file.has_group("g/d0"));
    CHECK(file.members("") == Texts{"g"});
    CHECK(file.find("g") == nullptr);
    CHECK(file.find("d0") == nullptr);
  }
}

TEST_CASE("other byte orders, 16-bit floats, booleans and strings are read") {
  Hdf5Writer writer;
  const int32_t swapped[] = {0x01020304, 0x7fffffff};
  writer.dataset("big", H5T_STD_I32BE, H5T_STD_I32BE, {2}, swapped);
  const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_ebias(half, 15);
  H5Tset_size(half, 2);
  const uint16_t half_bits[] = {0x3c00, 0xc000};
  writer.dataset("half", half, half, {2}, half_bits);
  const hid_t truth = H5Tenum_create(H5T_STD_I8LE);
  int8_t value = 0;
  H5Tenum_insert(truth, "FALSE", &value);
  value = 1;
  H5Tenum_insert(truth, "TRUE", &value);
  const int8_t flags[] = {1, 0, 1};
  writer.dataset("flags", truth, truth, {3}, flags);
  const hid_t raw = H5Tcreate(H5T_OPAQUE, 2);
  const uint16_t brain[] = {0x3f80, 0xc000};
  writer.dataset("brain", raw, raw, {2}, brain);
  writer.text_attribute("brain", "dtype", "bfloat16");
  writer.dataset("void", raw, raw, {2}, brain);
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, 3);
  H5Tset_strpad(text, H5T_STR_NULLPAD);
  writer.dataset("fixed", text, text, {2}, "abcd\0\0");
  const hid_t variable = H5Tcopy(H5T_C_S1);
  H5Tset_size(variable, H5T_VARIABLE);
  const char* words[] = {"one", "", "three"};
  writer.dataset("words", variable, variable, {3}, words);
  for (const hid_t type : {half, truth, raw, text, variable}) H5Tclose(type);

  const Hdf5File file = open(writer);
  const auto read = [&](const char* path) { return file.read(*file.find(path)).value(); };
  CHECK(read("big") == Array::of<int32_t>({2}, {0x04030201, -129}));
  CHECK(read("half").dtype == DType::float16);
  CHECK(read("half").as<float>() == std::vector<float>{1, -2});
  CHECK(read("flags") == Array::of<bool>({3}, {true, false, true}));
  CHECK(read("brain").dtype == DType::bfloat16);
  CHECK(read("brain").as<float>() == std::vector<float>{1, -2});
  CHECK(read("fixed") == Array::of_strings({2}, {"abc", "d"}));
  CHECK(read("words") == Array::of_strings({3}, {"one", "", "three"}));
  CHECK(file.read(*file.find("void")).error() == "x.h5: dataset 'void' has elements of type void, which cannot be read");
}

TEST_CASE("chunked, compressed and unwritten datasets are read") {
  Hdf5Writer writer;
  std::vector<float> values(600);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17);
  const Array array = Array::of<float>({20, 30}, values);
  writer.chunked("packed", array, {7, 8}, true);
  writer.chunked("plain", array, {20, 30}, false);
  writer.unwritten("zeros", {2, 2}, std::nullopt);
  writer.unwritten("filled", {2, 2}, 2.5f);
  const Hdf5File file = open(writer);
  CHECK(file.read(*file.find("packed")).value() == array);
  CHECK(file.read(*file.find("plain")).value() == array);
  CHECK(file.read(*file.find("zeros")).value() == Array::zeros(DType::float32, {2, 2}));
  CHECK(file.read(*file.find("filled")).value() == Array::of<float>({2, 2}, {2.5f, 2.5f, 2.5f, 2.5f}));
  CHECK(file.read(*file.find("plain"), 2399).error() ==
        "x.h5: dataset 'plain' of shape (20, 30) takes 2400 bytes, at most 2399 are allowed");
}

TEST_CASE("a huge claim of a chunked dataset is refused before memory is asked for") {
  Hdf5Writer writer;
  writer.chunked_without_chunks("huge", {int64_t{1} << 30, int64_t{1} << 7});
  const Hdf5File file = open(writer);
  CHECK_THAT(file.read(*file.find("huge")).error(), Contains("claims 549755813888 bytes in a file of"));
}

TEST_CASE("attributes are read in every form that h5py writes") {
  for (const bool latest : {false, true}) {
    Hdf5Writer writer(latest);
    writer.group("layers");
    writer.text_attribute("", "backend", "tensorflow");
    writer.fixed_text_attribute("", "fixed", {"a", "bcd"}, 3);
    writer.list_attribute("layers", "names", {"dense", "", "conv"});
    writer.list_attribute("layers", "split0", {"a", "b"});
    writer.list_attribute("layers", "split1", {"c"});
    writer.empty_float_attribute("layers", "none");
    writer.dataset("layers/d", Array::of<float>({1}, {1}));
    writer.text_attribute("layers/d", "name", std::string(3000, 'x'));
    const Hdf5File file = open(writer);
    CHECK(file.text_attribute("", "backend").value() == "tensorflow");
    CHECK(file.attribute("", "fixed")->value() == Array::of_strings({2}, {"a", "bcd"}));
    CHECK(file.list_attribute("layers", "names").value() == Texts{"dense", "", "conv"});
    CHECK(file.list_attribute("layers", "split").value() == Texts{"a", "b", "c"});
    CHECK(file.list_attribute("layers", "none").value() == Texts{});
    CHECK(file.list_attribute("layers", "absent").value() == std::nullopt);
    CHECK(file.text_attribute("layers/d", "name").value() == std::string(3000, 'x'));
    CHECK(file.text_attribute("layers", "absent").value() == std::nullopt);
    CHECK(file.text_attribute("absent", "name").value() == std::nullopt);
    CHECK_THAT(file.text_attribute("layers", "names").error(), Contains("the attribute 'names' is no text"));
    CHECK(file.attribute("layers", "none")->value() == Array::zeros(DType::float64, {0}));
  }
}

TEST_CASE("large groups have trees of several levels") {
  Hdf5Writer writer;
  constexpr int kCount = 3000;
  for (int i = 0; i < kCount; ++i) writer.dataset("d" + std::to_string(i), Array::of<int32_t>({}, {i}));
  const Hdf5File file = open(writer);
  REQUIRE(file.datasets().size() == kCount);
  for (const int i : {0, 1, 77, 2999}) CHECK(file.read(*file.find("d" + std::to_string(i)))->as<int32_t>() == std::vector<int32_t>{i});
}

TEST_CASE("what is outside of the file or in another form is refused by name") {
  Hdf5Writer soft;
  soft.soft_link("link", "/target");
  CHECK(open_error(soft) == "x.h5: the HDF5 file holds the soft link 'link', which cannot be read");
  Hdf5Writer circle;
  circle.group("a");
  circle.hard_link("/", "a/up");
  CHECK_THAT(open_error(circle), Contains("holds a group under two names"));
  Hdf5Writer dense(true);
  for (int i = 0; i < 20; ++i) dense.group("g" + std::to_string(i));
  CHECK_THAT(open_error(dense), Contains("stores the links of a group densely"));
  Hdf5Writer external;
  external.external("outside", "/etc/hostname");
  const Hdf5File file = open(external);
  CHECK(file.read(*file.find("outside")).error() ==
        "x.h5: dataset 'outside' keeps its elements outside of this file, where they are not read");
  Hdf5Writer attributes(true);
  for (int i = 0; i < 20; ++i) attributes.text_attribute("", "a" + std::to_string(i), "x");
  CHECK_THAT(open(attributes).text_attribute("", "a3").error(), Contains("stores attributes densely"));
}

TEST_CASE("rarer features are refused by name, and do not hide the rest of the file") {
  Hdf5Writer link;
  link.external_link("elsewhere", "/etc/other.h5", "/d");
  CHECK(open_error(link) == "x.h5: the HDF5 file holds the external link 'elsewhere', which cannot be read");
  Hdf5Writer writer(true);
  writer.virtual_dataset("virtual", "/etc/other.h5", "d");
  writer.committed_type("type", "named");
  writer.chunked_texts("texts", {"a", "b"});
  writer.dataset("plain", Array::of<float>({1}, {1}));
  const Hdf5File file = open(writer);
  const auto error = [&](const char* path) { return file.read(*file.find(path)).error(); };
  CHECK(error("virtual") == "x.h5: dataset 'virtual' keeps its elements outside of this file, where they are not read");
  CHECK(error("named") == "x.h5: dataset 'named' has elements of type shared, which cannot be read");
  CHECK(error("texts") == "x.h5: dataset 'texts' keeps variable-length strings in chunks, which cannot be read");
  CHECK(file.read(*file.find("plain")).value() == Array::of<float>({1}, {1}));
}

TEST_CASE("files that are cut off say so") {
  Hdf5Writer writer;
  writer.dataset("d", Array::of<float>({2}, {1, 2}));
  const Bytes image = writer.image();
  const auto error_at = [&](size_t size) {
    const Result<Hdf5File> file = Hdf5File::open(Bytes::copy_of(image.view().first(size)), "x.h5");
    return file ? "" : file.error();
  };
  CHECK(error_at(0) == "x.h5: is no HDF5 file");
  CHECK(error_at(20) == "x.h5: the HDF5 file is cut off in its first bytes");
  CHECK_THAT(error_at(image.size() - 1), Contains("the HDF5 file is cut off: "));
  CHECK_THAT(error_at(image.size() / 2), Contains("the HDF5 file is cut off: "));
}

}  // namespace
}  // namespace keratin
