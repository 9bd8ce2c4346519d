// Mixing by a media server of one's own.
#pragma once

#include <cstddef>

#include "daemon/base/clock.h"
#include "daemon/core/room.h"
#include "daemon/core/room_rules.h"
#include "daemon/core/room_service.h"
#include "daemon/core/stream_urls.h"
#include "daemon/media/mix_request.h"
#include "daemon/media/stream_mixer.h"

namespace rtcroom {

/// Keeps the mix with its room: clients send it only when it changes. Those that mix learn of it
/// from `MixFeed`. An accepted mix is a stored one; whether it is made is seen later.
///
/// @threads safe from any thread. Blocks on a commit.
class LocalMixer : public StreamMixer {
 public:
  /// All of them outlive it.
  /// @param max_pixels  of a mix, and of each picture in it: each is decoded and scaled to its
  /// size.
  LocalMixer(RoomService& rooms, const StreamUrlSigner& streams, const Clock& clock,
             std::size_t max_pixels)
      : rooms_(rooms), streams_(streams), clock_(clock), max_pixels_(max_pixels) {}

  /// Calls `done` before it returns; with kBadRequest when the mix has too many pixels.
  void Mix(const RoomKey& room, MixRequest request, Done done) override;

 private:
  RoomService& rooms_;
  const StreamUrlSigner& streams_;
  const Clock& clock_;
  const std::size_t max_pixels_;
};

/// The mix of a request, with a place for each member whose stream it names. Clients leave numbers
/// out:
/// - The picture has the size of the canvas, else that of the input in layer 1, else 360x640.
/// - An input in layer 1 fills the picture.
/// - The others are stacked upwards in columns of three, from the lower right corner to the left,
///   160x240 each; 120x180 in pictures narrower than 540 or lower than 960.
/// @return without inputs when the request ends the mix.
RoomMix PlaceInputs(const MixRequest& request, const Room& room, const StreamUrlSigner& streams);

}  // namespace rtcroom
