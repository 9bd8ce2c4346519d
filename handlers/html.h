// HTML escaping of untrusted text.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// For the text of an element or a quoted attribute: markup as entities, control characters as
/// U+FFFD.
std::string EscapeHtml(std::string_view text);

}  // namespace rtcroom
