// What of a peer's RTCP the media library does not get.
#pragma once

#include <cstdint>
#include <span>

namespace rtcroom {

/// Whether a compound packet has transport-wide feedback. Of each of the 65,535 packets that 40
/// bytes of it can tell of the library makes an object, and nothing here reads them.
/// @source RFC 3550, 6.1; draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.
bool HasTransportFeedback(std::span<const std::uint8_t> rtcp);

}  // namespace rtcroom
