// Percent-encoding of text in a URL.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// `text` with every byte except A-Z a-z 0-9 - . _ ~ and those of `also_kept` as `%XX`.
/// @source RFC 3986, 2.1 and 2.3.
std::string PercentEncode(std::string_view text, std::string_view also_kept = {});

/// `text` with each `%XX` as its byte, once; a `%` without two hexadecimal digits stays.
/// @source RFC 3986, 2.1.
std::string PercentDecode(std::string_view text);

}  // namespace rtcroom
