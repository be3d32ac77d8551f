// What a compiler says of emitted code, told of the layers that the code is of.
#pragma once

#include <string>
#include <vector>

#include "codegen/bundle.h"

namespace keratin {

/// The description of the layer, loss or optimizer that a line of an emitted source is of, as its paragraph's comment has it: `hidden: Dense(7, tanh)`.
/// The line of a function of elements (a struct) has that of the first paragraph that uses it. Empty where the line is of none. `line` counts from 1.
std::string layer_of(const std::string& source, size_t line);

/// Messages of lines `directory/file:line:column: text` or `file:line: text`: where the file is one of `files` the directory is taken away, and
/// the layer is added, ` (of hidden: Dense(7, tanh))`. Other lines stay as they are.
std::string with_layers(const std::string& messages, const std::vector<EmittedFile>& files);

}  // namespace keratin
