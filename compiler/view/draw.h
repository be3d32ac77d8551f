// Drawings by Graphviz's program dot.
#pragma once

#include <string>

#include "ir/support/result.h"

namespace keratin {

/// What Graphviz makes of a text in its language; `format` is svg or png. Errors: dot is not on PATH, or fails.
Result<std::string> drawn(const std::string& text, const std::string& format);

/// Writes a drawing where the ending of the path is .svg or .png, the text itself where it is .dot. Errors: another ending; as drawn; the disk.
Result<Done> write_drawing(const std::string& text, const std::string& path);

}  // namespace keratin
