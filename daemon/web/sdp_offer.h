// The offer of a browser: read strictly, and written anew of what was understood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace rtcroom {

inline constexpr std::size_t kMaxOfferBytes = 32 * 1024;
inline constexpr std::size_t kMaxOfferLines = 1200;
inline constexpr std::size_t kMaxOfferMedia = 4;

/// Which way media goes: from a browser (WHIP), or to it (WHEP).
enum class WebWay : std::uint8_t { kPublish, kPlay };

/// A medium that is sent or received: Opus, or H.264 with packetization-mode 1.
struct OfferedCodec {
  int payload_type = 0;             ///< 0 to 127
  std::optional<int> repeats = {};  ///< payload type of retransmissions (RFC 4588), of video only
  std::string profile = {};         ///< profile-level-id, 6 hexadecimal digits; of video only
  std::optional<int> transport_cc = {};  ///< ID of the header extension that counts packets
  // These are told by who publishes.
  std::vector<std::uint32_t> sources = {};  ///< its SSRC, and that of its retransmissions
  std::string cname = {};
};

/// One m-line. Only the first for audio and the first for video are used; others are rejected.
struct OfferedMedium {
  bool is_video = false;
  std::string mid = {};                    ///< 1 to 16 letters and digits
  std::string first_format = {};           ///< digits
  std::optional<OfferedCodec> codec = {};  ///< none: rejected
};

struct WebOffer {
  std::string ufrag = {};
  std::string password = {};
  std::string fingerprint = {};  ///< SHA-256, upper-case hexadecimal digits with colons between
  std::string setup = {};        ///< actpass, active or passive
  std::vector<OfferedMedium> media = {};  ///< in the order of the offer; one or two have a codec
};

/// @errors kBadRequest for an offer that is not well-formed or not bundled, kContentRefused for one
///         whose audio has no Opus or whose video has no such H.264. The detail is a line for
///         whoever sent it; it holds nothing of the offer.
/// @source RFC 8866, RFC 8829, RFC 9725.
Result<WebOffer> ReadOffer(std::string_view text, WebWay way);

/// An offer with the same meaning, of known lines only. Candidates are left out.
std::string WriteOffer(const WebOffer& offer, WebWay way);

}  // namespace rtcroom
