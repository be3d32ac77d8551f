// NAME.cpp: functors, one function for a block of examples, and predict around it.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "codegen/emitter.h"
#include "codegen/expression.h"

namespace keratin {

namespace {

/// x, y, z, a, b, ...: the operands of a functor in the order of its leaves.
std::vector<std::string> leaf_names(int count) {
  constexpr std::string_view kNames = "xyzabcdefghijklmopqsuvw";
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace_back(1, kNames[static_cast<size_t>(i)]);
  return names;
}

}  // namespace

std::string Emitter::map_functor(ir::ExpressionId id) const {
  const ir::Expression& expression = plan_.expressions[id.index];
  const std::vector<std::string> names = leaf_names(expression.leaves);
  const bool vectors = expression.vectorizable();
  std::vector<std::string> types, parameters, results;
  bool masks = false;  // booleans beside vectors of numbers
  for (int i = 0; i < expression.leaves; ++i) {
    const bool mask = vectors && std::any_of(expression.nodes.begin(), expression.nodes.end(), [&](const auto& node) { return node.leaf == i && node.dtype == DType::boolean; });
    masks = masks || mask;
    types.push_back(mask ? "M" : vectors ? "V" : fmt::format("V{}", i));
    parameters.push_back(types.back() + " " + names[static_cast<size_t>(i)]);
  }
  if (vectors && expression.leaves > 0) types = masks ? std::vector<std::string>{"V", "M"} : std::vector<std::string>{"V"};
  for (size_t i = expression.results.size(); i-- > 0;) {
    results.insert(results.begin(), fmt::format("r{}", i + 1));
    types.insert(types.begin(), fmt::format("R{}", i + 1));
    parameters.insert(parameters.begin(), types.front() + " " + results.front());
  }
  const std::string list = types.empty() ? "" : "template <class " + joined(types, ", class ") + "> ";
  return fmt::format("struct {} {{\n  {}KR_INLINE {} operator()({}) const {{\n{}  }}\n}};\n", functor_name(id), list, results.empty() ? "auto" : "void", joined(parameters, ", "),
                     expression_body(expression, names, results, vectors && expression.leaves > 0, "    "));
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
      if (leaf.operand.dtype == DType::boolean) loads += fmt::format("    const auto {} = kr::load_mask<V>({}s + {}, lanes);\n", leaf_name, leaf_name, place);
      else loads += fmt::format("    const V {} = kr::load_lanes<kr::kLanesOf<V>>({}s + {}, lanes);\n", leaf_name, leaf_name, place);
    }
  }
  const std::string signature = fmt::format("V x, kr::Size{}, int{}", needs_offset ? " offset" : "", needs_lanes ? " lanes" : "");
  return fmt::format("struct {} {{\n{}  template <class V> KR_INLINE V operator()({}) const {{\n{}{}  }}\n}};\n", name, members, signature, loads,
                     expression_body(expression, names, {}, true, "    "));
}

std::string Emitter::functors(const std::vector<const FunctionWriter*>& functions) const {
  std::set<ir::ExpressionId> maps;
  std::set<std::string> ends;
  for (const FunctionWriter* f : functions)
    for (const ir::Step& step : f->function().steps)
      for (const ir::Arg& arg : step.args) {
        if (const auto* functor = std::get_if<ir::FunctorArg>(&arg)) maps.insert(functor->expression);
        if (const auto* epilogue = std::get_if<ir::Epilogue>(&arg); epilogue && epilogue->expression.valid()) ends.insert(epilogue_key(*epilogue));
      }
  std::string text;
  for (ir::ExpressionId id : maps) text += map_functor(id) + "\n";
  for (const std::string& key : ends) text += epilogue_functor(epilogues_.at(key), epilogue_names_.at(key)) + "\n";
  return text;
}

std::string Emitter::headers_of(const std::vector<const FunctionWriter*>& functions) const {
  std::set<std::string> names;
  for (const FunctionWriter* f : functions) {
    names.merge(f->headers());
    for (const ir::Step& step : f->function().steps)
      for (const ir::Arg& arg : step.args) {
        const auto* epilogue = std::get_if<ir::Epilogue>(&arg);
        if (std::holds_alternative<ir::FunctorArg>(arg) || (epilogue && epilogue->expression.valid())) names.insert({"arithmetic.h", "math.h"});
      }
  }
  std::string text;
  for (const std::string& name : names) text += fmt::format("#include \"keratin/runtime/{}\"\n", name);
  return text;
}

