// NAME.cpp: functors, one function for a block of examples, and predict around it.
#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

namespace {

/// x, y, z, a, b, ...: the operands of a functor in the order of its leaves.
std::vector<std::string> leaf_names(int count) {
  static constexpr const char* kNames[] = {"x", "y", "z", "a", "b", "c", "d", "e"};
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(kNames[i]);
  return names;
}

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

}  // namespace

std::string Emitter::map_functor(ir::ExpressionId id) const {
  const ir::Expression& expression = plan_.expressions[id.index];
  const std::vector<std::string> names = leaf_names(expression.leaves);
  const bool vectors = expression.vectorizable();
  std::vector<std::string> types, parameters;
  for (int i = 0; i < expression.leaves; ++i) {
    types.push_back(vectors ? "V" : fmt::format("V{}", i));
    parameters.push_back(types.back() + " " + names[static_cast<size_t>(i)]);
  }
  std::string list;
  if (vectors && expression.leaves > 0) list = "template <class V> ";
  else if (expression.leaves > 0) list = "template <class " + joined(types, ", class ") + "> ";
  return fmt::format("struct {} {{\n  {}KR_INLINE auto operator()({}) const {{\n{}  }}\n}};\n", functor_name(id), list, joined(parameters, ", "),
                     expression_body(expression, names, vectors && expression.leaves > 0, "    "));
}

std::string Emitter::epilogue_functor(const ir::Epilogue& epilogue, const std::string& name) const {
  const ir::Expression& expression = plan_.expressions[epilogue.expression.index];
  std::vector<std::string> names = leaf_names(expression.leaves);
  std::string members, loads;
  bool needs_lanes = false, needs_offset = false;
  for (size_t i = 0; i < epilogue.leaves.size(); ++i) {
    const ir::Epilogue::Leaf& leaf = epilogue.leaves[i];
    const std::string leaf_name = names[i + 1], type = cpp_type(leaf.operand.dtype);
    using Reach = ir::Epilogue::Reach;
    members += fmt::format("  const {}* {}s;  // {}\n", type, leaf_name, leaf.reach == Reach::element ? "beside each element of the result" : leaf.reach == Reach::channel ? "one for each channel" : "one for all");
    if (leaf.reach == Reach::scalar) {
      loads += fmt::format("    const V {} = kr::broadcast<V>(*{}s);\n", leaf_name, leaf_name);
    } else {
      needs_lanes = needs_offset = true;
      const std::string place = leaf.reach == Reach::channel ? fmt::format("offset % {}", epilogue.channels) : "offset";
      loads += fmt::format("    const V {} = kr::load_lanes<kr::kLanesOf<V>>({}s + {}, lanes);\n", leaf_name, leaf_name, place);
    }
  }
  const std::string signature = fmt::format("V x, kr::Size{}, int{}", needs_offset ? " offset" : "", needs_lanes ? " lanes" : "");
  return fmt::format("struct {} {{\n{}  template <class V> KR_INLINE V operator()({}) const {{\n{}{}  }}\n}};\n", name, members, signature, loads,
                     expression_body(expression, names, true, "    "));
}

std::string Emitter::functors() const {
  std::string text;
  for (const auto& [id, name] : functor_names_) text += map_functor(id) + "\n";
  for (const auto& [key, epilogue] : epilogues_) text += epilogue_functor(epilogue, epilogue_names_.at(key)) + "\n";
  return text;
}

bool Emitter::alternates() const {
  for (const ir::Step& step : predict().steps)
    for (const ir::Arg& arg : step.args)
      if (std::holds_alternative<ir::AlternateArg>(arg)) return true;
  return false;
}

