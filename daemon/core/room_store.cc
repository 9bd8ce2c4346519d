#include "daemon/core/room_store.h"

#include <utility>

namespace rtcroom {

Result<RoomChange> RoomStore::Update(const RoomKey& key, RoomEdit edit) {
  return Update(RoomUpdate{.key = key, .edit = std::move(edit)});
}

Result<RoomChange> RoomStore::Update(RoomUpdate update) {
  return std::move(UpdateAll({&update, 1}).front());
}

}  // namespace rtcroom
