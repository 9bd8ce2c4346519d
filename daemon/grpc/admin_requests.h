// Parses and checks the requests of admin clients.
//
// All errors are kBadRequest, with a sentence that names the field and holds no value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/room_service.h"

namespace rtcroom {

Result<RoomKey> ReadRoom(const v1::GetRoomRequest& request);
Result<RoomKey> ReadRoom(const v1::DestroyRoomRequest& request);
Result<KickCommand> ReadKick(const v1::DeletePusherRequest& request);
Result<UserId> ReadUser(const v1::EndLoginsRequest& request);

struct RoomsQuery {
  std::optional<RoomKind> kind = {};  ///< nullopt: all kinds
  std::size_t count = 50;             ///< 1 to 200
  std::uint64_t after = 0;            ///< of Room::sequence
};
Result<RoomsQuery> ReadRoomsQuery(const v1::ListRoomsRequest& request);
Result<RecordingQuery> ReadRecordingQuery(const v1::ListRecordingsRequest& request);

}  // namespace rtcroom
