#include <limits>

#include "training_models.h"
#include "training_recorded.h"

using Catch::Matchers::Contains;

TEST_CASE("EarlyStopping does what Keras did") {
  for (const EarlyStoppingCase& recorded : kEarlyStoppingCases) {
    INFO("case " << &recorded - kEarlyStoppingCases.data());
    Scripted model(recorded.values);
    kr::EarlyStoppingOptions options;
    options.monitor = "value";
    options.min_delta = recorded.min_delta;
    options.patience = recorded.patience;
    options.mode = recorded.mode;
    options.baseline = recorded.baseline;
    options.restore_best_weights = true;
    options.start_from_epoch = recorded.start_from_epoch;
    kr::EarlyStopping callback(options);
    kr::FitResult result;
    REQUIRE(model.fit({&callback}, result).ok());
    CHECK(result.history.epochs.size() == static_cast<size_t>(recorded.epochs));
    CHECK(model.weights == recorded.restored);
    CHECK(callback.best_epoch() == recorded.restored);
  }
}

TEST_CASE("ReduceLROnPlateau does what Keras did") {
  for (const PlateauCase& recorded : kPlateauCases) {
    INFO("case " << &recorded - kPlateauCases.data());
    Scripted model(recorded.values);
    kr::ReduceLROnPlateauOptions options;
    options.monitor = "value";
    options.factor = recorded.factor;
    options.patience = recorded.patience;
    options.mode = recorded.mode;
    options.min_delta = recorded.min_delta;
    options.cooldown = recorded.cooldown;
    options.min_lr = recorded.min_lr;
    kr::ReduceLROnPlateau callback(options);
    std::vector<float> rates;
    kr::LambdaCallback look;
    look.epoch_end = [&](kr::Training& training, const kr::Logs&) { rates.push_back(static_cast<float>(training.model.learning_rate())); };
    kr::FitResult result;
    REQUIRE(model.fit({&callback, &look}, result).ok());
    CHECK(rates == recorded.rates);
    const std::vector<double> logged = result.history.numbers("learning_rate");  // before the epoch's own reduction
    REQUIRE(logged.size() == rates.size());
    CHECK(logged[0] == static_cast<double>(0.1f));
    for (size_t i = 1; i < logged.size(); ++i) CHECK(logged[i] == static_cast<double>(rates[i - 1]));
  }
}

TEST_CASE("what is monitored: directions, names that are missing, vectors") {
  kr::FitResult result;
  kr::EarlyStoppingOptions options;
  options.monitor = "val_value";
  {
    Scripted model({1, 2, 3});
    kr::EarlyStopping callback(options);
    const kr::Outcome outcome = model.fit({&callback}, result);
    CHECK(outcome.code == kr::StatusCode::bad_argument);
    CHECK_THAT(outcome.message, Contains("EarlyStopping: monitor 'val_value'") && Contains("'min' or 'max'"));
    CHECK(model.weights == -1);  // found out before the first epoch
  }
  {
    Scripted model({1, 2, 3, 2, 4});
    model.direction = kr::Direction::up;
    kr::EarlyStopping callback(options);
    REQUIRE(model.fit({&callback}, result, nullptr, true).ok());
    CHECK(result.history.epochs.size() == 4);
    CHECK(callback.stopped_epoch() == 3);
  }
  {
    Scripted model({1, 2, 3});
    std::vector<std::string> said;
    options.monitor = "val_loss";
    options.mode = "smallest";
    kr::EarlyStopping callback(options);
    REQUIRE(model.fit({&callback}, result, &said).ok());
    REQUIRE(said.size() == 2);  // each warning once
    CHECK_THAT(said[0], Contains("warning: EarlyStopping: mode 'smallest' is unknown"));
    CHECK_THAT(said[1], Contains("'val_loss' is not available; there are loss, value"));
    CHECK(result.history.epochs.size() == 3);
  }
  {
    Line model;
    const LineData given(4);
    options.monitor = "bias";
    options.mode = "min";
    kr::EarlyStopping callback(options);
    kr::FitOptions fit;
    fit.callbacks = {&callback};
    CHECK_THAT(kr::fit(model, given.data(), fit, result).message, Contains("monitor 'bias' has 2 values, not one"));
  }
}

