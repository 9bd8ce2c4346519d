// The digests and the keyed digest that the protocol names. They throw std::runtime_error where
// the system's OpenSSL has no such algorithm, as one that is held to FIPS has no MD5.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/secret.h"

namespace rtcroom {

/// Lower-case hexadecimal, two characters a byte.
std::string Hex(std::string_view bytes);

/// Lower-case hex. For the stream URLs' txSecret, whose form the media service dictates.
std::string Md5Hex(std::string_view text);

/// Lower-case hex.
std::string Sha256Hex(std::string_view text);

/// The 32 raw bytes.
std::string HmacSha256(const Secret& key, std::string_view text);

/// Compares in a time that depends on the lengths only.
bool SameBytes(std::string_view left, std::string_view right);

}  // namespace rtcroom
