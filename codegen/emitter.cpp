#include "codegen/emitter.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "codegen/expression.h"
#include "ir/plan/planner.h"
#include "ir/support/prepared_name.h"

namespace keratin {

namespace {

constexpr size_t kAlignment = 64;

std::string camel(std::string_view text) {
  std::string result;
  bool upper = true;
  for (char c : text) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return result;
}

/// A functor is named after what it computes last: `Relu`, `AddMax`.
std::string expression_name(const ir::Expression& expression) {
  std::string name;
  int words = 0;
  for (size_t i = expression.nodes.size(); i-- > 0 && words < 3;) {
    const auto& node = expression.nodes[i];
    if (node.leaf >= 0 || node.function == "constant" || node.function == "identity") continue;
    const std::string function = node.function.starts_with("convert<") ? "cast" : node.function;
    name = camel(function) + name;
    ++words;
  }
  if (expression.nodes.size() == 3 && expression.nodes[2].function == "max") {
    for (const auto& node : expression.nodes)
      if (node.function == "constant" && node.immediate == 0) return "Relu";
  }
  return name.empty() ? "Copy" : name;
}

/// How many prepared buffers come from each weight.
std::map<std::string, int> weight_names(const ir::PlannedFunction& f) {
  std::map<std::string, int> count;
  for (const ir::Buffer& buffer : f.buffers)
    if (buffer.role == ir::BufferRole::prepared) ++count[ir::split_prepared_name(buffer.name).weight];
  return count;
}

}  // namespace

Emitter::Emitter(const ir::Plan& plan, const EmitOptions& options) : plan_(plan), options_(options) {
  const ir::PlannedFunction& f = predict();
  Scope locals({"n", "p", "s", "memory", "workers", "backwards", "status", "kr"}), fields, states({"reset", "State"});
  const std::map<std::string, int> weights = weight_names(f);
  buffer_names_.resize(f.buffers.size());
  for (size_t i = 0; i < f.buffers.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[i];
    if (buffer.role == ir::BufferRole::prepared) {
      // Named after its Keras weight; two forms of one weight say which is which.
      const std::string weight = ir::split_prepared_name(buffer.name).weight;
      const std::string name = fields.claim(weights.at(weight) == 1 ? weight : buffer.name);
      const ir::VariableId id{buffer.index};
      const int64_t count = buffer.shape.static_count();
      size_t offset = 0;
      if (!fields_.empty()) {
        const PreparedField& last = fields_.back();
        offset = last.offset + static_cast<size_t>(last.count) * size_of(ir::storage(program().variable(last.variable).type.dtype));
        offset = (offset + kAlignment - 1) / kAlignment * kAlignment;
      }
      fields_.push_back({id, name, count, offset});
      buffer_names_[i] = "p." + name;
    } else if (buffer.role == ir::BufferRole::state) {
      states_.push_back({ir::VariableId{buffer.index}, states.claim(buffer.name), buffer.shape.static_count()});
      buffer_names_[i] = "s." + states_.back().name;
    } else {
      buffer_names_[i] = locals.claim(buffer.name);
    }
  }
  Scope inputs, outputs;
  for (const std::string& name : f.parameter_names) input_names_.push_back(inputs.claim(name));
  for (const std::string& name : f.output_names) output_names_.push_back(outputs.claim(name));
  Scope functors({"Inputs", "Outputs", "Prepared", "State", "Workspace", "Weights"});
  for (const ir::Step& step : f.steps) {
    for (const ir::Arg& arg : step.args) {
      if (const auto* functor = std::get_if<ir::FunctorArg>(&arg); functor && !functor_names_.contains(functor->expression))
        functor_names_[functor->expression] = functors.claim(expression_name(plan.expressions[functor->expression.index]));
      const auto* epilogue = std::get_if<ir::Epilogue>(&arg);
      if (!epilogue || !epilogue->expression.valid() || epilogues_.contains(epilogue_key(*epilogue))) continue;
      epilogues_[epilogue_key(*epilogue)] = *epilogue;
      epilogue_names_[epilogue_key(*epilogue)] = functors.claim("Then" + expression_name(plan.expressions[epilogue->expression.index]));
    }
  }
}

std::string Emitter::epilogue_key(const ir::Epilogue& epilogue) {
  std::string key = fmt::format("{}", epilogue.expression.index);
  bool channels = false;
  for (const ir::Epilogue::Leaf& leaf : epilogue.leaves) {
    key += fmt::format(" {}", static_cast<int>(leaf.reach));
    channels = channels || leaf.reach == ir::Epilogue::Reach::channel;
  }
  return channels ? key + fmt::format(" of {}", epilogue.channels) : key;
}

std::string Emitter::epilogue_name(const ir::Epilogue& epilogue) const { return epilogue.expression.valid() ? epilogue_names_.at(epilogue_key(epilogue)) : "kr::NoEpilogue"; }

size_t Emitter::prepared_bytes() const {
  if (fields_.empty()) return 0;
  const PreparedField& last = fields_.back();
  const size_t end = last.offset + static_cast<size_t>(last.count) * size_of(ir::storage(program().variable(last.variable).type.dtype));
  return (end + kAlignment - 1) / kAlignment * kAlignment;
}

std::string Emitter::dim(ir::Dim d, std::string_view batch) {
  if (d.is_static()) return fmt::format("{}", d.size);
  std::string text = d.batch == 1 ? std::string(batch) : fmt::format("{} * {}", d.batch, batch);
  if (d.size > 0) text += fmt::format(" + {}", d.size);
  if (d.size < 0) text += fmt::format(" - {}", -d.size);
  return text;
}

std::string Emitter::view_type(const ir::Buffer& buffer, bool constant) const {
  std::string text = fmt::format("kr::View<{}{}", constant ? "const " : "", cpp_type(buffer.dtype));
  for (ir::Dim d : buffer.shape.dims) text += d.is_static() ? fmt::format(", {}", d.size) : ", kr::any";
  if (buffer.shape.rank() == 0) text += ", 1";
  return text + ">";
}

std::string Emitter::buffer_pointer(ir::BufferId id) const { return buffer_names_[id.index]; }

std::string Emitter::pointer(const ir::Operand& operand) const {
  std::string text = buffer_pointer(operand.buffer);
  const auto plus = [&](const std::string& offset) { text += " + " + offset; };
  if (operand.offset != ir::Dim(0)) plus(operand.offset.is_static() || operand.offset.size == 0 ? dim(operand.offset) : "(" + dim(operand.offset) + ")");
  for (const ir::LoopTerm& term : operand.loops)
    if (term.stride != ir::Dim(0)) plus(term.stride == ir::Dim(1) ? fmt::format("t{}", term.loop) : fmt::format("t{} * {}", term.loop, term.stride.is_static() ? dim(term.stride) : "(" + dim(term.stride) + ")"));
  return text;
}

std::string Emitter::shape_text(const ir::Operand& operand) const {
  std::string text = operand.buffer.valid() ? buffer_pointer(operand.buffer) : "";
  if (text.starts_with("p.") || text.starts_with("s.")) text = text.substr(2);
  text += "[";
  const bool batched = operand.shape.rank() > 0 && !operand.shape[0].is_static();
  for (int axis = batched ? 1 : 0; axis < operand.shape.rank(); ++axis) text += (axis > (batched ? 1 : 0) ? "," : "") + to_string(operand.shape[axis]);
  return text + "]";
}

std::string Emitter::origin_text(const ir::Step& step) const {
  std::vector<ir::OriginId> ids = {step.origin};
  ids.insert(ids.end(), step.fused.begin(), step.fused.end());
  std::string text;
  std::set<ir::OriginId> seen;
  for (ir::OriginId id : ids) {
    if (!id.valid() || !seen.insert(id).second) continue;
    text += (text.empty() ? "" : " + ") + program().origins[id.index].description;
  }
  return text;
}

std::string Emitter::paragraph_comment(size_t first) const {
  const std::vector<ir::Step>& steps = predict().steps;
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

std::string Emitter::strided(const ir::StridedLeaf& leaf) const {
  const ir::Dim inner = leaf.strides.back();
  const std::string kind = inner == ir::Dim(1) ? "1" : inner == ir::Dim(0) ? "0" : "kr::strided";
  std::string strides;
  for (ir::Dim stride : leaf.strides) strides += (strides.empty() ? "" : ", ") + dim(stride);
  return fmt::format("kr::{}<{}>({}, {{{}}})", leaf.output ? "out" : "in", kind, pointer(leaf.operand), strides);
}

std::string Emitter::epilogue_value(const ir::Epilogue& epilogue) const {
  std::string members;
  for (const ir::Epilogue::Leaf& leaf : epilogue.leaves) members += (members.empty() ? "" : ", ") + pointer(leaf.operand);
  return epilogue_name(epilogue) + "{" + members + "}";
}

std::string Emitter::argument(const ir::Arg& arg, const ir::Step&) const {
  struct Writer {
    const Emitter& e;
    std::string operator()(const ir::PointerArg& a) const { return e.pointer(a.operand); }
    std::string operator()(const ir::ValueArg& a) const { return "kr::" + a.type + "{}"; }
    std::string operator()(const ir::AggregateArg& a) const {
      std::string text;
      for (ir::Dim value : a.values) text += (text.empty() ? "" : ", ") + e.dim(value);
      return "kr::" + a.type + "{" + text + "}";
    }
    std::string operator()(const ir::RecordArg& a) const {
      std::string text;
      for (const auto& field : a.fields) {
        text += text.empty() ? "" : ", ";
        if (const auto* size = std::get_if<ir::Dim>(&field)) text += e.dim(*size);
        else if (const auto* truth = std::get_if<bool>(&field)) text += *truth ? "true" : "false";
        else text += literal(a.dtype, std::get<double>(field));
      }
      return fmt::format("kr::{}<{}>{{{}}}", a.type, cpp_type(a.dtype), text);
    }
    std::string operator()(const ir::RowsArg& a) const {
      std::string text = a.operand.buffer.valid() ? e.pointer(a.operand) : "";
      for (ir::Dim stride : a.strides) text += ", " + e.dim(stride);
      return fmt::format("kr::{}<{}{}>{{{}}}", a.type, a.const_element ? "const " : "", cpp_type(a.operand.dtype), text);
    }
    std::string operator()(const ir::NullArg& a) const { return fmt::format("static_cast<{}{}*>(nullptr)", a.writes ? "" : "const ", cpp_type(a.dtype)); }
    std::string operator()(const ir::SizeArg& a) const { return e.dim(a.size); }
    std::string operator()(const ir::NumberArg& a) const { return literal(a.dtype, a.value); }
    std::string operator()(const ir::FlagsArg& a) const {
      std::string text;
      for (const std::string& name : a.names) text += (text.empty() ? "kr::" : " + kr::") + name;
      return text.empty() ? "0" : text;
    }
    std::string operator()(const ir::ExtentsArg& a) const {
      std::string text;
      for (ir::Dim extent : a.extents) text += (text.empty() ? "" : ", ") + e.dim(extent);
      return "{" + text + "}";
    }
    std::string operator()(const ir::FunctorArg& a) const { return e.functor_name(a.expression) + "{}"; }
    std::string operator()(const ir::ScratchArg& a) const { return e.buffer_pointer(a.buffer); }
    std::string operator()(const ir::PoolArg&) const { return "workers"; }
    std::string operator()(const ir::AlternateArg&) const { return "backwards"; }
    std::string operator()(const ir::StridedLeaf& a) const { return e.strided(a); }
    std::string operator()(const ir::Epilogue& a) const { return e.epilogue_value(a); }
  };
  return std::visit(Writer{*this}, arg);
}

std::string Emitter::template_argument(const ir::Template& t, const ir::Step& step) const {
  using Kind = ir::Template::Kind;
  switch (t.kind) {
    case Kind::number: return fmt::format("{}", t.number);
    case Kind::dtype: return cpp_type(t.dtype);
    case Kind::flag: return t.number ? "true" : "false";
    case Kind::functor: return functor_name(t.expression);
    case Kind::epilogue:
      for (const ir::Arg& arg : step.args)
        if (const auto* epilogue = std::get_if<ir::Epilogue>(&arg)) return epilogue_name(*epilogue);
      return "kr::NoEpilogue";
    case Kind::named: break;
  }
  std::string text = "kr::" + t.name;
  for (size_t i = 0; i < t.args.size(); ++i) text += (i ? ", " : "<") + template_argument(t.args[i], step);
  return t.args.empty() ? text : text + ">";
}

std::string Emitter::step_text(const ir::Step& step, const std::string& indent) const {
  std::string templates, args;
  for (const ir::Template& t : step.templates) templates += (templates.empty() ? "" : ", ") + template_argument(t, step);
  for (const ir::Arg& arg : step.args) args += (args.empty() ? "" : ", ") + argument(arg, step);
  const std::string call = fmt::format("kr::{}{}({});", step.kernel, templates.empty() ? "" : "<" + templates + ">", args);
  if (step.returns_status) return fmt::format("{}if (const kr::Status status = {} !status) return status;\n", indent, call.substr(0, call.size()));
  return indent + call + "\n";
}

std::vector<std::string> Emitter::runtime_headers() const {
  std::set<std::string> names;
  for (const ir::Step& step : predict().steps)
    if (!step.header.empty()) names.insert(step.header);
  if (!functor_names_.empty() || !epilogues_.empty()) names.insert({"arithmetic.h", "math.h"});
  return {names.begin(), names.end()};
}

}  // namespace keratin
