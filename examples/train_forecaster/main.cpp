// Trains the LSTM forecaster from its first values on the first three quarters of a noisy sine, and forecasts the rest.
#include <cstdio>
#include <memory>
#include <vector>

#include "../csv.h"
#include "train_forecaster_trainer.h"

namespace {

/// Windows of 24 values of a series, and the values that follow them.
struct Windows {
  static constexpr size_t kSteps = 24;
  std::vector<float> windows, following;

  Windows(const std::vector<float>& series, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const auto first = series.begin() + static_cast<long>(i), next = first + kSteps;
      windows.insert(windows.end(), first, next);
      following.push_back(*next);
    }
  }
  size_t count() const { return following.size(); }
  float last(size_t i) const { return windows[i * kSteps + kSteps - 1]; }
};

kr::Outcome train(train_forecaster::Trainer& model, const Windows& past) {
  kr::ReduceLROnPlateauOptions plateau;
  plateau.monitor = "loss";
  plateau.patience = 3;
  plateau.min_lr = 1e-3;
  kr::ReduceLROnPlateau slower(plateau);
  kr::FitOptions options;
  options.epochs = 25;
  options.callbacks = {&slower};
  kr::FitResult result;
  const kr::Outcome done = kr::fit(model, model.data({past.windows}, {past.following}), options, result);
  const std::vector<double> loss = result.history.numbers("loss");
  for (size_t epoch = 0; epoch < loss.size(); epoch += 6)
    std::printf("epoch %2zu: mean squared error in training %.4f\n", epoch + 1, loss[epoch]);
  return done;
}

/// The trained weights in the model that only predicts, as a program would use it from here on.
kr::Status forecast(const train_forecaster::Weights& weights, const Windows& future, std::vector<float>& forecasts) {
  const auto prepared = std::make_unique<train_forecaster::Prepared>();
  if (const kr::Status status = train_forecaster::prepare(weights, *prepared); !status) return status;
  forecasts.resize(future.count());
  train_forecaster::Workspace workspace(static_cast<kr::Size>(future.count()));
  return train_forecaster::predict(*prepared, future.windows, forecasts, workspace);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<float> series = read_csv(argc > 1 ? argv[1] : "sine.csv").values;
  const Windows past(series, 0, 900), future(series, 900, series.size() - Windows::kSteps);
  train_forecaster::Trainer model(32);
  if (const kr::Outcome done = train(model, past); !done) return std::fprintf(stderr, "%s\n", done.message.c_str()), 1;
  std::vector<float> forecasts;
  const kr::Status status = forecast(model.weights(), future, forecasts);
  if (!status) return std::fprintf(stderr, "%s\n", status.message), 1;

  double error = 0, repeating = 0;
  const auto squared = [](double difference) { return difference * difference; };
  for (size_t i = 0; i < future.count(); ++i) {
    error += squared(forecasts[i] - future.following[i]) / static_cast<double>(future.count());
    repeating += squared(future.last(i) - future.following[i]) / static_cast<double>(future.count());
  }
  std::printf("mean squared error of %zu forecasts %.4f; of repeating the last value %.4f\n", future.count(), error, repeating);
  return error < repeating / 2.5 ? 0 : 1;
}