TEST_CASE("what callbacks say") {
  std::vector<std::string> said;
  kr::FitResult result;
  Scripted model({1, 0.5, 2, 3});
  kr::EarlyStoppingOptions options;
  options.monitor = "loss";
  options.patience = 2;
  options.verbose = 1;
  options.restore_best_weights = true;
  kr::EarlyStopping early(options);
  kr::LearningRateScheduler scheduler([](kr::Size epoch, double rate) { return epoch == 1 ? rate / 2 : rate; }, 1);
  REQUIRE(model.fit({&early, &scheduler}, result, &said).ok());
  REQUIRE(said.size() == 6);
  CHECK(said[0] == "\nEpoch 1: LearningRateScheduler setting learning rate to 0.10000000149011612.");
  CHECK(said[1] == "\nEpoch 2: LearningRateScheduler setting learning rate to 0.05000000074505806.");
  CHECK(said[4] == "Epoch 4: early stopping");
  CHECK(said[5] == "Restoring model weights from the end of the best epoch: 2.");
  const double half = static_cast<double>(0.05f);
  CHECK(result.history.numbers("learning_rate") == std::vector<double>{static_cast<double>(0.1f), half, half, half});
  CHECK(result.history.series.back().key == "learning_rate");  // after what the model gave
}

TEST_CASE("learning rates that cannot be set, factors that do not reduce") {
  const LineData given(4);
  Line model;
  model.rate_is_fixed = true;
  kr::FitResult result;
  kr::FitOptions options;
  kr::LearningRateScheduler scheduler([](kr::Size, double rate) { return rate; });
  options.callbacks = {&scheduler};
  CHECK(kr::fit(model, given.data(), options, result).message == "LearningRateScheduler: a schedule sets the learning rate");
  kr::ReduceLROnPlateauOptions plateau;
  plateau.factor = 1;
  kr::ReduceLROnPlateau reduce(plateau);
  options.callbacks = {&reduce};
  CHECK(kr::fit(model, given.data(), options, result).message == "ReduceLROnPlateau: factor 1.0 is not below 1");
}

TEST_CASE("TerminateOnNaN ends the epoch after the batch, or fails") {
  LineData given(12);
  given.y[5] = std::numeric_limits<float>::infinity();
  kr::FitOptions options;
  std::vector<std::string> said;
  options.say = [&](const std::string& text) { said.push_back(text); };
  options.batch_size = 4;
  options.epochs = 3;
  options.shuffle = false;
  kr::FitResult result;
  Line model;
  kr::TerminateOnNaN gentle;
  options.callbacks = {&gentle};
  REQUIRE(kr::fit(model, given.data(), options, result).ok());
  CHECK(model.steps == 2);
  CHECK(said == std::vector<std::string>{"Batch 1: Invalid loss, terminating training"});
  CHECK(result.history.epochs.size() == 1);
  CHECK(model.finished);
  Line other;
  kr::TerminateOnNaN strict(true);
  options.callbacks = {&strict};
  const kr::Outcome failed = kr::fit(other, given.data(), options, result);
  CHECK(failed.message == "batch 1: the loss is inf");
  CHECK_FALSE(other.finished);
}

TEST_CASE("callbacks are called in Keras's order, each list in its own") {
  std::string trace;
  kr::LambdaCallback callback;
  callback.train_begin = [&](kr::Training& training) { trace += training.fitting ? "T" : "?"; };
  callback.epoch_begin = [&](kr::Training& training) { trace += "E" + std::to_string(training.epoch); };
  callback.train_batch_begin = [&](kr::Training& training) {
    trace += "b" + std::to_string(training.batch) + "/" + std::to_string(training.batches);
  };
  callback.train_batch_end = [&](kr::Training& training) { trace += training.batch_logs().find("mae") ? "." : "?"; };
  callback.test_begin = [&](kr::Training&) { trace += "V"; };
  callback.test_batch_begin = [&](kr::Training& training) { trace += "v" + std::to_string(training.batch); };
  callback.test_batch_end = [&](kr::Training&) { trace += ","; };
  callback.test_end = [&](kr::Training&, const kr::Logs& logs) { trace += logs.find("loss") && !logs.find("val_loss") ? ";" : "?"; };
  callback.epoch_end = [&](kr::Training& training, const kr::Logs& logs) {
    trace += logs.find("val_loss") && training.batches == 2 ? "e" : "?";
    training.stop_training = true;
  };
  callback.train_end = [&](kr::Training&, const kr::Logs& logs) { trace += logs.find("val_loss") ? "t" : "?"; };
  Line model;
  const LineData given(8), other(4);
  const kr::TrainingData validation = other.data();
  kr::FitOptions options;
  options.batch_size = 4;
  options.epochs = 5;
  options.validation_data = &validation;
  options.callbacks = {&callback};
  kr::FitResult result;
  REQUIRE(kr::fit(model, given.data(), options, result).ok());
  CHECK(trace == "TE0b0/2.b1/2.Vv0,;et");
}

