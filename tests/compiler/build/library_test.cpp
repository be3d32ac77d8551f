#include "compiler/build/library.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/compiler/build/build_test.h"

namespace keratin {
namespace {

std::string failure_of(const BuildInput& input) {
  try {
    build(input);
  } catch (const BuildFailure& failure) {
    return failure.message;
  }
  return "";
}

TEST_CASE("code is built once and then comes from the cache; another text, flag or data is another build") {
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
    BuildInput input = answer_input(builder, 42);
    const auto first = build(input), second = build(input);
    CHECK(call(*first) == 42);
    CHECK(call(*second) == 42);
    CHECK(first->build_seconds() > 0);
    CHECK(second->build_seconds() == 0);
    const auto other = build(answer_input(builder, 43));
    CHECK(call(*other) == 43);
    CHECK(call(*first) == 42);
    input.flags.push_back("-DANOTHER");
    CHECK(build(input)->build_seconds() > 0);
    CHECK(folder.names().size() == 3);
  }
}

TEST_CASE("several units are one library, with headers beside them and the runtime's") {
  const std::string text =
      "#include \"twice.h\"\n#include \"keratin/runtime/workspace.h\"\n"
      "int once();\n" KERATIN_EXPORT_TEXT "int answer() {\n  kr::Arena arena(4096, 1, nullptr);\n  arena.memory()[4095] = 2;\n  return arena.holds(1) ? twice(once()) * arena.memory()[4095] : 0;\n}\n";
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
    const BuildInput input{{{"a.cpp", text}, {"b.cpp", "int once() { return 11; }\n"}, {"twice.h", "inline int twice(int x) { return 2 * x; }\n"}}, {"-O1", "-Wall", "-Wextra", "-Werror"}, builder};
    CHECK(call(*build(input)) == 44);
    CHECK(call(*build(input)) == 44);
  }
}

TEST_CASE("binary data lies where the code has its symbol, and a library has its own") {
  const std::string text =
      "extern const int values[3] asm(\"test_values\") __attribute__((visibility(\"hidden\")));\n"
      "asm(\".pushsection .rodata\\n.balign 64\\n.globl test_values\\n.hidden test_values\\ntest_values:\\n.incbin \\\"\" __FILE__ \".bin\\\"\\n.popsection\\n\");\n" KERATIN_EXPORT_TEXT
      "int answer() { return values[0] + 10 * values[1] + 100 * values[2]; }\n" KERATIN_EXPORT_TEXT "int place() { return static_cast<int>(reinterpret_cast<unsigned long>(values) % 64); }\n";
  const auto bytes = [](std::vector<int> values) { return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int)); };
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
    const BuildInput first{{{"d.cpp", text}, {"d.cpp.bin", bytes({1, 2, 3}), "test_values"}}, {"-O1"}, builder};
    const BuildInput second{{{"d.cpp", text}, {"d.cpp.bin", bytes({4, 5, 6}), "test_values"}}, {"-O1"}, builder};
    for (int repeat = 0; repeat < 2; ++repeat) {
      const auto a = build(first), b = build(second);
      CHECK(call(*a) == 321);
      CHECK(call(*b) == 654);
      CHECK(call(*a, "place") == 0);
    }
  }
}

TEST_CASE("an entry that was cut or changed is built anew") {
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
    const BuildInput input = answer_input(builder, 7);
    build(input);
    REQUIRE(folder.names().size() == 1);
    const std::string entry = folder.names()[0], whole = folder.read(entry);
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x10);
    for (const std::string& damaged : {whole.substr(0, whole.size() / 2), whole.substr(0, 10), std::string(), flipped, whole + "x", std::string(whole.size(), '\0')}) {
      std::filesystem::remove(folder.path(entry));
      folder.write(entry, damaged);
      const auto library = build(input);
      CHECK(library->build_seconds() > 0);
      CHECK(call(*library) == 7);
      CHECK(build(input)->build_seconds() == 0);
    }
  }
}

TEST_CASE("eight processes build the same at once") {
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        int answer = 0;
        try {
          answer = call(*build(answer_input(builder, 91)));
        } catch (...) {
        }
        ::_exit(answer);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      REQUIRE(::waitpid(child, &status, 0) == child);
      CHECK(WIFEXITED(status));
      CHECK(WEXITSTATUS(status) == 91);
    }
    CHECK(folder.names().size() == 1);
    CHECK(build(answer_input(builder, 91))->build_seconds() == 0);
  }
}

