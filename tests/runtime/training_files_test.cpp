#include <clocale>

#include "training_models.h"

using Catch::Matchers::Contains;

TEST_CASE("numbers as Python prints them") {
  const std::pair<double, const char*> known[] = {{0.1, "0.1"}, {1e16, "1e+16"}, {1e15, "1000000000000000.0"}, {123456789.125, "123456789.125"},
                                                  {1e-4, "0.0001"}, {1e-5, "1e-05"}, {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {static_cast<double>(0.1f), "0.10000000149011612"}, {-0.0, "-0.0"}, {100.0, "100.0"}, {-7.25, "-7.25"},
                                                  {std::nan(""), "nan"}, {-HUGE_VAL, "-inf"}};
  for (const auto& [value, text] : known) CHECK(kr::number_text(value) == text);
  CHECK(kr::number_text(1.0f / 3) == "0.33333334");
  CHECK(kr::number_text(-7.303748f) == "-7.303748");
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  if (std::setlocale(LC_NUMERIC, "de_DE.UTF-8")) CHECK(kr::number_text(0.25) == "0.25");
  std::setlocale(LC_NUMERIC, before.c_str());
}

TEST_CASE("CSVLogger writes Keras's lines") {
  const TestDirectory directory("csv");
  const std::string path = directory.file("log.csv");
  kr::FitResult result;
  {
    Scripted model({0.5, 0.25});
    kr::CSVLogger callback(path);
    REQUIRE(model.fit({&callback}, result).ok());
    CHECK(content_of(path) == "epoch,loss,value,val_loss,val_value\r\n0,0.5,0.5,NA,NA\r\n1,0.25,0.25,NA,NA\r\n");
  }
  {
    Scripted model({0.125});
    kr::CSVLogger callback(path, ',', true);
    kr::LearningRateScheduler scheduler([](kr::Size, double rate) { return rate; });
    REQUIRE(model.fit({&callback, &scheduler}, result).ok());  // the scheduler's column comes after the logger
    CHECK(content_of(path) == "epoch,loss,value,val_loss,val_value\r\n0,0.5,0.5,NA,NA\r\n1,0.25,0.25,NA,NA\r\n0,0.125,0.125,NA,NA\r\n");
  }
  {
    Scripted model({0.125});
    kr::CSVLogger callback(directory.file("new.csv"), ';', true);
    kr::LearningRateScheduler scheduler([](kr::Size, double rate) { return rate; });
    REQUIRE(model.fit({&scheduler, &callback}, result, nullptr, true).ok());
    CHECK(content_of(directory.file("new.csv")) == "epoch;learning_rate;loss;val_loss;val_value;value\r\n0;0.10000000149011612;0.125;0.125;0.125;0.125\r\n");
  }
  {
    Line model;
    LineData given(2);
    given.x = {1, -1};
    given.y = {-0.5f, 0.25f};
    kr::CSVLogger callback(path);
    kr::FitOptions options;
    options.callbacks = {&callback};
    REQUIRE(kr::fit(model, given.data(), options, result).ok());
    CHECK_THAT(content_of(path), Contains("0,\"\"\"[0.25, -0.125]\"\"\",") && Contains(",NA,NA,NA\r\n"));  // as Keras writes a vector
  }
  kr::CSVLogger nowhere(directory.file("none/log.csv"));
  Scripted model({1});
  const kr::Outcome failed = model.fit({&nowhere}, result);
  CHECK(failed.code == kr::StatusCode::io_error);
  CHECK_THAT(failed.message, Contains("none/log.csv: cannot be written"));
}

TEST_CASE("checksums have the values that their definitions list") {
  CHECK(kr::crc32("123456789", 9) == 0xCBF43926u);
  CHECK(kr::crc32c("123456789", 9) == 0xE3069283u);
  CHECK(kr::crc32("6789", 4, kr::crc32("12345", 5)) == 0xCBF43926u);
  const unsigned char zeros[32] = {};
  CHECK(kr::crc32c(zeros, 32) == 0x8A9136AAu);  // RFC 3720, B.4
}

namespace {

kr::UInt32 u32(const std::string& bytes, size_t at) { return static_cast<kr::UInt32>(kr::ZipFields::at(bytes, at, 4)); }
kr::UInt32 unmasked(kr::UInt32 masked) {
  const kr::UInt32 turned = masked - 0xa282ead8u;
  return turned >> 17 | turned << 15;
}

/// The messages of a TFRecord file; every checksum is checked.
std::vector<std::string> messages_of(const std::string& file) {
  std::vector<std::string> messages;
  for (size_t at = 0; at < file.size();) {
    REQUIRE(file.size() - at >= 16);
    const size_t length = kr::ZipFields::at(file, at, 8);
    CHECK(unmasked(u32(file, at + 8)) == kr::crc32c(file.data() + at, 8));
    REQUIRE(file.size() - at - 16 >= length);
    messages.push_back(file.substr(at + 12, length));
    CHECK(unmasked(u32(file, at + 12 + length)) == kr::crc32c(messages.back().data(), static_cast<kr::Size>(length)));
    at += 16 + length;
  }
  return messages;
}

/// step, tag and value of a message that holds one scalar.
struct Point {
  int step;
  std::string tag;
  float value;
  bool operator==(const Point& other) const { return step == other.step && tag == other.tag && value == other.value; }
};
Point point_of(const std::string& message) {
  Point point;
  point.step = static_cast<unsigned char>(message[10]);
  // 2a <bytes> 0a <bytes> 0a <length> <tag>, all below 128
  REQUIRE((message[11] == '\x2a' && message[13] == '\x0a' && message[15] == '\x0a'));
  point.tag = message.substr(17, static_cast<unsigned char>(message[16]));
  const size_t content = message.find(std::string("\x22\x04", 2));
  std::memcpy(&point.value, message.data() + content + 2, 4);
  return point;
}

std::vector<Point> points_of(const std::filesystem::path& folder) {
  std::vector<Point> points;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CHECK_THAT(entry.path().filename().string(), Catch::Matchers::StartsWith("events.out.tfevents.") && Catch::Matchers::EndsWith(".v2"));
    const std::vector<std::string> messages = messages_of(content_of(entry.path()));
    for (size_t i = 1; i < messages.size(); ++i) points.push_back(point_of(messages[i]));
  }
  return points;
}

}  // namespace