std::string Emitter::block_function() const {
  const ir::PlannedFunction& f = predict();
  std::vector<std::string> parameters = {"kr::Size n"};
  if (!fields_.empty()) parameters.push_back("const Prepared& p");
  if (has_state()) parameters.push_back("State& s");
  for (ir::BufferId id : f.parameters) parameters.push_back(fmt::format("const {}* {}", cpp_type(f.buffers[id.index].dtype), buffer_names_[id.index]));
  for (ir::BufferId id : f.outputs) parameters.push_back(fmt::format("{}* {}", cpp_type(f.buffers[id.index].dtype), buffer_names_[id.index]));
  parameters.push_back("unsigned char* memory");
  parameters.push_back("kr::Pool* workers");
  if (alternates()) parameters.push_back("bool backwards");

  std::string body;
  for (size_t i = 0; i < f.buffers.size(); ++i) {
    const ir::Buffer& buffer = f.buffers[i];
    if (buffer.role != ir::BufferRole::scratch || buffer.last < 0) continue;
    body += fmt::format("  {}* const {} = reinterpret_cast<{}*>(memory{});\n", cpp_type(buffer.dtype), buffer_names_[i], cpp_type(buffer.dtype),
                        buffer.offset == ir::Dim(0) ? "" : " + " + dim(buffer.offset));
  }
  std::string previous, indent = "  ";
  for (size_t i = 0; i < f.steps.size(); ++i) {
    const ir::Step& step = f.steps[i];
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
  std::string unused;
  for (ir::BufferId id : f.parameters) {
    const std::string& name = buffer_names_[id.index];
    if (!mentions(body, name)) unused += fmt::format("  (void){};\n", name);
  }
  if (!mentions(body, "memory")) unused += "  (void)memory;\n";
  if (!mentions(body, "workers")) unused += "  (void)workers;\n";
  if (!fields_.empty() && !mentions(body, "p")) unused += "  (void)p;\n";
  if (has_state() && !mentions(body, "s")) unused += "  (void)s;\n";
  if (!mentions(body, "n")) unused += "  (void)n;\n";
  return fmt::format("/// {} examples through the whole model.\nkr::Status predict_block({}) noexcept {{\n{}{}\n  return {{}};\n}}\n", f.separable && f.block > 0 ? fmt::format("Up to {}", f.block) : "All",
                     joined(parameters, ", "), unused, body);
}

/// Memory for all operands, one batch, and where an extent follows from the batch otherwise, that extent. Declares `batch`.
std::string Emitter::operand_checks() const {
  const ir::PlannedFunction& f = predict();
  std::vector<std::string> all, batched;
  std::string others;
  const auto collect = [&](const std::vector<ir::BufferId>& ids, const std::vector<std::string>& names, const char* object) {
    for (size_t i = 0; i < ids.size(); ++i) {
      const ir::Shape& shape = f.buffers[ids[i].index].shape;
      all.push_back(fmt::format("{}.{}", object, names[i]));
      if (shape.rank() > 0 && shape[0] == ir::kBatch) batched.push_back(all.back());
      for (int axis = 0; axis < shape.rank(); ++axis)
        if (!shape[axis].is_static() && (axis > 0 || shape[0] != ir::kBatch))
          others += fmt::format("  if ({}.extent({}) != {}) return {{kr::StatusCode::wrong_batch, \"an extent of {} does not fit the number of examples\"}};\n", all.back(), axis, dim(shape[axis], "batch"), names[i]);
    }
  };
  collect(f.parameters, input_names_, "in");
  collect(f.outputs, output_names_, "out");
  std::string text;
  if (batched.size() > 1) text += fmt::format("  if (const kr::Status status = kr::same_batch({}); !status) return status;\n", joined(batched, ", "));
  if (batched.size() < 2 || batched.size() < all.size()) text += fmt::format("  if (const kr::Status status = kr::all_present({}); !status) return status;\n", joined(all, ", "));
  return text + (batched.empty() ? "  const kr::Size batch = 1;\n" : fmt::format("  const kr::Size batch = {}.rows();\n", batched[0])) + others;
}

std::string Emitter::predict_function() const {
  const ir::PlannedFunction& f = predict();
  std::vector<std::string> block_args = {"n"};
  if (!fields_.empty()) block_args.push_back("p");
  if (has_state()) block_args.push_back("s");
  const auto per_example = [&](const ir::Buffer& buffer) {
    int64_t count = 1;
    for (ir::Dim d : buffer.shape.dims) count *= d.is_static() ? d.size : d.batch;
    return count;
  };
  const bool blocks = f.separable && f.block > 0;
  const auto ends = [&](const std::vector<ir::BufferId>& ids, const std::vector<std::string>& names, const char* object) {
    for (size_t i = 0; i < ids.size(); ++i) {
      const int64_t count = per_example(f.buffers[ids[i].index]);
      block_args.push_back(blocks ? fmt::format("{}.{}.data() + first{}", object, names[i], count == 1 ? "" : fmt::format(" * {}", count)) : fmt::format("{}.{}.data()", object, names[i]));
    }
  };
  ends(f.parameters, input_names_, "in");
  ends(f.outputs, output_names_, "out");
  block_args.push_back("w.memory()");
  block_args.push_back("w.pool()");
  if (alternates()) block_args.push_back("backwards");

  std::string text = fmt::format("kr::Status predict(const Prepared&{}{} const Inputs& in, const Outputs& out, Workspace& w) noexcept {{\n", fields_.empty() ? "," : " p,", has_state() ? " State& s," : "");
  text += operand_checks();
  text += "  if (!w.holds(batch)) return kr::Arena::too_small();\n";
  if (alternates()) text += "  const bool backwards = w.alternate();\n";
  if (!blocks) return text + fmt::format("  const kr::Size n = batch;\n  return predict_block({});\n}}\n", joined(block_args, ", "));
  text += fmt::format("  for (kr::Size first = 0; first < batch; first += {0}) {{   // {0} examples at a time stay in the cache\n    const kr::Size n = batch - first < {0} ? batch - first : {0};\n", f.block);
  text += fmt::format("    if (const kr::Status status = predict_block({}); !status) return status;\n  }}\n  return {{}};\n}}\n", joined(block_args, ", "));
  return text;
}

std::string Emitter::source() const {
  std::string text = fmt::format("// The body of {0}.h. Source: {1}. Made by {2}; this output is yours, without conditions.\n#include \"{0}.h\"\n\n", options_.name, options_.source, options_.compiler);
  for (const std::string& header : runtime_headers()) text += fmt::format("#include \"keratin/runtime/{}\"\n", header);
  std::string predict_text = predict_function();
  if (dispatches())  // compiled once for each target, under its name; without one it is the only body
    predict_text = "#ifdef KERATIN_TARGET   // one of those that " + options_.name + "_dispatch.cpp chooses from\nnamespace KERATIN_TARGET {\n#endif\n\n" + predict_text + "\n#ifdef KERATIN_TARGET\n}\n#endif\n";
  return text + fmt::format("\nnamespace {0} {{\nnamespace {{\n\n{1}{2}\n}}  // namespace\n\n{3}\n}}  // namespace {0}\n", space(), functors(), block_function(), predict_text);
}

}  // namespace keratin
