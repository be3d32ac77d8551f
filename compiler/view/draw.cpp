#include "compiler/view/draw.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdlib.h>

#include "compiler/build/run_program.h"
#include "compiler/write_files.h"

namespace keratin {

namespace fs = std::filesystem;

namespace {

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder that is gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "keratin_plot_XXXXXX").string();
    if (::mkdtemp(name.data())) path = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

}  // namespace

Result<std::string> drawn(const std::string& text, const std::string& format) {
  const std::optional<std::string> program = find_program("dot");
  if (!program) return Error{"plot: the program dot of Graphviz is not on PATH; install it, or ask for a .dot file"};
  const Folder folder;
  if (folder.path.empty()) return Error{"plot: no folder for temporary files can be made"};
  const fs::path source = folder.path / "plot.dot", target = folder.path / ("plot." + format), log = folder.path / "log";
  if (Result<Done> written = write_file(source.string(), text); !written) return Error{written.error()};
  if (!run_program({*program, "-T" + format, "-o", target.string(), source.string()}, log.string()))
    return Error{fmt::format("plot: {} failed: {}", *program, read_whole(log))};
  return read_whole(target);
}

Result<Done> write_drawing(const std::string& text, const std::string& path) {
  const std::string format = fs::path(path).extension().string();
  if (format != ".svg" && format != ".png" && format != ".dot") return Error{fmt::format("'{}' is no .svg, .png or .dot file", path)};
  const Result<std::string> image = format == ".dot" ? Result<std::string>(text) : drawn(text, format.substr(1));
  if (!image) return Error{image.error()};
  return write_file(path, *image);
}

}  // namespace keratin
