#include "storage/shared/room_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "storage/shared/history_check.h"

namespace rtcroom {
namespace {

template <typename Member>
void CheckSeats(const Room& room, const std::vector<Member>& members, std::string_view name,
                StoreFindings& findings) {
  std::set<std::string_view> users;
  for (const Member& member : members) {
    if (!users.insert(member.user_id.value).second) {
      findings.Add(NameOfRoom(room.key),
                   fmt::format("{} {} is in it twice", name, member.user_id.value));
    }
    if (member.seat == 0 || member.seat > room.last_event) {
      findings.Add(NameOfRoom(room.key),
                   fmt::format("{} {} has the seat of event {}, and it knows of {}", name,
                               member.user_id.value, member.seat, room.last_event));
    }
  }
}

}  // namespace

void CheckRoom(const Room& room, const std::optional<RoomLimits>& limits, StoreFindings& findings) {
  const auto note = [&](std::string what) { findings.Add(NameOfRoom(room.key), std::move(what)); };
  if (std::ranges::find(kAllRoomKinds, room.key.kind) == std::end(kAllRoomKinds)) {
    note(fmt::format("its kind {} is not known", static_cast<int>(room.key.kind)));
  }
  if (room.dialect != Dialect::kGen1 && room.dialect != Dialect::kGen2) {
    note(fmt::format("its dialect {} is not known", static_cast<int>(room.dialect)));
  }
  if (room.IsActive() != (room.place != 0)) {
    note(room.IsActive() ? "it has pushers, and no place in lists"
                         : "it has a place in lists, and no pusher");
  }
  if (room.IsActive() && FindPusher(room, room.creator) == nullptr) {
    note(fmt::format("its creator {} is not one of its pushers", room.creator.value));
  }
  if (room.audience_count != room.audiences.size()) {
    note(fmt::format("it counts {} viewers, and has {}", room.audience_count,
                     room.audiences.size()));
  }
  CheckSeats(room, room.pushers, "pusher", findings);
  CheckSeats(room, room.audiences, "viewer", findings);
  if (limits && room.pushers.size() > limits->PushersIn(room.key.kind)) {
    note(fmt::format("it has {} pushers, where {} may be", room.pushers.size(),
                     limits->PushersIn(room.key.kind)));
  }
  if (limits && room.audiences.size() > limits->max_audiences) {
    note(fmt::format("it has {} viewers, where {} may be", room.audiences.size(),
                     limits->max_audiences));
  }
}

}  // namespace rtcroom
