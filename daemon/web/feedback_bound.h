// Bounds the transport-wide feedback that the media library makes of what a peer sends.
#pragma once

#include <cstdint>
#include <optional>

#include <gst/gst.h>

namespace rtcroom {

/// Decides which packets the library counts for transport-wide feedback, and which of them makes
/// it send some.
///
/// The library (rtptwcc.c of 1.22 and 1.26) writes feedback of what it has counted at a packet with
/// the marker bit, at one after 60 that are missing, or at the 599th, and ends the process when
/// that takes more than 1,380 bytes. A packet takes at most 4 of them, and a gap before it 6 more,
/// so the 263 that can come here between two markers fit. A number that comes twice takes up to 38
/// in 1.22.0, and one that is far ahead or late may make it leave out a marker.
class FeedbackBound {
 public:
  enum class Verdict : std::uint8_t { kPass, kMark, kDrop };

  /// @param number  the packet's transport-wide one
  Verdict Take(std::uint16_t number, bool is_marked);

 private:
  std::optional<std::uint16_t> newest_;
  std::uint64_t seen_ = 0;   ///< of the newest number and the 63 before it; the newest first
  std::uint32_t count_ = 0;  ///< since the last marker
};

/// Applies a `FeedbackBound` to the packets that come to an rtpbin, which has no pads yet.
/// @param extension  the ID of the header extension that has the number
void BoundFeedback(GstElement* rtpbin, std::uint32_t extension);

}  // namespace rtcroom
