// NAME_weights.cpp: the prepared weights as literals, or a binary file beside it that the assembler includes, or neither; and reading others.
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
  return integer_text(tensor.dtype, tensor.integers[i]);
}

}  // namespace

void Emitter::append_fields(std::string& blob, const std::vector<PreparedField>& fields) const {
  const size_t begin = blob.size();
  for (const PreparedField& field : fields) {
    blob.resize(begin + field.offset, '\0');
    const auto& tensor = program().variable(field.variable).initial;
    IR_CHECK(tensor, "a weight without a value");
    append_tensor(blob, *tensor);
  }
  blob.resize(begin + bytes_of(fields), '\0');
}

std::string Emitter::weights_blob() const {
  std::string blob;
  append_fields(blob, fields_);
  append_fields(blob, weights_);
  return blob;
}

bool Emitter::literals() const { return options_.weights_as == WeightsAs::array || prepared_bytes() + bytes_of(weights_) <= options_.embed_limit; }

uint64_t Emitter::architecture_hash() const {
  std::string text;
  for (const PreparedField& field : fields_) {
    const ir::Variable& variable = program().variable(field.variable);
    text += fmt::format("{} {}{} at {}\n", variable.name, cpp_type(variable.type.dtype), to_string(variable.type.shape), field.offset);
  }
  return hash_of(text);
}

std::string Emitter::weights_source() const {
  std::string text = fmt::format("// The weights of {0}.h. Source: {1}. Made by {2}; this output is yours, without conditions.\n#include \"{0}.h\"\n\n#include \"keratin/runtime/weights_file.h\"\n\n",
                                 options_.name, options_.source, options_.compiler);
  const bool blob = options_.weights_as != WeightsAs::file && !literals();
  if (blob) text += embedded_blob();
  text += fmt::format("namespace {} {{\n", space());
  if (blob) {
    text += "\nextern const Prepared stored asm(KERATIN_WEIGHTS) __attribute__((visibility(\"hidden\")));\n\nconst Prepared& prepared() noexcept { return stored; }\n";
    if (trains()) text += fmt::format("\nconst Weights& initial_weights() noexcept {{ return *reinterpret_cast<const Weights*>(reinterpret_cast<const unsigned char*>(&stored) + {}); }}\n", prepared_bytes());
  } else if (options_.weights_as != WeightsAs::file) {
    text += literal_weights(fields_, "Prepared", "prepared");
    if (trains()) text.append("\n").append(literal_weights(weights_, "Weights", "initial_weights"));
  }
  return text + "\n" + load_function() + state_reset() + optimizer_start() + fmt::format("}}  // namespace {}\n", space());
}

std::string Emitter::weights_symbol() const { return fmt::format("keratin_{}_{}_weights", identifier(space()), options_.name); }

std::string Emitter::embedded_blob() const {
  return fmt::format(
      "// {0} bytes lie in {1}_weights.cpp.bin beside this file (content {2:016x}); the assembler includes them.\n"
      "#define KERATIN_WEIGHTS \"{3}\"\n"
      "#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n#error \"the binary file is little-endian; for this target use: keratin compile --weights-as array\"\n"
      "#elif defined(__ELF__)\n"
      "asm(\".pushsection .rodata\\n.balign 64\\n.globl \" KERATIN_WEIGHTS \"\\n.hidden \" KERATIN_WEIGHTS \"\\n\" KERATIN_WEIGHTS \":\\n.incbin \\\"\" __FILE__ \".bin\\\"\\n.popsection\\n\");\n"
      "#elif defined(__APPLE__)\n"
      "asm(\".section __TEXT,__const\\n.p2align 6\\n.globl \" KERATIN_WEIGHTS \"\\n.private_extern \" KERATIN_WEIGHTS \"\\n\" KERATIN_WEIGHTS \":\\n.incbin \\\"\" __FILE__ \".bin\\\"\\n.text\\n\");\n"
      "#elif defined(_WIN32)\n"
      "asm(\".section .rdata,\\\"dr\\\"\\n.p2align 6\\n.globl \" KERATIN_WEIGHTS \"\\n\" KERATIN_WEIGHTS \":\\n.incbin \\\"\" __FILE__ \".bin\\\"\\n.text\\n\");\n"
      "#else\n#error \"no way to include a binary file is known for this target; use: keratin compile --weights-as array, or file\"\n#endif\n\n",
      prepared_bytes() + bytes_of(weights_), options_.name, hash_of(weights_blob()), weights_symbol());
}

std::string Emitter::literal_weights(const std::vector<PreparedField>& fields, std::string_view type, std::string_view function) const {
  std::string text = fmt::format("namespace {{\n\nconstexpr {0} k{0} = {{\n", type);
  for (const PreparedField& field : fields) {
    const auto& tensor = program().variable(field.variable).initial;
    IR_CHECK(tensor, "a prepared weight without a value");
    text += fmt::format("    // {}\n    {{", field.name);
    std::string line;
    for (int64_t i = 0; i < field.count; ++i) {
      const std::string value = value_text(*tensor, static_cast<size_t>(i)) + (i + 1 < field.count ? "," : "");
      if (5 + line.size() + 1 + value.size() > 138) {
        text += line + "\n     ";
        line.clear();
      }
      line += (line.empty() ? "" : " ") + value;
    }
    text += line + "},\n";
  }
  if (fields.empty()) text += "    {},\n";
  return text + fmt::format("}};\n\n}}  // namespace\n\nconst {0}& {1}() noexcept {{ return k{0}; }}\n", type, function);
}

}  // namespace keratin
