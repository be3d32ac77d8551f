// The tool's front door: parse, dispatch, and turn our own failures into status 3.
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>

#include "compiler/build/library.h"
#include "compiler/cli/commands.h"
#include "ir/support/check.h"

namespace {

int dispatch(const keratin::Options& options) {
  static const std::map<std::string, int (*)(const keratin::Options&)> commands = {
      {"bench", keratin::run_bench},
      {"check", keratin::run_check},
      {"code", keratin::run_code},
      {"compile", keratin::run_compile},
      {"evaluate", keratin::run_evaluate},
      {"fit", keratin::run_fit},
      {"gradients", keratin::run_gradients},
      {"layers", keratin::run_layers},
      {"plot", keratin::run_plot},
      {"predict", keratin::run_predict},
      {"summary", keratin::run_summary},
      {"weights", keratin::run_weights},
  };
  return commands.at(options.command)(options);
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const std::optional<keratin::Options> options = keratin::parse_command_line(argc, argv, status);
  if (!options) return status;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows beyond its limit is an error of the write, not the end
  try {
    return dispatch(*options);
  } catch (const keratin::InternalError& error) {
    std::fprintf(stderr, "error: this is a bug of keratin: %s (%s) at %s:%d\n", error.condition, error.message, error.file, error.line);
  } catch (const keratin::BuildFailure& failure) {
    std::fprintf(stderr, "error: %s: building the emitted code: %s\n", options->model.c_str(), failure.message.c_str());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: %s: out of memory\n", options->model.c_str());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: this is a bug of keratin: %s\n", error.what());
  }
  return 3;
}