TEST_CASE("a cache that cannot be written, or is too small, is none") {
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    folder.write("file", "");
    {
      const Environment cache("KERATIN_CACHE_DIR", folder.path("file/below"));
      for (int repeat = 0; repeat < 2; ++repeat) {
        const auto library = build(answer_input(builder, 5));
        CHECK(call(*library) == 5);
        CHECK(library->build_seconds() > 0);
      }
    }
    const Environment cache("KERATIN_CACHE_DIR", folder.path("small"));
    const Environment bound("KERATIN_CACHE_BYTES", "1");
    for (int answer : {1, 2, 3}) CHECK(call(*build(answer_input(builder, answer))) == answer);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path("small")), {}) == 1);
  }
}

TEST_CASE("code that does not compile is a failure with the compiler's words") {
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("."));
    const std::string wrong = failure_of({{{"a.cpp", "int answer() { return nothing; }\n"}}, {"-O1"}, builder});
    CHECK(wrong.find("failed on emitted code:\n") != std::string::npos);
    CHECK(wrong.find("a.cpp:1:") != std::string::npos);
    CHECK(wrong.find("nothing") != std::string::npos);
    CHECK(failure_of({{{"a.cpp", "static int unused;\n"}}, {"-O1", "-Wall", "-Werror"}, builder}).find("unused") != std::string::npos);
    CHECK(failure_of({{{"a.cpp", "#include \"no_such_header.h\"\n"}}, {"-O1"}, builder}).find("no_such_header.h") != std::string::npos);
    CHECK(failure_of({{{"a.cpp", ""}}, {"-fno-such-flag"}, builder}).find("-fno-such-flag") != std::string::npos);
    CHECK(folder.names().empty());
  }
}

TEST_CASE("Clang in the process refuses what it would not run, and sees no file of the machine") {
  if (!clang_plugin()) return;
  const TestFolder folder;
  const Environment cache("KERATIN_CACHE_DIR", folder.path("cache"));
  folder.write("seen.h", "");
  CHECK(failure_of({{{"a.cpp", "int f();\nint x = f();\n"}}, {"-O0"}, Builder::clang}).find("a static object that needs code to start") != std::string::npos);
  CHECK(failure_of({{{"a.cpp", "asm(\"nop\");\n"}}, {"-O0"}, Builder::clang}).find("assembler at file scope") != std::string::npos);
  CHECK(failure_of({{{"a.cpp", "#include <cstring>\n"}}, {"-O0"}, Builder::clang}).find("'cstring' file not found") != std::string::npos);
  CHECK(failure_of({{{"a.cpp", "#include \"" + folder.path("seen.h") + "\"\n"}}, {"-O0"}, Builder::clang}).find("file not found") != std::string::npos);
  const auto library = build({{{"a.cpp", "int missing();\n" KERATIN_EXPORT_TEXT "int answer() { return missing(); }\n"}}, {"-O1"}, Builder::clang});
  CHECK_THROWS_AS(library->symbol("answer"), BuildFailure);
}

TEST_CASE("the headers of KERATIN_RUNTIME_DIR are the ones that code is compiled with") {
  for (Builder builder : builders()) {
    INFO(name_of(builder));
    const TestFolder folder;
    const Environment cache("KERATIN_CACHE_DIR", folder.path("cache"));
    const BuildInput input{{{"a.cpp", "#include \"keratin/runtime/config.h\"\n" KERATIN_EXPORT_TEXT "int answer() { return KERATIN_TEST_ANSWER; }\n"}}, {"-O1"}, builder};
    std::filesystem::create_directories(folder.path("runtime/keratin/runtime"));
    const Environment runtime("KERATIN_RUNTIME_DIR", folder.path("runtime"));
    for (const char* answer : {"17", "18"}) {
      folder.write("runtime/keratin/runtime/config.h", fmt::format("#define KERATIN_TEST_ANSWER {}\n", answer));
      CHECK(call(*build(input)) == std::atoi(answer));
    }
  }
}

TEST_CASE("KERATIN_BUILD chooses who builds") {
  const TestFolder folder;
  const Environment cache("KERATIN_CACHE_DIR", folder.path("cache"));
  const BuildInput input = answer_input(Builder::automatic, 3);
  const Environment no_compiler("CXX", "no-such-compiler");
  {
    const Environment chosen("KERATIN_BUILD", "system");
    CHECK(failure_of(input).starts_with("the compiler 'no-such-compiler' failed on emitted code:"));
  }
  {
    const Environment chosen("KERATIN_BUILD", "gcc");
    CHECK(failure_of(input) == "KERATIN_BUILD is 'gcc'; allowed: clang, system");
  }
  const Environment chosen("KERATIN_BUILD", "clang");
  if (clang_plugin()) CHECK(call(*build(input)) == 3);
  else CHECK(failure_of(input) == "Clang in the process is not installed (keratin_clang.so was not found; KERATIN_CLANG_PLUGIN may say where it is)");
}

}  // namespace
}  // namespace keratin
