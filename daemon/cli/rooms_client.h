// A client of a running server's room API.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/base/result.h"
#include "daemon/cli/rooms_access.h"

namespace rtcroom {

/// The calls of `RoomAdmin`, each with a deadline of ten seconds.
///
/// @errors of all calls: kBadRequest when the server rejects the request, kRoomNotFound when there
///         is no such room or pusher, kUnauthorized for a wrong token, kUnavailable when the server
///         cannot be reached or cannot answer now, kInternal for any other failure. The detail is
///         the server's sentence.
/// @threads for one thread.
class RoomsClient {
 public:
  explicit RoomsClient(const RoomsServer& server);
  ~RoomsClient();
  RoomsClient(const RoomsClient&) = delete;
  RoomsClient& operator=(const RoomsClient&) = delete;

  Result<v1::Room> GetRoom(const v1::RoomRef& room);
  Result<v1::DeletePusherResponse> DeletePusher(const v1::DeletePusherRequest& request);
  Status DestroyRoom(const v1::RoomRef& room);
  Status EndLogins(const std::string& user_id);

  /// Calls `take` for each room, oldest first.
  /// @param kind  unspecified for all.
  Status ListRooms(v1::RoomKind kind, const std::function<void(const v1::Room&)>& take);

  /// Calls `take` for each recording, newest first.
  Status ListRecordings(v1::ListRecordingsRequest request,
                        const std::function<void(const v1::Recording&)>& take);

 private:
  class Stub;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace rtcroom
