#include "daemon/channel/push_notices.h"

#include <algorithm>

#include "daemon/base/json_text.h"

namespace rtcroom {

void PushNotices::Tell() {
  std::vector<PushNotice> told;
  {
    const MutexLock lock(mutex_);
    const std::size_t count = std::min(untold_.size(), kToldPerTick);
    told.assign(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (told.empty() || !others_->ReportNotices(told)) return;
  const MutexLock lock(mutex_);
  for (const PushNotice& notice : told) untold_bytes_ -= notice.object.size();
  untold_.erase(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(told.size()));
}

std::string StreamPush(const RoomKey& room, const UserId& user_id, bool is_on) {
  JsonText push;
  push.BeginObject("stream")
      .Field("kind", RoomKindName(room.kind))
      .Field("roomID", room.id.value)
      .Field("userID", user_id.value)
      .Json("on", is_on ? "true" : "false")
      .EndObject();
  return push.AsObject();
}

std::string WebEndedPush(const RoomKey& room, std::string_view session, std::string_view reason) {
  JsonText push;
  push.BeginObject("web_ended")
      .Field("kind", RoomKindName(room.kind))
      .Field("roomID", room.id.value)
      .Field("session", session)
      .Field("reason", reason)
      .EndObject();
  return push.AsObject();
}

}  // namespace rtcroom
