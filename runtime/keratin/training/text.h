// Numbers as Python prints them, whatever the locale: in CSV files, file names and messages.
#pragma once
#include <clocale>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "keratin/runtime/config.h"

KR_BEGIN_NAMESPACE

/// A number by printf's letter (e, f, g or upper case) with `precision` digits, at most 60 of them.
inline std::string printf_text(char letter, int precision, double value) {
  char text[512];
  const char format[] = {'%', '.', '*', letter, '\0'};
  std::snprintf(text, sizeof text, format, precision < 60 ? precision : 60, value);
  std::string result = text;
  const char* point = std::localeconv()->decimal_point;
  const size_t at = std::strcmp(point, ".") == 0 ? std::string::npos : result.find(point);
  if (at != std::string::npos) result.replace(at, std::strlen(point), ".");
  return result;
}

/// Python's repr of a float: the shortest digits that read back as the same T.
template <class T>
std::string number_text(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double wide = static_cast<double>(value);
  int precision = 0;
  for (char text[40]; precision < 16; ++precision) {  // written and read in the same locale
    std::snprintf(text, sizeof text, "%.*e", precision, wide);
    if ((sizeof(T) < sizeof(double) ? static_cast<double>(std::strtof(text, nullptr)) : std::strtod(text, nullptr)) == wide) break;
  }
  const std::string scientific = printf_text('e', precision, wide);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= 16) return scientific;
  return printf_text('f', precision > exponent ? precision - exponent : 1, wide);
}

/// What stands behind the colon of a replacement field: `[[fill]align][sign][0][width][.precision][type]`.
struct NumberFormat {
  char fill = ' ', align = '>', sign = '-', type = '\0';
  int width = 0, precision = -1;

  /// False where the text is not of this form, or asks for what Python has beyond it (`#`, separators of thousands).
  bool read(const std::string& text) {
    size_t at = 0;
    const auto is = [&](size_t i, const char* set) { return i < text.size() && std::strchr(set, text[i]) != nullptr; };
    const auto number = [&](int& value) {
      for (value = 0; is(at, "0123456789") && value <= 100; ++at) value = value * 10 + (text[at] - '0');
      return value <= 100;
    };
    const bool aligned = is(1, "<>=^") || is(0, "<>=^");
    if (is(1, "<>=^")) fill = text[at++], align = text[at++];
    else if (is(0, "<>=^")) align = text[at++];
    if (is(at, "+- ")) sign = text[at++];
    if (is(at, "0")) {
      if (aligned) return false;  // Python's answer to `<05` differs between versions
      fill = '0', align = '=', ++at;
    }
    if (!number(width)) return false;
    if (is(at, ".")) {
      ++at;
      if (!is(at, "0123456789") || !number(precision)) return false;
    }
    if (is(at, "deEfFgG%")) type = text[at++];
    return at == text.size() && precision <= 60;
  }

  std::string padded(std::string text) const {
    if (sign != '-' && text[0] != '-') text.insert(0, 1, sign);
    const size_t want = static_cast<size_t>(width);
    if (text.size() >= want) return text;
    const size_t missing = want - text.size();
    if (align == '>') return std::string(missing, fill) + text;
    if (align == '<') return text + std::string(missing, fill);
    if (align == '=') return text.insert(std::strchr("+- ", text[0]) ? 1 : 0, missing, fill);
    return std::string(missing / 2, fill) + text + std::string(missing - missing / 2, fill);
  }
};

/// False where Python refuses the format for a float, or writes in its own way what has a precision and no type.
inline bool format_number(const NumberFormat& format, double value, std::string& text) {
  if (format.type == 'd' || (format.type == '\0' && format.precision >= 0)) return false;
  if (format.type == '\0') text = number_text(value);
  else if (format.type == '%') text = printf_text('f', format.precision < 0 ? 6 : format.precision, value * 100) + "%";
  else text = printf_text(format.type, format.precision < 0 ? 6 : format.precision, value);
  text = format.padded(text);
  return true;
}

/// The same for an integer, which has no precision unless it is shown as a float.
inline bool format_integer(const NumberFormat& format, Int64 value, std::string& text) {
  if (format.type != 'd' && format.type != '\0') return format_number(format, static_cast<double>(value), text);
  if (format.precision >= 0) return false;
  text = format.padded(std::to_string(value));
  return true;
}

KR_END_NAMESPACE
