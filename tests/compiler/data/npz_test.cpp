#include "compiler/data/npz.h"

#include <catch2/catch.hpp>

#include "compiler/data/npy.h"
#include "tests/compiler/test_files.h"

namespace keratin {
namespace {

using Catch::Contains;

std::span<const std::byte> bytes_of(const std::string& text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

std::string npy(const std::string& descr, const std::string& order, const std::string& shape, const std::string& data, int version = 1) {
  std::string text = "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>((text.size() >> (8 * i)) & 0xff);
  return file + text + data;
}

Result<Array> parse(const std::string& file) { return parse_npy(bytes_of(file), "x.npy"); }

TEST_CASE("element types, orders and byte orders of npy") {
  using namespace std::string_literals;
  CHECK(parse(npy("'<i2'", "False", "(2, 2)", "\1\0\2\0\3\0\4\0"s)).value() == Array::of<int16_t>({2, 2}, {1, 2, 3, 4}));
  CHECK(parse(npy("'>i2'", "False", "(2, 2)", "\0\1\0\2\0\3\0\4"s)).value() == Array::of<int16_t>({2, 2}, {1, 2, 3, 4}));
  CHECK(parse(npy("'|u1'", "True", "(2, 3)", "\1\4\2\5\3\6"s)).value() == Array::of<uint8_t>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(parse(npy("'|u1'", "True", "(2, 2, 2)", "\1\5\3\7\2\6\4\10"s)).value() == Array::of<uint8_t>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}));
  CHECK(parse(npy("'|b1'", "False", "(3,)", "\0\1\7"s, 2)).value() == Array::of<bool>({3}, {false, true, true}));
  CHECK(parse(npy("'<f4'", "False", "()", "\0\0\200\77"s, 3)).value() == Array::of<float>({}, {1.0f}));
  CHECK(parse(npy("'>f8'", "False", "(1L,)", "\77\360\0\0\0\0\0\0"s)).value() == Array::of<double>({1}, {1.0}));
  CHECK(parse(npy("'<f2'", "False", "(1,)", "\0\74"s))->as<float>() == std::vector<float>{1.0f});
  CHECK(parse(npy("'<V2'", "False", "(1,)", "\200\77"s)).value() == Array::of<float>({1}, {1.0f}).to(DType::bfloat16));
  CHECK(parse(npy("'<U2'", "False", "(2,)", "a\0\0\0\0\0\0\0\351\0\0\0\0\366\1\0"s)).value() ==
        Array::of_strings({2}, {"a", "\xc3\xa9\xf0\x9f\x98\x80"}));
  CHECK(parse(npy("'>U1'", "False", "(1,)", "\0\0\0b"s)).value() == Array::of_strings({1}, {"b"}));
  CHECK(parse(npy("'|S3'", "False", "(2,)", "abcd\0\0"s)).value() == Array::of_strings({2}, {"abc", "d"}));
  CHECK(parse(npy("'<f4'", "False", "(0, 5)", "")).value() == Array::zeros(DType::float32, {0, 5}));
}

TEST_CASE("what npy holds besides is refused by name") {
  CHECK(parse(npy("'|O'", "False", "(1,)", "")).error() ==
        "x.npy: holds pickled Python objects; arrays of numbers, booleans and strings can be read");
  CHECK_THAT(parse(npy("'<c8'", "False", "(1,)", "12345678")).error(), Contains("type '<c8'"));
  CHECK_THAT(parse(npy("'<M8[ns]'", "False", "(1,)", "12345678")).error(), Contains("type '<M8[ns]'"));
  CHECK_THAT(parse(npy("[('a', '<f4')]", "False", "(1,)", "1234")).error(), Contains("structures"));
  CHECK(parse(npy("'<f4'", "False", "(2,)", "1234")).error() == "x.npy: float32 elements of shape (2,) take 8 bytes, the file holds 4");
  CHECK_THAT(parse(npy("'<f4'", "False", "(2,)", "123456789")).error(), Contains("holds 9"));
  CHECK_THAT(parse(npy("'<f4'", "False", "(4611686018427387904, 8)", "")).error(), Contains("too many elements"));
  CHECK_THAT(parse(npy("'<f4'", "False", "(4000000000000000000,)", "")).error(), Contains("too many elements"));
  CHECK_THAT(parse(npy("'<U0'", "False", "(4000000000000000000,)", "")).error(), Contains("too many"));
  CHECK_THAT(parse(npy("'<f4'", "False", "(-1,)", "")).error(), Contains("header is damaged"));
  CHECK_THAT(parse(npy("'<f4'", "Maybe", "(1,)", "")).error(), Contains("header is damaged"));
  CHECK_THAT(parse(npy("'<f4'", "False", "(1,)", "", 9)).error(), Contains("version 9"));
  const std::string whole = npy("'<f4'", "False", "(1,)", "1234");
  for (size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(parse(whole.substr(0, size)).ok());
}

TEST_CASE("npz files come back as they were written, byte for byte the same") {
  const TestFolder folder;
  NamedArrays arrays = {{"x/image", Array::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})},
                        {"ids", Array::of<int64_t>({2}, {-1, 7})},
                        {"flag", Array::of<bool>({}, {true})},
                        {"empty", Array::zeros(DType::float64, {0, 4})},
                        {"words", Array::of_strings({3}, {"", "gr\xc3\xbc\xc3\x9f", "\xf0\x9f\x98\x80"})},
                        {"half", Array::of<float>({2}, {0.5f, 65504.0f}).to(DType::float16)},
                        {"brain", Array::of<float>({2}, {0.5f, -3.0f}).to(DType::bfloat16)},
                        {"bytes", Array::of<uint8_t>({2}, {1, 255})},
                        {"f\xc3\xbcnf", Array::of<uint32_t>({1}, {5})}};
  REQUIRE(write_npz(folder.path("a.npz"), arrays).ok());
  REQUIRE(write_npz(folder.path("b.npz"), arrays).ok());
  CHECK(folder.read("a.npz") == folder.read("b.npz"));
  CHECK(folder.names() == std::vector<std::string>{"a.npz", "b.npz"});
  const Result<NamedArrays> read = read_arrays(folder.path("a.npz"));
  REQUIRE(read.ok());
  CHECK(*read == arrays);
  CHECK(find_array(*read, "ids")->as<int64_t>() == std::vector<int64_t>{-1, 7});
  CHECK(find_array(*read, "nothing") == nullptr);

