// The outer form of a UserSig: JSON, deflated, in a URL-safe base64.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// Maximum inflated size of a ticket in bytes. Real ones have a few hundred.
inline constexpr std::size_t kMaxUserSigJson = std::size_t{16} * 1024;

/// zlib (RFC 1950), then base64 with `*`, `-`, `_` for `+`, `/`, `=`.
/// @param json  at most `kMaxUserSigJson` bytes.
/// @source protocol D.1, step 4.
std::string PackUserSig(std::string_view json);

/// The packed text, or nullopt: a character outside the alphabet, wrong padding, a broken or
/// truncated stream, trailing bytes, or more than `kMaxUserSigJson` inflated. Memory use is bounded
/// by that limit, whatever the input.
std::optional<std::string> UnpackUserSig(std::string_view sig);

}  // namespace rtcroom
