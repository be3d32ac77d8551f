#include "compiler/engine/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace keratin {

namespace {

constexpr double kWarmUpSeconds = 0.05;
constexpr double kGroupSeconds = 20e-6;
constexpr int kFewestGroups = 3;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// SplitMix64 (Steele, Lea, Flood 2014): the next of a stream of 64 random bits.
uint64_t next_bits(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double uniform(uint64_t& state) { return (static_cast<double>(next_bits(state) >> 11) + 0.5) * 0x1p-53; }

/// One normal number by Box and Muller.
double normal(uint64_t& state) {
  const double radius = std::sqrt(-2 * std::log(uniform(state)));
  return radius * std::cos(6.283185307179586 * uniform(state));
}

/// The number of rows of the smallest table that ids may index; 2 where there is none.
int64_t id_bound(const ir::Function& predict) {
  int64_t bound = 0;
  for (const ir::Node& node : predict.nodes) {
    const auto* gather = node.op.as<ir::Gather>();
    if (!gather || !gather->checked) continue;
    const ir::Dim rows = predict.type(node.inputs[0]).shape[gather->axis];
    if (rows.is_static() && (bound == 0 || rows.size < bound)) bound = rows.size;
  }
  return bound == 0 ? 2 : bound;
}

}  // namespace

Timing measure(const std::function<void()>& call, double seconds) {
  double once = 0;
  int warm = 0;
  for (const double begin = now(); warm < 2 || now() - begin < kWarmUpSeconds; ++warm) {
    const double t = now();
    call();
    once = now() - t;
    if (once > seconds) break;
  }
  const int calls = std::max(1, static_cast<int>(kGroupSeconds / std::max(once, 1e-8)));
  std::vector<double> groups;
  for (const double begin = now(); static_cast<int>(groups.size()) < kFewestGroups || now() - begin < seconds;) {
    const double t = now();
    for (int i = 0; i < calls; ++i) call();
    groups.push_back((now() - t) / calls);
  }
  std::sort(groups.begin(), groups.end());
  return {groups.front() * 1e6, groups[groups.size() / 2] * 1e6};
}

std::vector<Array> seeded_inputs(const ir::Function& predict, int64_t batch, uint64_t seed) {
  const int64_t bound = id_bound(predict);
  std::vector<Array> inputs;
  for (ir::ValueId id : predict.parameters) {
    const ir::Type& type = predict.type(id);
    Array values = Array::zeros(DType::float64, type.shape.at(batch));
    const double end = static_cast<double>(type.dtype == DType::boolean ? 2 : bound);
    for (double& value : values.data<double>()) value = is_float(type.dtype) ? normal(seed) : std::floor(uniform(seed) * end);
    inputs.push_back(values.to(type.dtype));
  }
  return inputs;
}

}  // namespace keratin