TEST_CASE("event files, byte by byte") {
  const TestDirectory directory("events");
  kr::EventFile file;
  REQUIRE(file.open(directory.file("train"), 1.5).ok());
  REQUIRE(file.scalar("epoch_loss", 0.5f, 300, 2.0).ok());
  const std::string path = file.path();
  REQUIRE(file.close().ok());
  CHECK(std::filesystem::path(path).filename() == "events.out.tfevents.1.keratin.500000000.0.v2");
  const std::vector<std::string> messages = messages_of(content_of(path));
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] == std::string("\x09\0\0\0\0\0\0\xf8\x3f", 9) + "\x1a\x0d" + "brain.Event:2");
  const std::string tensor = std::string("\x08\x01\x12\0\x22\x04\0\0\0\x3f", 10), metadata = "\x0a\x09\x0a\x07scalars";
  const std::string value = "\x0a\x0a" "epoch_loss" "\x42\x0a" + tensor + "\x4a\x0b" + metadata;
  const std::string summary = std::string("\x0a") + static_cast<char>(value.size()) + value;
  CHECK(messages[1] == std::string("\x09\0\0\0\0\0\0\0\x40\x10\xac\x02\x2a", 13) + static_cast<char>(summary.size()) + summary);
  kr::EventFile second;
  REQUIRE(second.open(directory.file("train"), 1.5).ok());
  CHECK(second.path() != path);
  CHECK_FALSE(second.open(path).ok());
}

