#include "compiler/data/csv.h"

#include <catch2/catch.hpp>

namespace keratin {
namespace {

using Texts = std::vector<std::string>;

std::string error_of(std::string_view text) {
  const Result<CsvTable> table = parse_csv(text, "t.csv");
  REQUIRE_FALSE(table.ok());
  return table.error();
}

TEST_CASE("a table has quoted fields, both ends of lines, empty lines and a byte order mark") {
  const Result<CsvTable> table = parse_csv("\xEF\xBB\xBFname,\"two\nlines\",c\r\n\r\n\"a, \"\"b\"\"\",1,\n\n,\"\",x y", "t.csv");
  REQUIRE(table.ok());
  CHECK(table->names == Texts{"name", "two\nlines", "c"});
  CHECK(table->columns == std::vector<Texts>{{"a, \"b\"", ""}, {"1", ""}, {"", "x y"}});
  CHECK(table->lines == std::vector<size_t>{4, 6});
}

TEST_CASE("a table that is none is refused with its line") {
  CHECK(error_of("") == "t.csv: has no header");
  CHECK(error_of("a,b\n") == "t.csv: holds no rows");
  CHECK(error_of("a,,b\n1,2,3") == "t.csv: line 1: a column without a name");
  CHECK(error_of("a,b,a\n1,2,3") == "t.csv: line 1: two columns are named 'a'");
  CHECK(error_of("a,b\n1,2\n\n3\n") == "t.csv: line 4: has 1 fields, the header has 2");
  CHECK(error_of("a,b\n1,\"2\n3\n4") == "t.csv: line 2: a quote that is not closed");
  CHECK(error_of("a,b\n1,2\"3\"") == "t.csv: line 2: a quote inside a field that does not begin with one");
  CHECK(error_of("a,b\n1,\"2\"3") == "t.csv: line 2: a quoted field goes on after its end");
}

}  // namespace
}  // namespace keratin
