#include "daemon/core/store.h"

#include <utility>

namespace rtcroom {

Result<RoomChange> Store::Update(const RoomKey& key, RoomEdit edit) {
  return Update(RoomUpdate{.key = key, .edit = std::move(edit)});
}

Result<RoomChange> Store::Update(RoomUpdate update) {
  return std::move(UpdateAll({&update, 1}).front());
}

}  // namespace rtcroom
