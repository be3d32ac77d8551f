#include "compiler/json/json.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "ir/support/check.h"

namespace keratin {
namespace {

std::string round_trip(const std::string& text) {
  const Result<Json> json = Json::parse(text);
  return json ? json->dump() : json.error();
}

TEST_CASE("values keep their kind") {
  const Json json = Json::parse(R"({"a": 1, "b": 1.0, "c": true, "d": null, "e": "x", "f": [], "g": {}})").value();
  CHECK(json.find("a")->is_int());
  CHECK(json.find("b")->is_double());
  CHECK(json.find("c")->as_bool());
  CHECK(json.find("d")->is_null());
  CHECK(json.find("e")->as_string() == "x");
  CHECK(json.find("f")->as_array().empty());
  CHECK(json.find("g")->as_object().empty());
  CHECK(json.find("h") == nullptr);
  CHECK(json.find("a")->find("h") == nullptr);
  CHECK(json.find("a")->as_double() == 1.0);
  CHECK_THROWS_AS(json.find("e")->as_int(), InternalError);
}

TEST_CASE("text is what Python writes") {
  for (const char* text :
       {R"({"name": "dense", "units": 10, "rate": 0.1, "axis": [-1, 3], "none": null, "flag": false})", "[]", "{}", "[1, [2, {\"a\": []}]]",
        "0.001", "1e-05", "1.5e-07", "0.0001", "1e+16", "1234567890123456.0", "9007199254740993", "1e+100", "-0.0", "3.0", "5e-324",
        "1.7976931348623157e+308", "0.30000000000000004", "NaN", "[Infinity, -Infinity, NaN, 0.0]",
        R"("\u00e9\ud83d\ude00\n\t\"\\\u0001")", "\"/\"",
        "9223372036854775807", "-9223372036854775808"})
    CHECK(round_trip(text) == text);
  CHECK(round_trip("\"\xc3\xa9\"") == "\"\\u00e9\"");
  CHECK(round_trip(" { \"a\" :1E3 } ") == "{\"a\": 1000.0}");
  CHECK(round_trip("18446744073709551615") == "1.8446744073709552e+19");
  CHECK(Json("\xff").dump() == "\"\\ufffd\"");
}

TEST_CASE("indented text is what Python writes") {
  const Json json = Json::parse(R"({"a": [1, {"b": []}], "c": {}})").value();
  CHECK(json.dump(2) == "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST_CASE("NaN and infinities are values, also beside zeros and in strings") {
  const Json json = Json::parse(R"(["NaN", 0.0, NaN, 0.000000, Infinity, -Infinity, "a\"Infinity", -0.0, [NaN], 1.5,NaN])").value();
  const Json::Array& items = json.as_array();
  CHECK(items[0].as_string() == "NaN");
  CHECK(items[1].as_double() == 0.0);
  CHECK(std::isnan(items[2].as_double()));
  CHECK(items[3].as_double() == 0.0);
  CHECK(items[4].as_double() == std::numeric_limits<double>::infinity());
  CHECK(items[5].as_double() == -std::numeric_limits<double>::infinity());
  CHECK(items[6].as_string() == "a\"Infinity");
  CHECK(std::signbit(items[7].as_double()));
  CHECK(items[7].as_double() == 0.0);
  CHECK(std::isnan(items[8].as_array()[0].as_double()));
  CHECK(items[9].as_double() == 1.5);
  CHECK(std::isnan(items[10].as_double()));
  for (const char* text : {"1NaN", "NaN5", "-NaN", "NaNNaN", "Infinity.0", "--Infinity", "Infinit", "{NaN: 1}"})
    CHECK_FALSE(Json::parse(text).ok());
}

TEST_CASE("what is no JSON is refused with its position") {
  CHECK(round_trip("") == "not JSON at byte 1: unexpected end of text");
  CHECK(round_trip("{\"a\": [1, 2") == "not JSON at byte 12: unexpected end of text");
  CHECK(round_trip("[1, x]") == "not JSON at byte 5: unexpected '1, x'");
  CHECK(round_trip("{\"a\": 1, \"a\": 2}") == "not JSON at byte 12: repeated key \"a\"");
  CHECK(round_trip("[1e999]") == "not JSON at byte 6: number too large");
  CHECK(round_trip("[1] 2") == "not JSON at byte 5: unexpected '2'");
  CHECK_FALSE(Json::parse("\"\xff\"").ok());
  CHECK_FALSE(Json::parse("[01]").ok());
  CHECK_FALSE(Json::parse("[1,]").ok());
}

TEST_CASE("repeated keys are found in large objects") {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\": 0, ";
  CHECK(Json::parse(text + "\"last\": 1}").ok());
  CHECK_THAT(Json::parse(text + "\"k999\": 1}").error(), Catch::Contains("repeated key \"k999\""));
  CHECK_THAT(Json::parse(text + "\"k3\": 1}").error(), Catch::Contains("repeated key \"k3\""));
}

TEST_CASE("nesting is limited") {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(Json::parse(nested(200)).ok());
  CHECK(Json::parse(nested(201)).error() == "not JSON at byte 201: nested deeper than 200 levels");
  CHECK(Json::parse(nested(100000)).error() == "not JSON at byte 201: nested deeper than 200 levels");
  CHECK(Json::parse(nested(3), 2).error() == "not JSON at byte 3: nested deeper than 2 levels");
}

TEST_CASE("set adds and replaces") {
  Json json;
  json.set("a", 1);
  json.set("b", Json::Array{1, "x"});
  json.set("a", 2.5);
  CHECK(json.dump() == R"({"a": 2.5, "b": [1, "x"]})");
  CHECK(json == Json::parse(json.dump()).value());
}

}  // namespace
}  // namespace keratin
