#include "codegen/function_writer.h"

#include <cctype>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"
#include "ir/plan/memory.h"

namespace keratin {

/// Whether the code, comments apart, uses the identifier.
bool mentions(const std::string& code, std::string_view name) {
  const auto part_of_name = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (size_t at = code.find(name); at != std::string::npos; at = code.find(name, at + 1)) {
    const bool whole = (at == 0 || !part_of_name(code[at - 1])) && (at + name.size() == code.size() || !part_of_name(code[at + name.size()]));
    const size_t line = code.rfind('\n', at) + 1, comment = code.find("//", line);
    if (whole && comment > at) return true;
  }
  return false;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

FunctionWriter::FunctionWriter(const Emitter& bundle, const ir::PlannedFunction& function) : bundle_(bundle), f_(function) {
  for (const ir::Step& step : f_.steps)
    ir::for_each_operand(step, [&](const ir::Operand& operand, bool writes) {
      const ir::BufferRole role = f_.buffers[operand.buffer.index].role;
      used_.insert(role);
      if (writes) written_.insert(role);
    });
  Scope locals({"n", "p", "s", "memory", "workers", "backwards", "status", "kr"});
  if (bundle_.trains()) locals.reserve({"w", "o", "r"});
  for (const ir::Buffer& buffer : f_.buffers) {
    const bool own = buffer.role == ir::BufferRole::scratch || buffer.role == ir::BufferRole::input || buffer.role == ir::BufferRole::output;
    names_.push_back(own ? locals.claim(buffer.name) : bundle_.field(buffer.role, ir::VariableId{buffer.index}));
  }
}

bool FunctionWriter::alternates() const {
  for (const ir::Step& step : f_.steps)
    for (const ir::Arg& arg : step.args)
      if (std::holds_alternative<ir::AlternateArg>(arg)) return true;
  return false;
}

std::string FunctionWriter::pointer(const ir::Operand& operand) const {
  std::string text = name(operand.buffer);
  const auto plus = [&](const std::string& offset) { text += " + " + offset; };
  if (operand.offset != ir::Dim(0)) plus(operand.offset.is_static() || operand.offset.size == 0 ? Emitter::dim(operand.offset) : "(" + Emitter::dim(operand.offset) + ")");
  for (const ir::LoopTerm& term : operand.loops)
    if (term.stride != ir::Dim(0)) plus(term.stride == ir::Dim(1) ? fmt::format("t{}", term.loop) : fmt::format("t{} * {}", term.loop, term.stride.is_static() ? Emitter::dim(term.stride) : "(" + Emitter::dim(term.stride) + ")"));
  return text;
}

std::string FunctionWriter::shape_text(const ir::Operand& operand) const {
  std::string text = operand.buffer.valid() ? name(operand.buffer) : "";
  text = text.substr(text.find('.') + 1);  // of a struct's field
  text += "[";
  const bool batched = operand.shape.rank() > 0 && !operand.shape[0].is_static();
  for (int axis = batched ? 1 : 0; axis < operand.shape.rank(); ++axis) text += (axis > (batched ? 1 : 0) ? "," : "") + to_string(operand.shape[axis]);
  return text + "]";
}

std::string FunctionWriter::origin_text(const ir::Step& step) const {
  std::vector<ir::OriginId> ids = {step.origin};
  ids.insert(ids.end(), step.fused.begin(), step.fused.end());
  std::string text;
  std::set<ir::OriginId> seen;
  for (ir::OriginId id : ids) {
    if (!id.valid() || !seen.insert(id).second) continue;
    const ir::Origin& origin = bundle_.program().origins[id.index];
    text += (text.empty() ? "" : " + ") + origin.description + (origin.backward ? ", gradient" : "");
  }
  return text;
}

std::string FunctionWriter::paragraph_comment(size_t first) const {
  const std::vector<ir::Step>& steps = f_.steps;
  const std::string origin = origin_text(steps[first]);
  if (origin.empty() || steps[first].kind == ir::Step::Kind::loop_end) return "";
  // The paragraph goes on to the last step of the same calls; its result is the last one written outside of loops.
  Operands ends{steps[first].input, steps[first].output};
  int depth = 0;
  for (size_t i = first; i < steps.size() && origin_text(steps[i]) == origin; ++i) {
    depth += steps[i].kind == ir::Step::Kind::loop_begin ? 1 : steps[i].kind == ir::Step::Kind::loop_end ? -1 : 0;
    if (depth < 0) break;
    if (!ends.from.buffer.valid()) ends.from = steps[i].input;
    if (depth == 0 && steps[i].output.buffer.valid()) ends.to = steps[i].output;
  }
  std::string shapes;
  if (ends.to.buffer.valid()) shapes = (ends.from.buffer.valid() ? shape_text(ends.from) : "") + " -> " + shape_text(ends.to);
  const size_t width = 84;
  const std::string padding = origin.size() < width ? std::string(width - origin.size(), ' ') : "   ";
  return "// " + origin + (shapes.empty() ? "" : padding + shapes) + "\n";
}

std::string FunctionWriter::strided(const ir::StridedLeaf& leaf) const {
  const ir::Dim inner = leaf.strides.back();
  const std::string kind = inner == ir::Dim(1) ? "1" : inner == ir::Dim(0) ? "0" : "kr::strided";
  std::string strides;
  for (ir::Dim stride : leaf.strides) strides += (strides.empty() ? "" : ", ") + Emitter::dim(stride);
  return fmt::format("kr::{}<{}>({}, {{{}}})", leaf.output ? "out" : "in", kind, pointer(leaf.operand), strides);
}

std::string FunctionWriter::epilogue_value(const ir::Epilogue& epilogue) const {
  std::string members;
  for (const ir::Epilogue::Leaf& leaf : epilogue.leaves) members += (members.empty() ? "" : ", ") + pointer(leaf.operand);
  return bundle_.epilogue_name(epilogue) + "{" + members + "}";
}

std::string FunctionWriter::argument(const ir::Arg& arg) const {
  struct Writer {
    const FunctionWriter& e;
    std::string operator()(const ir::PointerArg& a) const { return e.pointer(a.operand); }
    std::string operator()(const ir::ValueArg& a) const { return "kr::" + a.type + "{}"; }
    std::string operator()(const ir::AggregateArg& a) const {
      std::string text;
      for (ir::Dim value : a.values) text += (text.empty() ? "" : ", ") + Emitter::dim(value);
      return "kr::" + a.type + "{" + text + "}";
    }
    std::string operator()(const ir::RecordArg& a) const {
      std::string text;
      for (const auto& field : a.fields) {
        text += text.empty() ? "" : ", ";
        if (const auto* size = std::get_if<ir::Dim>(&field)) text += Emitter::dim(*size);
        else if (const auto* truth = std::get_if<bool>(&field)) text += *truth ? "true" : "false";
        else text += literal(a.dtype, std::get<double>(field));
      }
      return fmt::format("kr::{}<{}>{{{}}}", a.type, cpp_type(a.dtype), text);
    }
    std::string operator()(const ir::RowsArg& a) const {
      std::string text = a.operand.buffer.valid() ? e.pointer(a.operand) : "";
      for (ir::Dim stride : a.strides) text += ", " + Emitter::dim(stride);
      return fmt::format("kr::{}<{}{}>{{{}}}", a.type, a.const_element ? "const " : "", cpp_type(a.operand.dtype), text);
    }
    std::string operator()(const ir::NullArg& a) const { return fmt::format("static_cast<{}{}*>(nullptr)", a.writes ? "" : "const ", cpp_type(a.dtype)); }
    std::string operator()(const ir::SizeArg& a) const { return Emitter::dim(a.size); }
    std::string operator()(const ir::NumberArg& a) const { return literal(a.dtype, a.value); }
    std::string operator()(const ir::FlagsArg& a) const {
      std::string text;
      for (const std::string& name : a.names) text += (text.empty() ? "kr::" : " + kr::") + name;
      return text.empty() ? "0" : text;
    }
    std::string operator()(const ir::ExtentsArg& a) const {
      std::string text;
      for (ir::Dim extent : a.extents) text += (text.empty() ? "" : ", ") + Emitter::dim(extent);
      return "{" + text + "}";
    }
    std::string operator()(const ir::FunctorArg& a) const { return e.bundle_.functor_name(a.expression) + "{}"; }
    std::string operator()(const ir::ScratchArg& a) const { return e.name(a.buffer); }
    std::string operator()(const ir::PoolArg&) const { return "workers"; }
    std::string operator()(const ir::AlternateArg&) const { return "backwards"; }
    std::string operator()(const ir::StridedLeaf& a) const { return e.strided(a); }
    std::string operator()(const ir::Epilogue& a) const { return e.epilogue_value(a); }
  };
  return std::visit(Writer{*this}, arg);
}

std::string FunctionWriter::template_argument(const ir::Template& t, const ir::Step& step) const {
  using Kind = ir::Template::Kind;
  switch (t.kind) {
    case Kind::number: return fmt::format("{}", t.number);
    case Kind::dtype: return cpp_type(t.dtype);
    case Kind::flag: return t.number ? "true" : "false";
    case Kind::functor: return bundle_.functor_name(t.expression);
    case Kind::epilogue:
      for (const ir::Arg& arg : step.args)
        if (const auto* epilogue = std::get_if<ir::Epilogue>(&arg)) return bundle_.epilogue_name(*epilogue);
      return "kr::NoEpilogue";
    case Kind::named: break;
  }
  std::string text = "kr::" + t.name;
  for (size_t i = 0; i < t.args.size(); ++i) text += (i ? ", " : "<") + template_argument(t.args[i], step);
  return t.args.empty() ? text : text + ">";
}

std::string FunctionWriter::step_text(const ir::Step& step, const std::string& indent) const {
  std::string templates, args;
  for (const ir::Template& t : step.templates) templates += (templates.empty() ? "" : ", ") + template_argument(t, step);
  for (const ir::Arg& arg : step.args) args += (args.empty() ? "" : ", ") + argument(arg);
  const std::string call = fmt::format("kr::{}{}({});", step.kernel, templates.empty() ? "" : "<" + templates + ">", args);
  if (step.returns_status) return fmt::format("{}if (const kr::Status status = {} !status) return status;\n", indent, call.substr(0, call.size()));
  return indent + call + "\n";
}

std::set<std::string> FunctionWriter::headers() const {
  std::set<std::string> names;
  for (const ir::Step& step : f_.steps)
    if (!step.header.empty()) names.insert(step.header);
  return names;
}

/// Scratch memory by name, then the paragraphs.
std::string FunctionWriter::steps() const {
  std::string body;
  for (size_t i = 0; i < f_.buffers.size(); ++i) {
    const ir::Buffer& buffer = f_.buffers[i];
    if (buffer.role != ir::BufferRole::scratch || buffer.last < 0) continue;
    body += fmt::format("  {}* const {} = reinterpret_cast<{}*>(memory{});\n", cpp_type(buffer.dtype), names_[i], cpp_type(buffer.dtype),
                        buffer.offset == ir::Dim(0) ? "" : " + " + Emitter::dim(buffer.offset));
  }
  std::string previous, indent = "  ";
  for (size_t i = 0; i < f_.steps.size(); ++i) {
    const ir::Step& step = f_.steps[i];
    const std::string calls = origin_text(step);
    if (const std::string comment = calls != previous ? paragraph_comment(i) : ""; !comment.empty()) body += (body.empty() ? "" : "\n") + indent + comment;
    previous = calls;
    if (step.kind == ir::Step::Kind::loop_begin) {
      body += step.reverse ? fmt::format("{0}for (kr::Size t{1} = {2}; t{1} >= 0; --t{1}) {{\n", indent, step.loop, step.length - 1)
                           : fmt::format("{0}for (kr::Size t{1} = 0; t{1} < {2}; ++t{1}) {{\n", indent, step.loop, step.length);
      indent += "  ";
    } else if (step.kind == ir::Step::Kind::loop_end) {
      indent.resize(indent.size() - 2);
      body += indent + "}\n";
    } else {
      body += step_text(step, indent);
    }
  }
  return body;
}

std::string FunctionWriter::block(const std::string& what, const std::vector<std::string>& structs) const {
  std::vector<std::string> parameters = {"kr::Size n"};
  parameters.insert(parameters.end(), structs.begin(), structs.end());
  for (ir::BufferId id : f_.parameters) parameters.push_back(fmt::format("const {}* {}", cpp_type(f_.buffers[id.index].dtype), name(id)));
  for (ir::BufferId id : f_.outputs) parameters.push_back(fmt::format("{}* {}", cpp_type(f_.buffers[id.index].dtype), name(id)));
  parameters.push_back("unsigned char* memory");
  parameters.push_back("kr::Pool* workers");
  if (alternates()) parameters.push_back("bool backwards");
  const std::string body = steps();
  std::vector<std::string> names;
  for (ir::BufferId id : f_.parameters) names.push_back(name(id));
  names.insert(names.end(), {"memory", "workers"});
  for (const std::string& parameter : structs) names.push_back(parameter.substr(parameter.rfind(' ') + 1));
  names.push_back("n");
  std::string unused;
  for (const std::string& parameter : names)
    if (!mentions(body, parameter)) unused += fmt::format("  (void){};\n", parameter);
  return fmt::format("/// {}\nkr::Status {}_block({}) noexcept {{\n{}{}\n  return {{}};\n}}\n", what, f_.name, joined(parameters, ", "), unused, body);
}

}  // namespace keratin
