// Three bundles in one program that has flags of its own: one with a body for each level of x86-64, one for this machine with its weights in a file,
// one without flags and with state.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "bundle_digits.h"
#include "bundle_state.h"
#include "bundle_wine.h"

// Every way to allocate that emitted code could take is counted.
static std::atomic<int> allocations{0};
extern "C" {
void* __real_malloc(size_t);
void* __real_calloc(size_t, size_t);
void* __real_realloc(void*, size_t);
void* __real_aligned_alloc(size_t, size_t);
int __real_posix_memalign(void**, size_t, size_t);
void* __wrap_malloc(size_t n) { return ++allocations, __real_malloc(n); }
void* __wrap_calloc(size_t n, size_t m) { return ++allocations, __real_calloc(n, m); }
void* __wrap_realloc(void* p, size_t n) { return ++allocations, __real_realloc(p, n); }
void* __wrap_aligned_alloc(size_t a, size_t n) { return ++allocations, __real_aligned_alloc(a, n); }
int __wrap_posix_memalign(void** p, size_t a, size_t n) { return ++allocations, __real_posix_memalign(p, a, n); }
}
void* operator new(size_t n) {
  ++allocations;
  if (void* p = __real_malloc(n ? n : 1)) return p;
  std::abort();
}
void* operator new(size_t n, std::align_val_t align, const std::nothrow_t&) noexcept {
  ++allocations;
  return __real_aligned_alloc(static_cast<size_t>(align), (n + static_cast<size_t>(align) - 1) / static_cast<size_t>(align) * static_cast<size_t>(align));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }

// The bodies that bundle_digits chooses from.
#if defined(__x86_64__)
namespace bundle_digits {
namespace x86_64_v2 { kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept; }
namespace x86_64_v3 { kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept; }
namespace x86_64_v4 { kr::Status predict(const Prepared&, const Inputs&, const Outputs&, Workspace&) noexcept; }
}  // namespace bundle_digits
#endif

namespace {

constexpr kr::Size kBatch = 5;

std::vector<float> numbers(size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / 16777216;
  }
  return values;
}

std::string read_file(const char* path) {
  std::string content;
  if (std::FILE* file = std::fopen(path, "rb")) {
    char part[4096];
    for (size_t n; (n = std::fread(part, 1, sizeof part, file)) > 0;) content.append(part, n);
    std::fclose(file);
  }
  return content;
}

struct Digits {
  std::vector<float> images = numbers(kBatch * 64, 1), digit = std::vector<float>(kBatch * 10, -1), hidden = std::vector<float>(kBatch * 64, -1);
  bundle_digits::Workspace workspace{kBatch};

  template <class Predict>
  kr::Status run(Predict&& predict) {
    return predict(bundle_digits::prepared(), bundle_digits::Inputs{{images.data(), kBatch}}, bundle_digits::Outputs{{digit.data(), kBatch}, {hidden.data(), kBatch}}, workspace);
  }
};

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::fmax(worst, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return worst;
}

}  // namespace

TEST_CASE("an extra output is what the layer gives") {
  Digits digits;
  REQUIRE(digits.run([](auto&&... a) { return bundle_digits::predict(a...); }));
  double sum = 0;
  for (int i = 0; i < 10; ++i) sum += static_cast<double>(digits.digit[static_cast<size_t>(i)]);
  CHECK(sum == Approx(1));
  int positive = 0;
  for (float value : digits.hidden) {
    CHECK(value >= 0);  // relu
    positive += value > 0;
  }
  CHECK(positive > 0);
}

#if defined(__x86_64__)
TEST_CASE("every body of a bundle gives the same within rounding, and the program takes the best") {
  Digits chosen, v2, v3, v4;
  REQUIRE(chosen.run([](auto&&... a) { return bundle_digits::predict(a...); }));
  const Digits* best = &v2;
  REQUIRE(v2.run([](auto&&... a) { return bundle_digits::x86_64_v2::predict(a...); }));
  CHECK(distance(v2.digit, chosen.digit) < 1e-5);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    REQUIRE(v3.run([](auto&&... a) { return bundle_digits::x86_64_v3::predict(a...); }));
    CHECK(distance(v3.hidden, v2.hidden) < 1e-4);
    CHECK(distance(v3.digit, v2.digit) < 1e-5);
    best = &v3;
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd")) {
    REQUIRE(v4.run([](auto&&... a) { return bundle_digits::x86_64_v4::predict(a...); }));
    CHECK(distance(v4.digit, v2.digit) < 1e-5);
    best = &v4;
  }
  CHECK(best->digit == chosen.digit);
  CHECK(best->hidden == chosen.hidden);
}
#endif

