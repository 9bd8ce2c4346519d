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

/// The way that media goes: from a browser (WHIP), or to it (WHEP).
enum class WebWay : std::uint8_t { kPublish, kPlay };

/// One m-line. Only the first for audio and the first for video are used; others are rejected.
struct OfferedMedium {
  bool is_video = false;
  std::string mid = {};                            ///< 1 to 16 letters and digits
  std::string first_format = {};                   ///< digits
  std::optional<std::uint32_t> payload_type = {};  ///< 0 to 127, of Opus or H.264; none: rejected
};

struct WebOffer {
  /// An offer with the same meaning, of known lines only; without candidates.
  std::string text = {};
  std::string fingerprint = {};           ///< SHA-256, hexadecimal digits with colons between
  std::vector<OfferedMedium> media = {};  ///< in the order of the offer; one or two are used
  /// The ID of the header extension that counts the packets of all media.
  std::optional<std::uint32_t> transport_cc = {};
};

/// @errors kBadRequest for an offer that is not well-formed or not bundled, kContentRefused for one
///         whose audio has no Opus or whose video has no H.264 with packetization-mode 1. The
///         detail is a line for whoever sent it; it holds nothing of the offer.
/// @source RFC 8866, RFC 8829, RFC 9725.
Result<WebOffer> ReadOffer(std::string_view text, WebWay way);

/// The lines of a session description, without their ends; empty ones are left out.
std::vector<std::string_view> LinesOf(std::string_view text);

/// The words between spaces.
std::vector<std::string_view> WordsOf(std::string_view text);

}  // namespace rtcroom
