#include "ir/plan/memory.h"

#include <algorithm>
#include <optional>

#include "ir/support/sort_stably.h"

namespace keratin::ir {

namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kCacheBytes = 512 * 1024;  // of a core's L2, half of the smallest common one: what a block of examples may fill
constexpr int64_t kLargestBlock = 64;

int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// Bytes of n examples: the constant and the per-example part, each a multiple of the alignment.
Dim aligned(Dim bytes) { return {aligned(bytes.batch), aligned(bytes.size)}; }

bool lives_overlap(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

void find_lives(PlannedFunction& function) {
  struct Loop {
    int begin, end;
  };
  std::vector<Loop> loops;
  std::vector<int> open;
  for (int s = 0; s < static_cast<int>(function.steps.size()); ++s) {
    const Step& step = function.steps[static_cast<size_t>(s)];
    if (step.kind == Step::Kind::loop_begin) open.push_back(s);
    if (step.kind == Step::Kind::loop_end) {
      loops.push_back({open.back(), s});
      open.pop_back();
    }
    for_each_operand(step, [&](const Operand& operand, bool) {
      Buffer& buffer = function.buffers[operand.buffer.index];
      if (buffer.first < 0) buffer.first = s;
      buffer.last = std::max(buffer.last, s);
    });
  }
  // Inner loops end first, so one pass in their order is enough.
  for (const Loop& loop : loops) {
    for (Buffer& buffer : function.buffers) {
      if (buffer.first < 0) continue;
      if (buffer.first < loop.begin && buffer.last > loop.begin) buffer.last = std::max(buffer.last, loop.end);
      // What every step writes a part of and somebody reads after the loop is there from its beginning.
      if (buffer.first > loop.begin && buffer.first < loop.end && buffer.last > loop.end) buffer.first = loop.begin;
    }
  }
}

void assign_memory(PlannedFunction& function, bool reuse, std::optional<int64_t> block) {
  int64_t largest = 0;  // bytes per example of the widest moment: what a block multiplies
  for (size_t s = 0; s < function.steps.size(); ++s) {
    int64_t alive = 0;
    for (const Buffer& buffer : function.buffers)
      if (buffer.role == BufferRole::scratch && buffer.first <= static_cast<int>(s) && static_cast<int>(s) <= buffer.last) alive += buffer.bytes().batch;
    largest = std::max(largest, alive);
  }
  if (function.separable) {
    int64_t examples = std::clamp<int64_t>(largest > 0 ? kCacheBytes / largest : kLargestBlock, 1, kLargestBlock);
    if (examples > 8) examples -= examples % 8;  // whole tiles of rows
    function.block = block.value_or(examples);
  }

  std::vector<Buffer*> scratch;
  for (Buffer& buffer : function.buffers)
    if (buffer.role == BufferRole::scratch && buffer.first >= 0) scratch.push_back(&buffer);
  // With a block of examples all sizes are numbers; otherwise a large batch stands for any.
  const int64_t n = function.block > 0 ? function.block : 1024;
  const auto size_of_buffer = [&](const Buffer& buffer) { return function.block > 0 ? Dim(aligned(buffer.bytes().at(n))) : aligned(buffer.bytes()); };
  sort_stably(scratch, [&](const Buffer* a, const Buffer* b) { return size_of_buffer(*a).at(n) > size_of_buffer(*b).at(n); });
  Dim total;
  std::vector<const Buffer*> placed;
  for (Buffer* buffer : scratch) {
    Dim offset;
    const Dim size = size_of_buffer(*buffer);
    if (!reuse) {
      offset = total;
    } else {
      // The lowest place that is free while the buffer lives. Offsets are compared for both parts, so a place is free for every n.
      std::vector<const Buffer*> others;
      for (const Buffer* other : placed)
        if (lives_overlap(*buffer, *other)) others.push_back(other);
      std::vector<Dim> candidates = {Dim(0)};
      for (const Buffer* other : others) candidates.push_back(other->offset + size_of_buffer(*other));
      sort_stably(candidates, [&](Dim a, Dim b) { return a.at(n) < b.at(n); });
      const auto after = [](Dim later, Dim end) { return later.batch >= end.batch && later.size >= end.size; };
      for (Dim candidate : candidates) {
        const bool free = std::all_of(others.begin(), others.end(), [&](const Buffer* other) {
          return after(other->offset, candidate + size) || after(candidate, other->offset + size_of_buffer(*other));
        });
        offset = candidate;
        if (free) break;
        offset = Dim(-1, -1);
      }
      if (offset == Dim(-1, -1)) offset = total;
    }
    buffer->offset = offset;
    const Dim end = offset + size;
    total = {std::max(total.batch, end.batch), std::max(total.size, end.size)};
    placed.push_back(buffer);
  }
  function.workspace_bytes = total;
}

}  // namespace keratin::ir
