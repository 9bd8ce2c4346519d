// The answer to a browser, after the media library has written it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/web/sdp_offer.h"

namespace rtcroom {

struct AnswerRules {
  std::string public_v4 = {};  ///< instead of each IPv4 address; empty: they stay
  std::string public_v6 = {};  ///< likewise
  std::size_t max_kbps = 0;    ///< of video that the browser sends; 0: not told
};

/// The library's answer to `offer.text`, with the media that are rejected in their places,
/// and candidates and bounds as the rules say. The result is empty if the answer has no candidate,
/// since no browser could connect.
std::string FinishAnswer(std::string_view answer, const WebOffer& offer, const AnswerRules& rules);

}  // namespace rtcroom