TEST_CASE("ModelCheckpoint saves every epoch, the best ones, or after batches") {
  const TestDirectory directory("checkpoint");
  kr::FitResult result;
  kr::ModelCheckpointOptions options;
  options.filepath = directory.file("new/at-{epoch:02d}-{value:.2f}.txt");
  {
    Scripted model({3, 2.5, 4, 2.25});
    kr::ModelCheckpoint callback(options);
    REQUIRE(model.fit({&callback}, result).ok());
    CHECK(content_of(directory.file("new/at-01-3.00.txt")) == "0");
    CHECK(content_of(directory.file("new/at-04-2.25.txt")) == "3");
    CHECK(callback.last_path() == directory.file("new/at-04-2.25.txt"));
  }
  {
    Scripted model({3, 2.5, 4, 2.25});
    std::vector<std::string> said;
    options.filepath = directory.file("best.txt");
    options.monitor = "loss";
    options.save_best_only = true;
    options.verbose = 1;
    options.initial_value_threshold = 2.75;
    kr::ModelCheckpoint callback(options);
    REQUIRE(model.fit({&callback}, result, &said).ok());
    CHECK(content_of(directory.file("best.txt")) == "3");
    REQUIRE(said.size() == 6);
    CHECK(said[0] == "\nEpoch 1: loss did not improve from 2.75000");
    CHECK(said[1] == "\nEpoch 2: loss improved from 2.75000 to 2.50000, saving model to " + directory.file("best.txt"));
    CHECK(said[2] == "\nEpoch 2: finished saving model to " + directory.file("best.txt"));
  }
  {
    Line model;
    const LineData given(10);
    kr::FitOptions fit;
    fit.batch_size = 4;
    fit.epochs = 3;
    std::vector<std::string> paths;
    kr::ModelCheckpointOptions every;
    every.filepath = "{epoch}-{batch}";
    every.save_freq = 4;  // 3 batches an epoch: the count goes on
    every.save = [&](kr::Trainable&, const std::string& path) {
      paths.push_back(path);
      return kr::Outcome();
    };
    kr::ModelCheckpoint callback(every);
    fit.callbacks = {&callback};
    REQUIRE(kr::fit(model, given.data(), fit, result).ok());
    CHECK(paths == std::vector<std::string>{"2-1", "3-2"});
  }
}

TEST_CASE("ModelCheckpoint's errors name the file") {
  Scripted model({1});
  kr::FitResult result;
  kr::ModelCheckpointOptions options;
  CHECK(([&] { kr::ModelCheckpoint callback(options); return model.fit({&callback}, result); }()).message == "ModelCheckpoint: filepath is empty");
  options.filepath = "{accuracy:.2f}";
  CHECK(([&] { kr::ModelCheckpoint callback(options); return model.fit({&callback}, result); }()).message ==
        "ModelCheckpoint: '{accuracy:.2f}': there is no 'accuracy'; there are epoch, loss, value");
  options.filepath = "somewhere";
  options.save = [](kr::Trainable&, const std::string&) { return kr::io_error("the disk is full"); };
  const kr::Outcome failed = [&] { kr::ModelCheckpoint callback(options); return model.fit({&callback}, result); }();
  CHECK(failed.code == kr::StatusCode::io_error);
  CHECK(failed.message == "ModelCheckpoint: somewhere: the disk is full");
}

TEST_CASE("file names are filled in as Python's str.format does") {
  kr::Logs logs;
  logs.set("val_loss", 0.123456789);
  logs.set("low", -12345.678);
  logs.set("each", std::vector<double>{1, 2});
  const auto filled = [&](const std::string& pattern) {
    std::string text;
    const kr::Outcome outcome = kr::fill_in(pattern, 7, 3, logs, text);
    return outcome ? text : "error: " + outcome.message;
  };
  // printed by Python 3.11
  CHECK(filled("{epoch:02d}-{val_loss:.2f}") == "07-0.12");
  CHECK(filled("{epoch:>4}|{epoch:<4}|{epoch:^5}|{epoch:+d}|{epoch:05d}|{epoch:*^7d}") == "   7|7   |  7  |+7|00007|***7***");
  CHECK(filled("{val_loss}|{val_loss:e}|{val_loss:10.3f}|{val_loss:<10.3f}|{val_loss:+.1e}|{val_loss:010.3f}|{val_loss:.1%}|{val_loss:g}|{val_loss:=+9.2f}") ==
        "0.123456789|1.234568e-01|     0.123|0.123     |+1.2e-01|000000.123|12.3%|0.123457|+    0.12");
  CHECK(filled("{low:012.2f}|{low:=+9.1f}") == "-00012345.68|- 12345.7");
  CHECK(filled("{{x}}{epoch:.1f} {batch}") == "{x}7.0 3");
  CHECK_THAT(filled("{epoch"), Contains("error: '{epoch': a single '{'"));
  CHECK_THAT(filled("epoch}"), Contains("a single '}'"));
  CHECK_THAT(filled("{val_loss:d}"), Contains("{val_loss:d} does not fit its value"));
  CHECK_THAT(filled("{val_loss:,}"), Contains("format of no known kind"));
  CHECK_THAT(filled("{each}"), Contains("does not fit"));
  CHECK_THAT(filled("{epoch:999d}"), Contains("format of no known kind"));
}
