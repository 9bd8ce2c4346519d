// Rooms without an IM service.
#pragma once

#include "daemon/core/im_groups.h"

namespace rtcroom {

/// Creates no groups: with `im.enabled` off rooms work and nothing is sent (protocol F.2).
class NoImGroups : public ImGroups {
 public:
  void MakeGroup(const RoomId& /*room_id*/, IdOrigin /*origin*/, MonotonicTime /*deadline*/,
                 Done done) override {
    done(GroupReady{});
  }
  void FinishGroup(const RoomId& /*room_id*/, GroupOutcome /*outcome*/) override {}
};

}  // namespace rtcroom