TEST_CASE("TensorBoard writes Keras's curves") {
  const TestDirectory directory("board");
  kr::FitResult result;
  kr::TensorBoardOptions options;
  const float rate = 0.1f;
  {
    Scripted model({2, 1});
    options.log_dir = directory.file("plain");
    kr::TensorBoard callback(options);
    REQUIRE(model.fit({&callback}, result, nullptr, true).ok());
    CHECK(points_of(directory.path / "plain/train") ==
          std::vector<Point>{{0, "epoch_loss", 2}, {0, "epoch_value", 2}, {0, "epoch_learning_rate", rate},
                             {1, "epoch_loss", 1}, {1, "epoch_value", 1}, {1, "epoch_learning_rate", rate}});
    CHECK(points_of(directory.path / "plain/validation") ==
          std::vector<Point>{{1, "evaluation_loss_vs_iterations", 2}, {1, "evaluation_value_vs_iterations", 2},
                             {0, "epoch_loss", 2}, {0, "epoch_value", 2},
                             {2, "evaluation_loss_vs_iterations", 1}, {2, "evaluation_value_vs_iterations", 1},
                             {1, "epoch_loss", 1}, {1, "epoch_value", 1}});
  }
  {
    Scripted model({3, 2, 1});
    options.log_dir = directory.file("batches");
    options.update_freq = 2;
    options.write_steps_per_second = true;
    kr::TensorBoard callback(options);
    REQUIRE(model.fit({&callback}, result).ok());
    std::vector<Point> points = points_of(directory.path / "batches/train");
    CHECK_FALSE(std::filesystem::exists(directory.path / "batches/validation"));
    REQUIRE(points.size() == 3 * 4 + 3);
    CHECK(points[4].tag == "batch_steps_per_second");
    CHECK(points[4].value > 0);
    CHECK(points[5] == Point{2, "batch_loss", 2});
    CHECK(points[6] == Point{2, "batch_value", 2});
    CHECK(points[10].tag == "epoch_steps_per_second");
  }
  Line model;
  const LineData given(4);
  kr::TensorBoard callback(options);
  kr::FitOptions fit;
  fit.callbacks = {&callback};
  CHECK_THAT(kr::fit(model, given.data(), fit, result).message, Contains("TensorBoard: bias has 2 values"));
}

namespace {

/// What a progress bar prints in a training of 3 batches an epoch; the clock advances by 0.04 s with every look.
std::string printed(int verbose, bool colours, bool validation, kr::Size epochs = 1) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file);
  double now = 100;
  kr::ProgressBarOptions options;
  options.verbose = verbose;
  options.file = file;
  options.colours = colours;
  options.seconds = [&] { return now += 0.04; };
  kr::ProgressBar bar(options);
  Line model;
  model.rate = 0;
  LineData given(3);
  given.x = {1, 1, 1};
  given.y = {0.5f, 0.5f, 0.5f};
  kr::FitOptions fit;
  const kr::TrainingData data = given.data();
  fit.batch_size = 1;
  fit.epochs = epochs;
  fit.callbacks = {&bar};
  if (validation) fit.validation_data = &data;
  kr::FitResult result;
  REQUIRE(kr::fit(model, given.data(), fit, result).ok());
  std::string text(static_cast<size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  CHECK(std::fread(&text[0], 1, text.size(), file) == text.size());
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("the progress bar is Keras's") {
  const std::string line = "\xE2\x94\x81";
  const auto cells = [&](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += line;
    return text;
  };
  const std::string metrics = " - bias: -0.2500 - loss: 0.2500 - mae: 0.5000";
  // drawn after batches 1 and 3 (the second is too soon) and when the epoch ends
  const std::string back(3 + 1 + 20 + 1 + 2 + 10 + metrics.size(), '\b');
  CHECK(printed(1, false, false) == "\r1/3 " + cells(20) + " 0s 40ms/step" + metrics + back + "\r3/3 " + cells(20) + " 0s 40ms/step" + metrics + back +
                                        "\r3/3 " + cells(20) + " 0s 60ms/step" + metrics + "\n");
  const std::string third = "\x1b[32m" + cells(6) + "\x1b[0m\x1b[37m" + cells(14) + "\x1b[0m";
  CHECK_THAT(printed(1, true, false), Contains("\x1b[1m1/3\x1b[0m " + third + " \x1b[1m0s\x1b[0m 40ms/step - bias"));
  const std::string line_of_2 =
      "3/3 - 0s - 13ms/step - bias: -2.5000e-01 - loss: 0.2500 - mae: 0.5000 - val_bias: -2.5000e-01 - val_loss: 0.2500 - val_mae: 0.5000\n";
  CHECK(printed(2, false, true, 2) == "Epoch 1/2\n" + line_of_2 + "Epoch 2/2\n" + line_of_2);
  CHECK(printed(0, true, true).empty());
  CHECK_THAT(printed(1, false, true), Catch::Matchers::EndsWith("mae: 0.5000 - val_bias: -0.2500 - val_loss: 0.2500 - val_mae: 0.5000\n"));
}