/// Memory for all operands, one batch, and where an extent follows from the batch otherwise, that extent. Declares `batch`.
std::string Emitter::operand_checks(const ir::PlannedFunction& f, const std::vector<End>& ends) const {
  std::vector<std::string> all, batched;
  std::string others;
  for (const End& end : ends) {
    if (!end.view) continue;
    const ir::Shape& shape = f.buffers[end.buffer.index].shape;
    all.push_back(end.text);
    if (shape.rank() > 0 && shape[0] == ir::kBatch) batched.push_back(all.back());
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (!shape[axis].is_static() && (axis > 0 || shape[0] != ir::kBatch))
        others += fmt::format("  if ({}.extent({}) != {}) return {{kr::StatusCode::wrong_batch, \"an extent of {} does not fit the number of examples\"}};\n", all.back(), axis, dim(shape[axis], "batch"),
                              end.text.substr(end.text.find('.') + 1));
  }
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
  std::vector<End> ends;
  for (size_t i = 0; i < f.parameters.size(); ++i) ends.push_back({"in." + input_names_[i], f.parameters[i], true});
  for (size_t i = 0; i < f.outputs.size(); ++i) ends.push_back({"out." + output_names_[i], f.outputs[i], true});
  for (const End& end : ends) {
    const int64_t count = per_example(f.buffers[end.buffer.index]);
    block_args.push_back(end.text + (blocks ? fmt::format(".data() + first{}", count == 1 ? "" : fmt::format(" * {}", count)) : ".data()"));
  }
  block_args.push_back("w.memory()");
  block_args.push_back("w.pool()");
  if (writers_[0].alternates()) block_args.push_back("backwards");

  std::string text = fmt::format("kr::Status predict(const Prepared&{}{} const Inputs& in, const Outputs& out, Workspace& w) noexcept {{\n", fields_.empty() ? "," : " p,", has_state() ? " State& s," : "");
  text += operand_checks(f, ends);
  text += "  if (!w.holds(batch)) return kr::Arena::too_small();\n";
  if (writers_[0].alternates()) text += "  const bool backwards = w.alternate();\n";
  if (!blocks) return text + fmt::format("  const kr::Size n = batch;\n  return predict_block({});\n}}\n", joined(block_args, ", "));
  text += fmt::format("  for (kr::Size first = 0; first < batch; first += {0}) {{   // {0} examples at a time stay in the cache\n    const kr::Size n = batch - first < {0} ? batch - first : {0};\n", f.block);
  text += fmt::format("    if (const kr::Status status = predict_block({}); !status) return status;\n  }}\n  return {{}};\n}}\n", joined(block_args, ", "));
  return text;
}

std::string Emitter::source() const {
  std::string text = fmt::format("// The body of {0}.h. Source: {1}. Made by {2}; this output is yours, without conditions.\n#include \"{0}.h\"\n\n", options_.name, options_.source, options_.compiler);
  text += headers_of({&writers_[0]});
  std::string predict_text = predict_function();
  if (dispatches())  // compiled once for each target, under its name; without one it is the only body
    predict_text = "#ifdef KERATIN_TARGET   // one of those that " + options_.name + "_dispatch.cpp chooses from\nnamespace KERATIN_TARGET {\n#endif\n\n" + predict_text + "\n#ifdef KERATIN_TARGET\n}\n#endif\n";
  std::vector<std::string> structs;
  if (!fields_.empty()) structs.emplace_back("const Prepared& p");
  if (has_state()) structs.emplace_back("State& s");
  return text + fmt::format("\nnamespace {0} {{\nnamespace {{\n\n{1}{2}\n}}  // namespace\n\n{3}\n}}  // namespace {0}\n", space(), functors({&writers_[0]}), writers_[0].block(predict().separable && predict().block > 0 ? fmt::format("Up to {} examples through the whole model.", predict().block) : "All examples through the whole model.", structs), predict_text);
}

}  // namespace keratin