  const Result<NpzFile> file = NpzFile::open(folder.path("a.npz"));
  REQUIRE(file.ok());
  CHECK(file->entries()[0].name == "x/image");
  CHECK(file->entries()[0].shape == std::vector<int64_t>{2, 3});
  CHECK(file->entries()[4].dtype == DType::string);
  CHECK(file->read(1).value() == arrays[1].second);

  REQUIRE(write_npz(folder.path("none.npz"), {}).ok());
  CHECK(read_arrays(folder.path("none.npz"))->empty());
  arrays.push_back(arrays[0]);
  CHECK_THAT(write_npz(folder.path("c.npz"), arrays).error(), Contains("two arrays are named 'x/image'"));
  CHECK_THAT(write_npz(folder.path("no/such/c.npz"), {arrays[0]}).error(), Contains("cannot be written"));
}

TEST_CASE("a single npy file has one array without a name") {
  const TestFolder folder;
  folder.write("a.npy", npy("'|u1'", "False", "(2,)", "ab"));
  const NamedArrays arrays = read_arrays(folder.path("a.npy")).value();
  REQUIRE(arrays.size() == 1);
  CHECK(arrays[0].first.empty());
  CHECK(arrays[0].second.as<int64_t>() == std::vector<int64_t>{97, 98});
}

TEST_CASE("files that hold no arrays are refused") {
  const TestFolder folder;
  folder.write("empty", "");
  folder.write("text", "hello");
  folder.write("cut", "PK\x03\x04 and nothing");
  REQUIRE(write_npz(folder.path("good.npz"), {{"a", Array::of<float>({64}, std::vector<float>(64, 1.0f))}}).ok());
  std::string damaged = folder.read("good.npz");
  damaged[200] ^= 1;
  folder.write("damaged", damaged);
  ZipWriter zip;
  zip.add("readme.txt", "no array");
  REQUIRE(zip.save(folder.path("other.zip")).ok());
  CHECK_THAT(read_arrays(folder.path("nothing")).error(), Contains("nothing: no such file"));
  CHECK_THAT(read_arrays(folder.path("")).error(), Contains("is a directory"));
  CHECK_THAT(read_arrays(folder.path("empty")).error(), Contains("empty: is empty"));
  CHECK_THAT(read_arrays(folder.path("text")).error(), Contains("is neither an .npz archive nor an .npy array"));
  CHECK_THAT(read_arrays(folder.path("cut")).error(), Contains("archive is cut off or damaged"));
  CHECK_THAT(read_arrays(folder.path("damaged")).error(), Contains("damaged: a.npy: is damaged: CRC error"));
  CHECK_THAT(read_arrays(folder.path("other.zip")).error(), Contains("readme.txt: is no .npy array"));
}

}  // namespace
}  // namespace keratin
