// The RTCP of a peer that the worker keeps from the media library.
#pragma once

#include <cstdint>
#include <span>

namespace rtcroom {

/// Whether a compound packet has transport-wide feedback. 40 bytes of it can name 65,535 packets.
/// The library makes an object for each of them, and nothing here reads these.
/// @source RFC 3550, 6.1; draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1.
bool HasTransportFeedback(std::span<const std::uint8_t> rtcp);

}  // namespace rtcroom
