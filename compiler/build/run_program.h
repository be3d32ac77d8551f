// Other programs that the tool runs: the C++ compiler, Graphviz.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace keratin {

/// Runs a program, its stdout and stderr into a file; true where it exits with 0.
bool run_program(const std::vector<std::string>& command, const std::string& log);

/// The path of a program found on PATH.
std::optional<std::string> find_program(const std::string& name);

}  // namespace keratin
