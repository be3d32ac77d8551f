// Quoting in Graphviz's language.
#pragma once

#include <string>
#include <string_view>

namespace keratin {

/// A quoted string: `"say \"a\""`.
std::string dot_quoted(std::string_view text);
/// Text inside an HTML-like label.
std::string dot_html(std::string_view text);

}  // namespace keratin
