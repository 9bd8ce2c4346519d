#include "daemon/core/store.h"

#include <utility>

namespace rtcroom {

Result<RoomChange> Store::Update(const RoomKey& key, RoomEdit edit) {
  const RoomUpdate update{.key = key, .edit = std::move(edit)};
  return std::move(UpdateAll({&update, 1}).front());
}

}  // namespace rtcroom
