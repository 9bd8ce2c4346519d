// The outer form of a UserSig: JSON, deflated, in a base64 that is safe in a URL.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// Most bytes that a ticket may inflate to. Real ones have a few hundred.
inline constexpr std::size_t kMaxUserSigJson = std::size_t{16} * 1024;

/// zlib (RFC 1950), then base64 with `*`, `-`, `_` for `+`, `/`, `=`.
/// @param json  at most `kMaxUserSigJson` bytes.
/// @source protocol D.1, step 4.
std::string PackUserSig(std::string_view json);

/// The text that was packed, or nothing: a character outside the alphabet, wrong padding, a
/// broken or truncated stream, bytes behind its end, or more than `kMaxUserSigJson` inflated.
/// Takes memory in proportion to that bound, whatever is sent.
std::optional<std::string> UnpackUserSig(std::string_view sig);

}  // namespace rtcroom
