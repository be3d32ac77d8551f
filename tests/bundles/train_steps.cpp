// Steps of training and evaluation of any bundle with float inputs, for sanitizers to watch: batches of the largest size and smaller, with a pool
// and without.
#include <cstdio>
#include <cstring>
#include <vector>

#include "keratin/runtime/pool.h"
#include "model_trainer.h"

namespace {

constexpr kr::Size kBatch = 6;

/// Fractions for inputs; targets are zeros, which are numbers and class ids alike.
std::vector<std::vector<unsigned char>> made_up_columns(const model::Trainer& trainer) {
  std::vector<std::vector<unsigned char>> columns;
  unsigned seed = 1;
  for (kr::Size i = 0; i < trainer.columns(); ++i) {
    columns.emplace_back(static_cast<size_t>(trainer.row_bytes(i) * kBatch));
    if (std::strncmp(trainer.column_name(i), "x/", 2) != 0) continue;
    for (size_t at = 0; at + sizeof(float) <= columns.back().size(); at += sizeof(float)) {
      const float value = static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8) / 16777216 - 0.5f;
      std::memcpy(columns.back().data() + at, &value, sizeof value);
    }
  }
  return columns;
}

bool train(kr::Pool* pool) {
  model::Trainer trainer(kBatch, model::initial_weights(), pool);
  const auto data = made_up_columns(trainer);
  std::vector<const void*> columns;
  for (const auto& column : data) columns.push_back(column.data());
  double loss = 0;
  for (kr::Size examples : {kBatch, kr::Size{1}, kr::Size{3}, kBatch}) {
    if (trainer.fixed_batch() != 0 && examples != trainer.fixed_batch()) continue;
    if (const kr::Status status = trainer.train(columns.data(), examples, loss); !status) return std::fprintf(stderr, "%s\n", status.message), false;
    if (const kr::Status status = trainer.evaluate(columns.data(), examples, loss); !status) return std::fprintf(stderr, "%s\n", status.message), false;
  }
  for (kr::Size i = 0; i < trainer.results(); ++i) {
    std::vector<double> values(static_cast<size_t>(trainer.result_count(i)));
    trainer.result(i, values.data());
  }
  return loss == loss && trainer.finish().ok();
}

}  // namespace

int main() {
  kr::Pool pool;  // the last chunk first
  pool.threads = 3;
  pool.run = [](kr::Pool*, int chunks, void (*task)(void*, int), void* context) {
    while (chunks-- > 0) task(context, chunks);
  };
  return train(nullptr) && train(&pool) ? 0 : 1;
}
