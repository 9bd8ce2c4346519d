// Text from outside, made harmless for a page.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// For the text of an element or a quoted attribute: markup as entities, control characters as
/// U+FFFD.
std::string EscapeHtml(std::string_view text);

/// For a value in the query of a URL: all but unreserved characters and `/` percent-encoded.
std::string EncodeQueryValue(std::string_view text);

}  // namespace rtcroom
