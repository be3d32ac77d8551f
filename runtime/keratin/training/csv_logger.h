// keras.callbacks.CSVLogger: a line per epoch.
#pragma once
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "keratin/training/callbacks.h"

KR_BEGIN_NAMESPACE

/// Columns are the epoch from 0 and the first epoch's names, sorted; where none of them is of validation, `val_` columns of NA follow, as
/// in Keras. Lines end with CR LF (the excel dialect). `append` continues a file, which then keeps its header.
class CSVLogger : public Callback {
 public:
  explicit CSVLogger(std::string filename, char separator = ',', bool append = false)
      : filename_(std::move(filename)), separator_(separator), append_(append) {}
  ~CSVLogger() override { static_cast<void>(close()); }
  CSVLogger(const CSVLogger&) = delete;
  CSVLogger& operator=(const CSVLogger&) = delete;

  Outcome on_train_begin(Training&) override {
    static_cast<void>(close());
    keys_.clear();
    header_ = !append_ || !has_content();
    file_ = std::fopen(filename_.c_str(), append_ ? "ab" : "wb");
    return file_ ? Outcome() : failed();
  }

  Outcome on_epoch_end(Training& training, Logs& logs) override {
    std::string text;
    if (keys_.empty()) {
      take_keys(logs);
      if (header_) text = line("epoch", [](const std::string& key) { return key; });
      header_ = false;
    }
    text += line(std::to_string(training.epoch), [&](const std::string& key) { return value_text(logs.find(key)); });
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0) return failed();
    return {};
  }

  Outcome on_train_end(Training&, const Logs&) override { return close(); }

 private:
  Outcome failed() const { return io_error("CSVLogger: " + filename_ + ": cannot be written: " + std::strerror(errno)); }
  Outcome close() {
    std::FILE* file = std::exchange(file_, nullptr);
    return !file || std::fclose(file) == 0 ? Outcome() : failed();
  }
  bool has_content() const {
    std::FILE* file = std::fopen(filename_.c_str(), "rb");
    if (!file) return false;
    const bool content = std::fgetc(file) != EOF;
    std::fclose(file);
    return content;
  }
  void take_keys(const Logs& logs) {
    for (const LogEntry& entry : logs.entries()) keys_.push_back(entry.key);
    std::sort(keys_.begin(), keys_.end());
    if (std::any_of(keys_.begin(), keys_.end(), [](const std::string& key) { return key.rfind("val_", 0) == 0; })) return;
    for (size_t i = 0, count = keys_.size(); i < count; ++i) keys_.push_back("val_" + keys_[i]);
  }
  /// A vector is a Python list in quotes of its own.
  static std::string value_text(const LogEntry* entry) {
    if (!entry) return "NA";
    if (entry->values.size() == 1) return number_text(entry->values[0]);
    std::string text;
    for (double value : entry->values) text += (text.empty() ? "\"[" : ", ") + number_text(static_cast<float>(value));
    return text + "]\"";
  }
  template <class Text>
  std::string line(const std::string& first, Text text) const {
    std::string all = quoted(first);
    for (const std::string& key : keys_) all += separator_ + quoted(text(key));
    return all + "\r\n";
  }
  std::string quoted(const std::string& text) const {
    if (text.find_first_of(std::string("\"\r\n") + separator_) == std::string::npos) return text;
    std::string result = "\"";
    for (char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
  }

  std::string filename_;
  char separator_;
  bool append_, header_ = true;
  std::vector<std::string> keys_;
  std::FILE* file_ = nullptr;
};

KR_END_NAMESPACE
