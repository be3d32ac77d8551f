// UTF-8, one code point at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keratin {

/// The code point at `at`, which moves past it; U+FFFD for a byte that starts no valid sequence.
uint32_t next_code_point(std::string_view text, size_t& at);

/// Appends the code point's bytes; surrogates and values above U+10FFFF become U+FFFD.
void append_code_point(std::string& text, uint32_t code);

}  // namespace keratin
