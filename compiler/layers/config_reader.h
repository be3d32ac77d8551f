// ConfigReader: a layer's config with its problems. Every key must be asked for; what is left over is a misspelt or unsupported key.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/version.h"
#include "compiler/json/json.h"
#include "compiler/problems.h"

namespace keratin {

class Layer;

/// What reading one file shares: where problems go, and layers that stand in several places of it.
struct ReadContext {
  std::string file;
  KerasVersion version;
  Problems& problems;
  std::map<int64_t, std::shared_ptr<Layer>> shared;  // by shared_object_id
};

class ConfigReader {
 public:
  /// `where` begins every message: `model.keras: encoder/dense_1`.
  ConfigReader(const Json& config, std::string where, ReadContext& context)
      : config_(config), version_(context.version), where_(std::move(where)), problems_(context.problems), context_(context) {}

  const KerasVersion& version() const { return version_; }
  /// The layer object under `key` ({class_name, config}), for wrappers; nullptr after a problem.
  std::shared_ptr<Layer> layer(std::string_view key);
  /// A layer from any serialized object, such as one of a list.
  std::shared_ptr<Layer> layer_of(const Json& serialized);
  bool failed() const { return failed_; }

  // Each returns the key's value or, where it is absent, the default. A key of another kind is a problem (and the default is returned).
  bool boolean(std::string_view key, bool fallback);
  double number(std::string_view key, double fallback);
  std::optional<double> optional_number(std::string_view key);
  int64_t integer(std::string_view key, int64_t fallback, int64_t minimum = INT64_MIN);
  int64_t required_integer(std::string_view key, int64_t minimum);  // e.g. units: at least 1
  double required_number(std::string_view key);
  std::optional<int64_t> optional_integer(std::string_view key);
  std::string text(std::string_view key, std::string_view fallback);
  std::string choice(std::string_view key, std::string_view fallback, std::initializer_list<std::string_view> allowed);
  /// `rank` integers, or one that stands for all of them.
  std::vector<int64_t> tuple(std::string_view key, size_t rank, std::vector<int64_t> fallback, int64_t minimum);
  /// A list of integers (or one integer); empty where absent or null.
  std::vector<int64_t> integers(std::string_view key);
  /// `channels_first` or not; null and absent mean channels_last.
  bool channels_first();

  /// The value as it stands (null where absent); the caller looks into it.
  const Json& raw(std::string_view key);
  bool has(std::string_view key) const;
  /// All of it, for a layer of a program's own, which answers for its keys itself: ignore_the_rest().
  const Json& whole() const { return config_; }
  void ignore_the_rest();
  /// Keys without effect on anything the compiler emits for this layer.
  void ignore(std::initializer_list<std::string_view> keys);
  /// The value must be one of these, anything else is not supported.
  void require(std::string_view key, std::initializer_list<Json> harmless);

  void fail(std::string_view key, std::string message);  // `<where>: <key>: <message>`
  void fail(std::string message);

  /// Reports keys that nobody asked for.
  void finish();

  const std::string& where() const { return where_; }
  Problems& problems() { return problems_; }

 private:
  const Json* get(std::string_view key);

  const Json& config_;
  KerasVersion version_;
  std::string where_;
  Problems& problems_;
  ReadContext& context_;
  std::set<std::string, std::less<>> used_;
  bool failed_ = false;
};

}  // namespace keratin
