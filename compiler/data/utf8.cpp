#include "compiler/data/utf8.h"

namespace keratin {

namespace {

bool is_scalar_value(uint32_t code) { return code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000); }

}  // namespace

uint32_t next_code_point(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  if (first < 0x80) return first;
  const size_t more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
  if (more == 0 || at + more > text.size()) return 0xfffd;
  uint32_t code = first & (0x3fu >> more);
  for (size_t i = 0; i < more; ++i) {
    const unsigned char next = byte(at + i);
    if ((next & 0xc0) != 0x80) return 0xfffd;
    code = (code << 6) | (next & 0x3fu);
  }
  const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
  if (overlong || !is_scalar_value(code)) return 0xfffd;
  at += more;
  return code;
}

void append_code_point(std::string& text, uint32_t code) {
  if (!is_scalar_value(code)) code = 0xfffd;
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr unsigned kLead[] = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kLead[more] | (code >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80u | ((code >> (6 * i)) & 0x3fu));
}

}  // namespace keratin
