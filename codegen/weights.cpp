// NAME_weights.cpp: the prepared weights as literals, or a binary file beside it that the assembler includes.
#include <cmath>
#include <cstring>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"
#include "ir/plan/planner.h"
#include "ir/support/check.h"

namespace keratin {

namespace {

void append(std::string& blob, const void* data, size_t size) { blob.append(static_cast<const char*>(data), size); }

template <class T>
void append_as(std::string& blob, double value) {
  const T stored = static_cast<T>(value);
  append(blob, &stored, sizeof stored);
}

template <class T>
void append_as(std::string& blob, int64_t value) {
  const T stored = static_cast<T>(value);
  append(blob, &stored, sizeof stored);
}

void append_tensor(std::string& blob, const ir::Tensor& tensor) {
  const DType dtype = ir::storage(tensor.dtype);
  for (double value : tensor.floats) dtype == DType::float64 ? append_as<double>(blob, value) : append_as<float>(blob, value);
  for (int64_t value : tensor.integers) {
    switch (size_of(dtype)) {
      case 1: append_as<int8_t>(blob, value); break;
      case 2: append_as<int16_t>(blob, value); break;
      case 4: append_as<int32_t>(blob, value); break;
      default: append_as<int64_t>(blob, value);
    }
  }
}

/// FNV-1a: the same on every machine.
uint64_t hash_of(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::string value_text(const ir::Tensor& tensor, size_t i) {
  if (is_float(tensor.dtype)) {
    const double value = tensor.floats[i];
    if (value == 0 && !std::signbit(value)) return "0";
    return literal(tensor.dtype, value);
  }
  if (tensor.dtype == DType::boolean) return tensor.integers[i] ? "true" : "false";
  return fmt::format("{}", tensor.integers[i]);
}

}  // namespace

std::string Emitter::weights_blob() const {
  std::string blob;
  for (const PreparedField& field : fields_) {
    blob.resize(field.offset, '\0');
    const auto& tensor = program().variable(field.variable).initial;
    IR_CHECK(tensor, "a prepared weight without a value");
    append_tensor(blob, *tensor);
  }
  blob.resize(prepared_bytes(), '\0');
  return blob;
}

std::string Emitter::weights_source() const {
  std::string text = fmt::format("// The weights of {0}.h. Source: {1}.\n#include \"{0}.h\"\n\n", options_.name, options_.source);
  if (!embeds()) {
    const uint64_t hash = hash_of(weights_blob());
    text += fmt::format(
        "// {0} bytes lie in {1}_weights.cpp.bin beside this file (content {2:016x}); the assembler includes them.\n"
        "#if !defined(__ELF__) || !(defined(__GNUC__) || defined(__clang__))\n#error \"this file needs GCC or Clang for an ELF target\"\n#endif\n\n"
        "asm(\".pushsection .rodata\\n.balign 64\\n.hidden keratin_{1}_weights\\nkeratin_{1}_weights:\\n.incbin \\\"\" __FILE__ \".bin\\\"\\n.popsection\\n\");\n\n"
        "namespace {3} {{\n\nextern const Prepared stored asm(\"keratin_{1}_weights\") __attribute__((visibility(\"hidden\")));\n\nconst Prepared& prepared() noexcept {{ return stored; }}\n\n}}  // namespace {3}\n",
        prepared_bytes(), options_.name, hash, space());
    return text;
  }
  text += fmt::format("namespace {} {{\nnamespace {{\n\nconstexpr Prepared kPrepared = {{\n", space());
  for (const PreparedField& field : fields_) {
    const auto& tensor = program().variable(field.variable).initial;
    IR_CHECK(tensor, "a prepared weight without a value");
    text += fmt::format("    // {}\n    {{", field.name);
    size_t column = 5;
    for (int64_t i = 0; i < field.count; ++i) {
      const std::string value = value_text(*tensor, static_cast<size_t>(i));
      if (column + value.size() > 136) {
        text += "\n     ";
        column = 5;
      }
      text += value + (i + 1 < field.count ? ", " : "");
      column += value.size() + 2;
    }
    text += "},\n";
  }
  if (fields_.empty()) text += "    {},\n";
  text += fmt::format("}};\n\n}}  // namespace\n\nconst Prepared& prepared() noexcept {{ return kPrepared; }}\n\n}}  // namespace {}\n", space());
  // Trailing blanks before line ends come from the breaks above.
  for (size_t at = text.find(" \n"); at != std::string::npos; at = text.find(" \n", at)) text.erase(at, 1);
  return text;
}

}  // namespace keratin
