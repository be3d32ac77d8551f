// Content -> HDF5 image -> the reader: groups, arrays of every type, attributes as h5py writes them.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "compiler/data/npz.h"
#include "compiler/export/hdf5_content.h"

namespace keratin {
namespace {

std::shared_ptr<const Hdf5File> read_back(const Hdf5Content& content) {
  Result<Bytes> image = hdf5_image(content, "x.h5");
  REQUIRE(image.ok());
  Result<Hdf5File> file = Hdf5File::open(*std::move(image), "x.h5");
  if (!file) FAIL(file.error());
  return std::make_shared<const Hdf5File>(*std::move(file));
}

const std::vector<DType> kNumbers = {DType::boolean, DType::int8, DType::uint8, DType::int16, DType::uint16, DType::int32, DType::uint32,
                                     DType::int64, DType::uint64, DType::float16, DType::bfloat16, DType::float32, DType::float64};

TEST_CASE("arrays of every type and of ranks 0 to 3 are read back") {
  for (const DType dtype : kNumbers) {
    INFO(name_of(dtype));
    Hdf5Content content;
    const NamedArrays arrays = {{"a/b/scalar", Array::of<int64_t>({}, {1}).to(dtype)},
                                {"a/vector", Array::of<int64_t>({3}, {0, 1, 2}).to(dtype)},
                                {"empty", Array::zeros(dtype, {2, 0})},
                                {"a/cube", Array::of<int64_t>({1, 2, 2}, {1, 0, 100, 3}).to(dtype)}};
    for (const auto& [path, array] : arrays) content.set(path, array);
    const auto file = read_back(content);
    CHECK(file->datasets().size() == arrays.size());
    for (const auto& [path, array] : arrays) {
      INFO(path);
      REQUIRE(file->find(path));
      CHECK(*file->read(*file->find(path)) == array);
    }
    CHECK(file->has_group("a/b"));
  }
}

TEST_CASE("texts are read back, of variable and of fixed length") {
  Hdf5Content content;
  content.set("texts", Array::of_strings({2}, {"one", "zwölf"}));
  content.set_text("", "config", std::string(200'000, 'x') + "ü");
  content.set_text("g", "empty", "");
  content.set_attribute("g", {"flags", Array::of<bool>({2}, {true, false}), false});
  const auto file = read_back(content);
  CHECK(*file->read(*file->find("texts")) == Array::of_strings({2}, {"one", "zwölf"}));
  CHECK(*file->text_attribute("", "config") == std::string(200'000, 'x') + "ü");
  CHECK(*file->text_attribute("g", "empty") == "");
  CHECK(**file->attribute("g", "flags") == Array::of<bool>({2}, {true, false}));
}

TEST_CASE("lists of names are split where an attribute would be too long, and an empty one is of floats") {
  std::vector<std::string> few = {"a", "longer"}, many;
  for (int i = 0; i < 6000; ++i) many.push_back(fmt::format("a_layer_with_a_long_name/{}", i));
  Hdf5Content content;
  content.set_list("m", "few", few);
  content.set_list("m", "many", many);
  content.set_list("m", "none", {});
  auto file = read_back(content);
  CHECK(*file->list_attribute("m", "few") == few);
  CHECK(*file->list_attribute("m", "many") == many);
  CHECK(*file->list_attribute("m", "none") == std::vector<std::string>());
  CHECK((*file->attribute("m", "none"))->dtype == DType::float64);
  CHECK_FALSE((*file->attribute("m", "many")).has_value());
  CHECK((*file->attribute("m", "many0"))->count() == 2000);  // 6000 names of 29 bytes, 64512 bytes an attribute
  CHECK_FALSE((*file->attribute("m", "many3")).has_value());
  content.set_list("m", "many", few);  // the parts go
  file = read_back(content);
  CHECK(*file->list_attribute("m", "many") == few);
  CHECK_FALSE((*file->attribute("m", "many0")).has_value());
}

TEST_CASE("groups and attributes are replaced and removed") {
  Hdf5Content content;
  content.set("a/b", Array::of<float>({1}, {1}));
  content.set("a0", Array::of<float>({1}, {2}));
  content.set("a/b", Array::of<float>({2}, {3, 4}));
  content.set_text("a", "name", "first");
  content.set_text("a", "name", "second");
  auto file = read_back(content);
  CHECK(*file->read(*file->find("a/b")) == Array::of<float>({2}, {3, 4}));
  CHECK(*file->text_attribute("a", "name") == "second");
  content.remove_attribute("a", "name");
  CHECK_FALSE((*read_back(content)->text_attribute("a", "name")).has_value());
  content.remove("a");
  file = read_back(content);
  CHECK_FALSE(file->has_group("a"));
  CHECK(file->find("a0"));
}

TEST_CASE("a file is copied whole, and equal content is an equal file") {
  Hdf5Content content;
  content.set("g/h/half", Array::of<float>({2}, {1, 2}).to(DType::float16));
  content.set("g/brain", Array::of<float>({2}, {1, 2}).to(DType::bfloat16));
  content.set_text("g", "name", "x");
  content.set_list("g/h", "weight_names", {"half"});
  content.add_group("nothing/in/it");
  const auto file = read_back(content);
  Hdf5Content copy;
  REQUIRE(copy.add_file(file).ok());
  const Result<Bytes> first = hdf5_image(content, "x.h5"), second = hdf5_image(copy, "x.h5");
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->text() == second->text());
}

TEST_CASE("what HDF5 does not take is an error") {
  Hdf5Content content;
  content.set_attribute("g", {"long", Array::zeros(DType::float64, {10'000}), false});
  CHECK(hdf5_image(content, "x.h5").error() == "x.h5: 'g' cannot be written as HDF5");
  Hdf5Content failing;
  failing.set("a", []() -> Result<Array> { return Error{"y.h5: is damaged"}; });
  CHECK(hdf5_image(failing, "x.h5").error() == "y.h5: is damaged");
}

}  // namespace
}  // namespace keratin
