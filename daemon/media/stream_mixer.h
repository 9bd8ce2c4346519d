// Mixing the streams of a live room.
#pragma once

#include <functional>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/media/mix_request.h"

namespace rtcroom {

/// @threads implementations are safe from any thread.
class StreamMixer {
 public:
  /// @param reply  the reply of the mixing service; a refusal is a reply with a code other than 0.
  /// @errors kBadRequest: the request is beyond the bounds of this mixer; the detail names the
  ///         member. Any other: there was no reply, the mix may have changed or not; the detail is
  ///         for the log.
  using Done = std::function<void(const Result<MixReply>& reply)>;

  virtual ~StreamMixer() = default;

  /// Starts or changes the mix of a live room, or ends it when there is one input. May wait for a
  /// commit, but not for an outside service.
  ///
  /// @param request  all of it belongs to the room: each input is a stream of a pusher, the output
  ///                 that of the creator.
  /// @param done  called exactly once: before this returns, or later from another thread. Must not
  ///              throw.
  virtual void Mix(const RoomKey& room, MixRequest request, Done done) = 0;
};

}  // namespace rtcroom
