#include "ir/passes/eliminate_common.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "ir/passes/regions.h"
#include "ir/passes/rewrite.h"

namespace keratin::ir {

namespace {

/// Bit for bit: 0 and -0 differ, a NaN equals itself.
bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.integers == b.integers && a.floats.size() == b.floats.size() &&
         (a.floats.empty() || std::memcmp(a.floats.data(), b.floats.data(), a.floats.size() * sizeof(double)) == 0);
}

size_t mixed(size_t seed, size_t value) { return (seed ^ value) * 0x9E3779B97F4A7C15u + (seed >> 29); }

size_t hash_of(const Tensor& tensor) {
  size_t hash = static_cast<size_t>(tensor.dtype);
  for (int64_t extent : tensor.shape) hash = mixed(hash, static_cast<size_t>(extent));
  for (int64_t value : tensor.integers) hash = mixed(hash, static_cast<size_t>(value));
  for (double value : tensor.floats) {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    hash = mixed(hash, bits);
  }
  return hash;
}

bool is_commutative(const Op& op) {
  const auto* binary = op.as<Binary>();
  return binary && (binary->kind == Binary::Kind::add || binary->kind == Binary::Kind::mul || binary->kind == Binary::Kind::logical_and ||
                    binary->kind == Binary::Kind::logical_or || binary->kind == Binary::Kind::logical_xor);
}

class Merger {
 public:
  explicit Merger(Program& program) : program_(program) {}

  void run(FunctionId function) {
    seen_.clear();
    rebuild(program_, function, [&](Rewriter& rewriter, const Node& node) { return merge(rewriter, node); });
  }

 private:
  struct Seen {
    Op op;
    Vals operands, results;
  };

  bool merge(Rewriter& rewriter, const Node& old) {
    if (has_effect(program_, old.op)) return false;
    Node node = old;
    if (const auto* constant = node.op.as<Constant>()) node.op = Constant::Attrs{first_equal(constant->id), constant->type};
    Vals operands = rewriter.operands(node);
    const auto by_id = [](Val a, Val b) { return a.id() < b.id(); };
    Vals key = operands;
    if (is_commutative(node.op)) std::sort(key.begin(), key.end(), by_id);
    size_t hash = node.op.attrs.index();
    for (Val operand : key) hash = mixed(hash, operand.id().index);
    for (const Seen& seen : seen_[hash])
      if (seen.op == node.op && std::equal(key.begin(), key.end(), seen.operands.begin(), seen.operands.end(),
                                           [](Val a, Val b) { return a.id() == b.id(); })) {
        for (size_t i = 0; i < node.outputs.size(); ++i) rewriter.set(node.outputs[i], seen.results[i]);
        return true;
      }
    rewriter.copy(node);
    Vals results;
    for (ValueId output : node.outputs) results.push_back(rewriter.at(output));
    seen_[hash].push_back(Seen{node.op, key, results});
    return true;
  }

  /// The first constant of the Program with the same bits.
  ConstantId first_equal(ConstantId id) {
    std::vector<ConstantId>& candidates = constants_[hash_of(*program_.constants[id.index])];
    for (ConstantId candidate : candidates)
      if (candidate == id || same_bits(*program_.constants[candidate.index], *program_.constants[id.index])) return candidate;
    candidates.push_back(id);
    return id;
  }

  Program& program_;
  std::unordered_map<size_t, std::vector<Seen>> seen_;
  std::unordered_map<size_t, std::vector<ConstantId>> constants_;
};

}  // namespace

void eliminate_common(Program& program, FunctionId function) {
  Merger merger(program);
  for (FunctionId body : bodies_below(program, function)) merger.run(body);
  merger.run(function);
}

}  // namespace keratin::ir
