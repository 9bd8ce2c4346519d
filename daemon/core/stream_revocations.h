// The revocations that follow from a change of a room.
#pragma once

#include "daemon/base/clock.h"
#include "daemon/core/room_change.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// How push URLs are revoked; all of it outlives the edits.
struct RevocationRule {
  const StreamUrlSigner& streams;
  const StreamClaims& claims;
  TimePoint until{};  ///< expiry of a URL that is signed now
};

/// Wraps `edit`: an operator who removes a pusher, or dismisses a room, also revokes the push URLs
/// that were signed for their streams. The stream of a pusher that is a member elsewhere stays
/// valid, and so does a stream that is another user's, though the pusher's URL names it. Pushers
/// that left or fell silent may come back.
RoomEdit WithRevocations(RoomEdit edit, const RevocationRule& rule);

}  // namespace rtcroom
