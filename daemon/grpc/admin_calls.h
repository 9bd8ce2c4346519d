// Implements the calls of `RoomAdmin`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/room_service.h"
#include "daemon/core/store.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/core/web_worker.h"

namespace rtcroom {

/// The signs of a pusher that are seen beside the store.
struct SeenPusher {
  std::optional<LeaseState> lease{};
  std::optional<MediaState> media{};  ///< nullopt: it has no stream that could be seen
  bool may_be_web = false;            ///< this server serves browsers
  std::optional<WebFigures> web{};    ///< of a browser that publishes
};

/// Information about the server.
/// @threads the functions are called from any thread, and must not block.
struct ServerFacts {
  std::string version = {};
  TimePoint started_at = {};
  std::function<std::uint64_t()> pushers = {};
  std::function<std::uint64_t()> watchers = {};
  std::function<SeenPusher(const RoomKey& room, const UserId& user_id)> see =
      [](const RoomKey&, const UserId&) { return SeenPusher(); };
  std::string recordings_url = {};  ///< what links to recordings begin with; empty: none
};

/// Ends the logins of a user, as `AccountLogins::EndAll`. It may block.
using EndUserLogins = std::function<Status(const UserId& user_id)>;

/// The calls of `RoomAdmin`, each named after its method. They block on a read of the store or on a
/// commit. `response` is empty before a call; ignore it after an error.
///
/// @errors  kBadRequest naming the field, and those of the store and `RoomService`.
/// @threads safe from any thread.
class AdminCalls {
 public:
  /// The references outlive it.
  AdminCalls(Store& store, RecordingStore& recordings, RoomService& rooms, EndUserLogins end_logins,
             ServerFacts facts);

  Status GetRoom(const v1::GetRoomRequest& request, v1::GetRoomResponse& response);
  Status ListRooms(const v1::ListRoomsRequest& request, v1::ListRoomsResponse& response);
  Status DeletePusher(const v1::DeletePusherRequest& request, v1::DeletePusherResponse& response);
  Status DestroyRoom(const v1::DestroyRoomRequest& request, v1::DestroyRoomResponse& response);
  Status EndLogins(const v1::EndLoginsRequest& request, v1::EndLoginsResponse& response);
  Status ListRecordings(const v1::ListRecordingsRequest& request,
                        v1::ListRecordingsResponse& response);
  Status GetServerInfo(const v1::GetServerInfoRequest& request,
                       v1::GetServerInfoResponse& response);

 private:
  Store& store_;
  RecordingStore& recordings_;
  RoomService& rooms_;
  const EndUserLogins end_logins_;
  const ServerFacts facts_;
};

}  // namespace rtcroom
