// A bundle of a fixed batch in the training loop: data of many batches is typed, and the loop takes the model's batch.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "model_trainer.h"

namespace {

bool fails(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  return false;
}

bool train(model::Trainer& trainer, const std::vector<std::vector<unsigned char>>& bytes) {
  const kr::Size batch = trainer.fixed_batch(), rows = 3 * batch;
  std::vector<const float*> columns;
  for (const auto& column : bytes) columns.push_back(reinterpret_cast<const float*>(column.data()));
  const kr::TrainingData data = model::Trainer::data({{columns[0], rows}}, {{columns[1], rows}});
  if (data.examples != rows || data.columns != std::vector<const void*>{columns[0], columns[1]}) return fails("the data has other examples");
  kr::FitOptions options;
  options.epochs = 4;
  options.shuffle = false;
  kr::FitResult result;
  if (const kr::Outcome done = kr::fit(trainer, data, options, result); !done) return fails(done.message.c_str());
  const std::vector<double> losses = result.history.numbers("loss");
  if (losses.size() != 4 || !(losses.back() < losses.front())) return fails("the loss does not fall");
  if (result.history.batch_losses.size() != 12) return fails("batches are not the model's");
  options.batch_size = batch + 1;
  if (kr::fit(trainer, data, options, result).message != "batch_size " + std::to_string(batch + 1) + ": the model takes batches of " + std::to_string(batch)) return fails("another batch is not refused");
  const kr::Outcome odd = kr::fit(trainer, model::Trainer::data({{columns[0], rows - 1}}, {{columns[1], rows - 1}}), {}, result);
  if (odd.message != std::to_string(rows - 1) + " examples are no multiple of " + std::to_string(batch) + ", the model's batch") return fails(odd.message.c_str());
  return true;
}

}  // namespace

int main() {
  model::Trainer trainer(4);
  if (trainer.fixed_batch() != 4 || trainer.columns() != 2) return fails("the batch is not 4"), 1;
  std::vector<std::vector<unsigned char>> bytes;
  unsigned seed = 1;
  for (kr::Size i = 0; i < trainer.columns(); ++i) {
    bytes.emplace_back(static_cast<size_t>(trainer.row_bytes(i) * 12));
    for (size_t at = 0; at + sizeof(float) <= bytes.back().size(); at += sizeof(float)) {
      const float value = static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8) / 16777216;
      std::memcpy(bytes.back().data() + at, &value, sizeof value);
    }
  }
  return train(trainer, bytes) ? 0 : 1;
}