TEST_CASE("weights from a file are checked before anything is written") {
  using cellar::wine::Prepared;
  const std::string file = read_file(KERATIN_WINE_WEIGHTS);
  REQUIRE(file.size() > sizeof(Prepared));
  static Prepared loaded, untouched;
  REQUIRE(cellar::wine::load({file.data(), static_cast<kr::Size>(file.size())}, loaded));
  const auto refuses = [&](const std::string& bytes) {
    static Prepared target;
    __builtin_memset(static_cast<void*>(&target), 0x5a, sizeof target);
    __builtin_memset(static_cast<void*>(&untouched), 0x5a, sizeof untouched);
    const kr::Status status = cellar::wine::load({bytes.data(), static_cast<kr::Size>(bytes.size())}, target);
    CHECK(__builtin_memcmp(&target, &untouched, sizeof target) == 0);
    CHECK(status.code == kr::StatusCode::bad_weights);
    return std::string(status.message);
  };
  CHECK(refuses("") == "the weights file is too short to have a header");
  CHECK(refuses(std::string(200, 'x')) == "not a weights file of Keratin");
  CHECK(refuses(file.substr(0, file.size() - 1)) == "the weights file is damaged: its size is not what the model takes");
  CHECK(refuses(file + "x") == "the weights file is damaged: its size is not what the model takes");
  std::string changed = file;
  changed[8] = 9;
  CHECK(refuses(changed) == "a weights file of another version of Keratin");
  changed = file;
  changed[16] = static_cast<char>(changed[16] ^ 1);
  CHECK(refuses(changed) == "a weights file of another model");
  changed = file;
  changed[sizeof(kr::UInt64) * 6 + 24] = static_cast<char>(changed[sizeof(kr::UInt64) * 6 + 24] ^ 1);
  CHECK(refuses(changed) == "an array of the weights file has another shape than the model's");
  changed = file;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  CHECK(refuses(changed) == "the weights file is damaged: its checksum is wrong");
  // Any single changed byte is noticed; zeros between the table and the weights are not read.
  int accepted = 0;
  for (size_t i = 0; i < file.size(); i += i < 1000 ? 1 : 97) {
    changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    accepted += cellar::wine::load({changed.data(), static_cast<kr::Size>(changed.size())}, untouched).ok();
  }
  CHECK(accepted < 64);
}

TEST_CASE("a state carries on from call to call, and starts again after reset") {
  using namespace bundle_state;
  const std::vector<float> x = numbers(3 * 4 * 2, 7);
  std::vector<float> first(3 * 4 * 5), second(first), again(first);
  Workspace workspace(1);
  State state;
  REQUIRE(predict(prepared(), state, x, first, workspace));
  const State after = state;
  REQUIRE(predict(prepared(), state, x, second, workspace));
  CHECK(distance(first, second) > 1e-3);
  state.reset();
  REQUIRE(predict(prepared(), state, x, again, workspace));
  CHECK(again == first);
  state = after;
  REQUIRE(predict(prepared(), state, x, again, workspace));
  CHECK(again == second);
}

TEST_CASE("predict refuses operands without memory, other batches and small workspaces") {
  Digits digits;
  bundle_digits::Workspace small(2);
  const auto run = [&](const float* image, kr::Size images, kr::Size results, bundle_digits::Workspace& w) {
    return bundle_digits::predict(bundle_digits::prepared(), bundle_digits::Inputs{{image, images}}, bundle_digits::Outputs{{digits.digit.data(), results}, {digits.hidden.data(), results}}, w).code;
  };
  CHECK(run(digits.images.data(), kBatch, kBatch, digits.workspace) == kr::StatusCode::ok);
  CHECK(run(nullptr, kBatch, kBatch, digits.workspace) == kr::StatusCode::wrong_shape);
  CHECK(run(digits.images.data(), kBatch, kBatch - 1, digits.workspace) == kr::StatusCode::wrong_batch);
  CHECK(run(digits.images.data(), kBatch, kBatch, small) == kr::StatusCode::small_workspace);
  bundle_state::State state;
  bundle_state::Workspace workspace(1);
  std::vector<float> y(60);
  CHECK(bundle_state::predict(bundle_state::prepared(), state, bundle_state::Inputs{}, bundle_state::Outputs{{y.data()}}, workspace).code == kr::StatusCode::wrong_shape);
}

TEST_CASE("predict allocates nothing") {
  Digits digits;
  std::vector<float> x = numbers(24, 3), y(60);
  bundle_state::State state;
  bundle_state::Workspace workspace(1);
  const int before = allocations;
  bool fine = true;
  for (int call = 0; call < 3; ++call) {
    fine = fine && digits.run([](auto&&... a) { return bundle_digits::predict(a...); }).ok();
    fine = fine && bundle_state::predict(bundle_state::prepared(), state, x.data(), y.data(), workspace).ok();
    state.reset();
  }
  const int after = allocations;
  CHECK(fine);
  CHECK(after == before);
  CHECK(before > 0);  // the counter counts
}
