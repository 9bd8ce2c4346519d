// Rooms without an IM service.
#pragma once

#include "daemon/core/im_groups.h"

namespace rtcroom {

/// Makes no groups: with `im.enabled` off every function of rooms works and nothing is sent
/// (protocol F.2).
class NoImGroups : public ImGroups {
 public:
  Status CreateGroup(const RoomId& /*room_id*/, MonotonicTime /*deadline*/) override { return {}; }
  void AbandonGroup(const RoomId& /*room_id*/) override {}
};

}  // namespace rtcroom
