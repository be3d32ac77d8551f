#include "compiler/graph/version.h"

#include <charconv>
#include <fmt/format.h>

namespace keratin {

KerasVersion KerasVersion::parse(std::string_view text) {
  KerasVersion version{1, 0, 0, false};
  if (text.empty()) return version;
  const std::string_view whole = text;
  for (int* part : {&version.major, &version.minor, &version.patch}) {
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), *part);
    if (status != std::errc{}) break;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.empty() || text[0] != '.') break;
    text.remove_prefix(1);
  }
  // keras 2.4 and later of the 2 line, and every `-tf` version, is TensorFlow's.
  version.tensorflow = version.major == 2 && (whole.find("-tf") != std::string_view::npos || version.minor >= 4);
  return version;
}

std::string KerasVersion::text() const { return fmt::format("{}.{}.{}", major, minor, patch); }

}  // namespace keratin
