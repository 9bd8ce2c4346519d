// Standard base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// The text has padding, and is on one line.
std::string EncodeBase64(std::string_view bytes);

/// The bytes of `text`, or nullopt unless it is exactly the output of `EncodeBase64`: no white
/// space, full padding, no stray bits before the padding. So each value has only one text.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace rtcroom
