#include "compiler/engine/measure.h"

#include <algorithm>
#include <chrono>

namespace keratin {

namespace {

constexpr double kWarmUpSeconds = 0.05;
constexpr double kGroupSeconds = 20e-6;
constexpr int kFewestGroups = 3;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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

}  // namespace keratin
