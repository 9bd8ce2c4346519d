// Standard base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// With padding, on one line.
std::string EncodeBase64(std::string_view bytes);

/// The bytes of `text`, or nothing unless it is exactly what `EncodeBase64` makes of them: no
/// white space, full padding, no stray bits before the padding. So two texts never mean the same.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace rtcroom
