// The Keras that wrote a file. Meanings and defaults follow the file's own version, never the newest.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <tuple>

namespace keratin {

struct KerasVersion {
  int major = 3, minor = 15, patch = 1;
  bool tensorflow = false;  // tf.keras of TensorFlow 1.x and 2.x; false for keras 1, keras 2.0-2.3 and Keras 3

  static KerasVersion parse(std::string_view text);  // `2.2.4-tf`, `3.15.1`; empty means Keras 1
  bool keras1() const { return major < 2; }
  bool keras2() const { return major == 2; }  // both dialects
  bool keras3() const { return major >= 3; }
  bool at_least(int wanted_major, int wanted_minor, int wanted_patch = 0) const {
    return std::tie(major, minor, patch) >= std::tie(wanted_major, wanted_minor, wanted_patch);
  }
  std::string text() const;
};

}  // namespace keratin
