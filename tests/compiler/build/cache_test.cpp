#include "compiler/build/cache.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/compiler/build/build_test.h"

namespace keratin {
namespace {

TEST_CASE("a hash tells texts apart by content, order and where they are cut") {
  const auto hash = [](const std::vector<std::string>& texts) {
    ContentHash made;
    for (const std::string& text : texts) made.add(text);
    return made.hex();
  };
  CHECK(hash({"ab", "c"}) == hash({"ab", "c"}));
  CHECK(hash({"ab", "c"}).size() == 32);
  const std::vector<std::vector<std::string>> others = {{"a", "bc"}, {"abc"}, {"c", "ab"}, {"ab", "c", ""}, {"ab", "d"}, {"ab", std::string("c\0", 2)}};
  for (const auto& other : others) CHECK(hash(other) != hash({"ab", "c"}));
}

TEST_CASE("the cache gives back what it kept, and nothing that is damaged") {
  const TestFolder folder;
  BuildCache cache(folder.path("cache"));
  CHECK_FALSE(cache.read("a.o"));
  const std::string content = "forty two bytes of something that is built";
  cache.keep("a.o", content);
  REQUIRE(cache.read("a.o"));
  CHECK(cache.read("a.o")->text() == content);
  const std::string whole = folder.read("cache/a.o");
  for (size_t size = 0; size < whole.size(); ++size) {
    folder.write("cache/a.o", whole.substr(0, size));
    CHECK_FALSE(cache.read("a.o"));
    CHECK(!std::filesystem::exists(folder.path("cache/a.o")));
  }
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    folder.write("cache/a.o", flipped);
    if (cache.read("a.o")) FAIL("bit " << bit << " was not noticed");
  }
  folder.write("cache/a.o", whole);
  CHECK(cache.read("a.o")->text() == content);
}

TEST_CASE("the cache stays within its bound; what was not used for longest goes") {
  const TestFolder folder;
  const Environment bound("KERATIN_CACHE_BYTES", "3500");
  BuildCache cache(folder.path("cache"));
  const auto age = [&](const std::string& name, int seconds) {
    std::filesystem::last_write_time(folder.path("cache/" + name), std::filesystem::file_time_type::clock::now() - std::chrono::seconds(seconds));
  };
  for (const char* name : {"a.o", "b.so", "c.o"}) cache.keep(name, std::string(1000, 'x'));
  age("a.o", 300);
  age("b.so", 200);
  age("c.o", 100);
  REQUIRE(cache.find("a.o"));  // used now
  cache.keep("d.o", std::string(1000, 'x'));
  CHECK(cache.find("a.o"));
  CHECK_FALSE(cache.find("b.so"));
  CHECK(cache.find("c.o"));
  CHECK(cache.find("d.o"));
  cache.keep("large.o", std::string(9000, 'x'));  // larger than the bound: stays until the next one comes
  CHECK(cache.find("large.o"));
  CHECK_FALSE(cache.find("d.o"));
  const Environment wrong("KERATIN_CACHE_BYTES", "3k");
  CHECK_THROWS_AS(cache.keep("e.o", "x"), BuildFailure);
}

TEST_CASE("what stopped processes have left behind is removed a day later") {
  const TestFolder folder;
  BuildCache cache(folder.path("cache"));
  std::filesystem::create_directories(folder.path("cache/build-old"));
  std::filesystem::create_directories(folder.path("cache/build-new"));
  folder.write("cache/build-old/model.cpp", "x");
  folder.write("cache/a.o.77.tmp", "x");
  const auto before = std::filesystem::file_time_type::clock::now() - std::chrono::hours(25);
  std::filesystem::last_write_time(folder.path("cache/build-old"), before);
  std::filesystem::last_write_time(folder.path("cache/a.o.77.tmp"), before);
  cache.keep("b.o", "x");
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("cache"))) left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{"b.o", "build-new"});
}

}  // namespace
}  // namespace keratin
