// Each promise of emitted code, kept and broken.
#include "compiler/build/verify.h"

#include "tests/compiler/build/build_test.h"

namespace keratin {
namespace {

/// Findings on a bundle of one header and one source.
std::vector<std::string> findings(const std::string& source, const std::string& header = "") {
  Bundle bundle;
  bundle.files.push_back({"m.h", "#pragma once\n#include \"keratin/runtime/workspace.h\"\n" + header});
  bundle.files.push_back({"m.cpp", "#include \"m.h\"\n" + source});
  const Result<std::vector<std::string>> found = verify(bundle, {});
  REQUIRE(found);
  return *found;
}

using Lines = std::vector<std::string>;

TEST_CASE("code that keeps its promises is passed") {
  if (!clang_plugin()) return;
  const char* source =
      "namespace {\ntemplate <class F> void each(int n, F&& f) {\n  for (int i = 0; i < n; ++i) f(i);\n}\nconst int table[2] = {1, 2};\n}\n"
      "int run(int n, const float* x, kr::Arena& arena) noexcept {\n  int sum = arena.holds(n) ? table[n % 2] : 0;\n  each(n, [&](auto i) { sum += x[i] > 0; });\n"
      "  while (n > 1) n /= 2;\n  do {\n    --n;\n  } while (n > 0);\n  for (;;) {\n    if (++n > 9) break;\n  }\n  return sum + n;\n}\n";
  CHECK(findings(source, "/// Two that belong together.\nint run(int n, const float* x, kr::Arena& arena) noexcept;\nint other(int n);\n") == Lines{});
}

TEST_CASE("warnings and errors are found") {
  if (!clang_plugin()) return;
  const Lines unused = findings("static int unused(int n) { return n; }\n");
  REQUIRE(unused.size() == 1);
  CHECK(unused[0] == "m.cpp:2:12: warning: unused function 'unused' [-Wunused-function]");
  const Lines wrong = findings("int run() noexcept { return x; }\n");
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0] == "m.cpp:2:29: error: use of undeclared identifier 'x'");
}

TEST_CASE("allocation is found, in what templates and lambdas reach too") {
  if (!clang_plugin()) return;
  CHECK(findings("int* run(int n) noexcept { return new int[static_cast<unsigned>(n)]; }\n") == Lines{"m.cpp:2: allocates memory"});
  CHECK(findings("void run(int* p) noexcept { delete p; }\n") == Lines{"m.cpp:2: frees memory"});
  CHECK(findings("void* run() noexcept { return __builtin_malloc(8); }\n") == Lines{"m.cpp:2: calls __builtin_malloc"});
  CHECK(findings("template <class T> T* made() {\n  return new T;\n}\nint run() noexcept {\n  auto f = [](auto x) { return *made<decltype(x)>(); };\n  return f(1);\n}\n") ==
        Lines{"m.cpp:3: allocates memory"});
}

TEST_CASE("what runs in its caller's memory makes no arena, what prepares may; constructors may allocate where nothing that runs calls them") {
  if (!clang_plugin()) return;
  const std::string header =
      "/// Scratch memory.\nclass Workspace : public kr::Arena {\n public:\n  /// Allocates.\n  explicit Workspace(kr::Size n) : kr::Arena(n, n, nullptr) {}\n};\n\n"
      "/// A table on the heap.\nstruct Table {\n  int* values;\n  Table() noexcept;\n  ~Table() noexcept;\n};\n";
  const std::string table = "Table::Table() noexcept : values(new int[3]) {}\nTable::~Table() noexcept { delete[] values; }\n";
  CHECK(findings(table + "int predict(Workspace& w) noexcept { return w.holds(1); }\nint prepare() noexcept {\n  Workspace own(9);\n  return own.holds(2);\n}\n", header) == Lines{});
  CHECK(findings("int predict(Workspace& w) noexcept {\n  Workspace own(9);\n  return own.holds(2) && w.holds(1);\n}\n", header) ==
        Lines{"keratin/runtime/workspace.h:13: calls operator new, reached from m.cpp:3"});
  CHECK(findings(table + "int predict(Workspace& w) noexcept {\n  const Table table;\n  return table.values != nullptr && w.holds(1);\n}\n", header) == Lines{"m.cpp:2: allocates memory"});
  CHECK(findings("int prepare(int n) noexcept {\n  const int* own = new int(n);\n  return *own;\n}\n") == Lines{"m.cpp:3: allocates memory"});
  // A helper of both: what runs decides.
  CHECK(findings("static int made() noexcept {\n  kr::Arena arena(9, 1, nullptr);\n  return arena.holds(1);\n}\nint prepare() noexcept { return made(); }\nint predict(Workspace&) noexcept { return made(); }\n", header) ==
        Lines{"keratin/runtime/workspace.h:13: calls operator new, reached from m.cpp:3"});
  CHECK(findings("Table::Table() noexcept {\n  for (;;) {\n  }\n}\nTable::~Table() noexcept {}\n", header) == Lines{"m.cpp:3: a loop has no end"});
}

TEST_CASE("exceptions are found, and entries that do not forbid them") {
  if (!clang_plugin()) return;
  CHECK(findings("void run(int n) noexcept {\n  try {\n    if (n) throw 1;\n  } catch (...) {\n  }\n}\n") == Lines{"m.cpp:3: catches exceptions", "m.cpp:4: throws an exception"});
  CHECK(findings("int run(int n) { return n; }\n") == Lines{"m.cpp:2: run is not noexcept"});
}

TEST_CASE("loops without an end are found") {
  if (!clang_plugin()) return;
  CHECK(findings("void run(volatile int* p) noexcept {\n  for (;;) *p = 1;\n}\n") == Lines{"m.cpp:3: a loop has no end"});
  CHECK(findings("void run(volatile int* p) noexcept {\n  while (true) {\n    for (int i = 0; i < 3; ++i)\n      if (i == *p) break;\n  }\n}\n") == Lines{"m.cpp:3: a loop has no end"});
  CHECK(findings("int run(int n, int k) noexcept {\n  while (n > 0) ++k;\n  return k;\n}\n") == Lines{"m.cpp:3: a loop changes nothing that its end depends on"});
}

TEST_CASE("global state that changes is found") {
  if (!clang_plugin()) return;
  CHECK(findings("int calls = 0;\n") == Lines{"m.cpp:2: calls is global state that changes"});
  CHECK(findings("int run() noexcept {\n  static int calls = 0;\n  return ++calls;\n}\n") == Lines{"m.cpp:3: calls is global state that changes"});
  CHECK(findings("int run() noexcept {\n  static const int kSize = 3;\n  return kSize;\n}\n") == Lines{});
}

TEST_CASE("public declarations without a comment are found") {
  if (!clang_plugin()) return;
  CHECK(findings("", "namespace m {\n\nint run(int n) noexcept;\n\n/// Said.\nstruct Said {\n  int n;\n\n  int size() const;\n};\n}\n") == Lines{"m.h:5: run has no comment", "m.h:11: size has no comment"});
}

}  // namespace
}  // namespace keratin
