// plan.txt: steps, candidates and where memory lies.
#include <algorithm>
#include <fmt/format.h>

#include "ir/plan/plan.h"

namespace keratin::ir {

namespace {

std::string buffer_text(const PlannedFunction& f, const Operand& operand) {
  if (!operand.buffer.valid()) return "-";
  return fmt::format("{}{}", f.buffers[operand.buffer.index].name, to_string(operand.shape));
}

/// The one result, or all of them where a pass has several.
std::string results_text(const PlannedFunction& f, const Step& step) {
  std::string text;
  for (const Arg& arg : step.args)
    if (const auto* leaf = std::get_if<StridedLeaf>(&arg); leaf && leaf->output) text += (text.empty() ? "" : ", ") + buffer_text(f, leaf->operand);
  return text.empty() ? buffer_text(f, step.output) : text;
}

std::string print_step(const Plan& plan, const PlannedFunction& f, const Step& step, size_t index) {
  if (step.kind == Step::Kind::loop_begin) return fmt::format("{:4}  loop t{} over {} steps{}\n", index, step.loop, step.length, step.reverse ? ", last first" : "");
  if (step.kind == Step::Kind::loop_end) return fmt::format("{:4}  end of loop\n", index);
  std::string numbers;
  for (const Template& t : step.templates) {
    if (t.kind == Template::Kind::number) numbers += fmt::format(" {}", t.number);
    for (const Template& inner : t.args) numbers += fmt::format(" {}", inner.number);
  }
  std::string text = fmt::format("{:4}  {}{}  {} -> {}", index, step.kernel, numbers, buffer_text(f, step.input), results_text(f, step));
  if (step.origin.valid()) text += "  ; " + plan.program->origins[step.origin.index].path;
  for (OriginId id : step.fused)
    if (id.valid() && id != step.origin) text += " + " + plan.program->origins[id.index].path;
  text += "\n";
  for (const Candidate& candidate : step.candidates) text += fmt::format("        {} {:>10.2f} us  {}\n", candidate.chosen ? "*" : " ", candidate.microseconds, candidate.kernel);
  return text;
}

std::string_view role_text(BufferRole role) {
  constexpr std::string_view names[] = {"input", "output", "prepared", "state", "weight", "optimizer", "metric", "table", "scratch"};
  return names[static_cast<size_t>(role)];
}

/// What forward leaves in memory for backward; nothing where there is no backward.
std::string print_saved(const Plan& plan, const PlannedFunction& f) {
  const auto is_backward = [&](const Step& step) { return step.origin.valid() && plan.program->origins[step.origin.index].backward; };
  const auto begin = std::find_if(f.steps.begin(), f.steps.end(), is_backward);
  if (begin == f.steps.end()) return {};
  const auto boundary = begin - f.steps.begin();
  Dim total(0);
  std::string text;
  for (const Buffer& buffer : f.buffers) {
    if (buffer.role != BufferRole::scratch || buffer.first < 0 || buffer.first >= boundary || buffer.last < boundary) continue;
    total = total + buffer.bytes();
    text += fmt::format("  {:40} {:>16}\n", buffer.name + to_string(buffer.shape), to_string(buffer.bytes()));
  }
  return fmt::format("\nsaved for backward, which begins with step {}: {} bytes\n{}", boundary, to_string(total), text);
}

}  // namespace

std::string print(const Plan& plan) {
  std::string text;
  for (const Decision& decision : plan.decisions)
    text += (decision.origin.valid() ? plan.program->origins[decision.origin.index].path + ": " : std::string()) + decision.text + "\n";
  if (!text.empty()) text += "\n";
  for (const PlannedFunction& f : plan.functions) {
    text += fmt::format("{}: {}\n\nsteps\n", f.name, f.separable ? fmt::format("{} examples per pass", f.block) : "the whole batch in one pass");
    for (size_t i = 0; i < f.steps.size(); ++i) text += print_step(plan, f, f.steps[i], i);
    text += "\nmemory: role, bytes, offset, steps of its life\n";
    for (const Buffer& buffer : f.buffers) {
      if (buffer.role == BufferRole::scratch && buffer.first < 0) continue;
      const Dim bytes = buffer.bytes();
      text += fmt::format("  {:9} {:40} {:>16}", role_text(buffer.role), buffer.name + to_string(buffer.shape), to_string(bytes));
      if (buffer.role == BufferRole::scratch) text += fmt::format(" at {:>12}  {}..{}", to_string(buffer.offset), buffer.first, buffer.last);
      text += "\n";
    }
    text += print_saved(plan, f);
    text += fmt::format("\nworkspace: {} bytes\n", to_string(f.workspace_bytes));
  }
  return text;
}

}  // namespace keratin::ir
