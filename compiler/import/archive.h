// KerasArchive: the zip container of `.keras` files (keras.src.saving.saving_lib).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/zip.h"
#include "compiler/json/json.h"
#include "ir/support/result.h"

namespace keratin {

class KerasArchive {
 public:
  /// `path` stands in messages. Errors: no or a cut zip archive; an entry that points outside of it; two entries of one name; a SavedModel
  /// in a zip.
  static Result<KerasArchive> open(Bytes bytes, const std::string& path);

  /// `config.json`. Errors: absent, above 64 MiB, no JSON, nested too deeply, repeated keys.
  Result<Json> config() const { return json("config.json"); }
  /// `metadata.json`; null where the archive has none.
  Result<Json> metadata() const;
  /// `model.weights.h5` as it is stored. Errors: absent, or there as `model.weights.npz`, whose arrays are pickled Python objects.
  Result<Bytes> weights() const;

  /// Every entry in the archive's order, and what one holds.
  const std::vector<ZipEntry>& entries() const { return zip_.entries(); }
  Result<Bytes> content(const ZipEntry& entry) const { return zip_.read(entry, kArrayLimit); }

  /// Names under `assets/`, without that folder.
  std::vector<std::string> assets() const;
  Result<Bytes> asset(std::string_view name) const;

 private:
  explicit KerasArchive(ZipReader zip) : zip_(std::move(zip)) {}
  Result<Json> json(std::string_view entry_name) const;

  ZipReader zip_;
};

}  // namespace keratin
