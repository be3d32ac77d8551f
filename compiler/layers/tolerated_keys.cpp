#include "compiler/layers/tolerated_keys.h"

#include <algorithm>
#include <vector>

namespace keratin {

namespace {

struct ToleratedKey {
  std::string_view key;
  bool (*versions)(const KerasVersion&);
  std::vector<Json> harmless;  // empty: any value
};

bool any_version(const KerasVersion&) { return true; }
bool before_keras3(const KerasVersion& v) { return !v.keras3(); }
bool keras3(const KerasVersion& v) { return v.keras3(); }

const std::vector<ToleratedKey>& table() {
  static const std::vector<ToleratedKey> keys = {
      {"activity_regularizer", any_version, {Json()}},       // read by call_layer where it is set
      {"batch_input_shape", any_version, {}},                // of the first layer of a Sequential; the importer reads it
      {"build_input_shape", any_version, {}},
      {"gptq_unpacked_column_size", keras3, {Json()}},
      {"implementation", before_keras3, {Json(0), Json(1), Json(2)}},  // the same numbers by another order of operations
      {"input_dim", any_version, {}},                        // legacy ways to say the input's shape
      {"input_dtype", before_keras3, {}},
      {"input_length", any_version, {}},
      {"input_shape", any_version, {}},
      {"lora_alpha", keras3, {Json()}},
      {"lora_rank", keras3, {Json()}},
      {"optional", any_version, {Json(false)}},
      {"quantization_config", keras3, {Json()}},
      {"ragged", any_version, {Json(false)}},
      {"shared_object_id", any_version, {}},
      {"sparse", any_version, {Json(false)}},
      {"time_major", before_keras3, {Json(false)}},
      {"use_cudnn", keras3, {Json("auto"), Json(true), Json(false)}},
      {"virtual_batch_size", before_keras3, {Json()}},
  };
  return keys;
}

}  // namespace

bool is_tolerated(std::string_view key, const Json& value, const KerasVersion& version) {
  for (const ToleratedKey& entry : table()) {
    if (entry.key != key || !entry.versions(version)) continue;
    if (entry.harmless.empty() || std::find(entry.harmless.begin(), entry.harmless.end(), value) != entry.harmless.end()) return true;
  }
  return false;
}

}  // namespace keratin
