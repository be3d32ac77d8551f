// The tool as users run it.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/compiler/test_files.h"

namespace keratin {

struct ToolRun {
  int status = -1;
  std::string out, err;
};

/// Runs `keratin ARGUMENTS` through the shell; `before` may set variables: `COLUMNS=60`.
inline ToolRun run_tool(const std::string& arguments, const std::string& before = "") {
  const TestFolder folder;
  const std::string command = before + " '" KERATIN_TOOL "' " + arguments + " >" + folder.path("out") + " 2>" + folder.path("err");
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder.read("out"), folder.read("err")};
}

inline std::string case_file(const std::string& name) { return KERATIN_CASES "/" + name; }

}  // namespace keratin
