// The use cases of rooms. Everything that changes a room goes through here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/logger.h"
#include "daemon/core/clock.h"
#include "daemon/core/id_reservations.h"
#include "daemon/core/id_source.h"
#include "daemon/core/im_groups.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/result.h"
#include "daemon/core/room.h"
#include "daemon/core/room_limits.h"
#include "daemon/core/store.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// What a pusher says of itself; bounds as in `Pusher`.
struct PusherProfile {
  std::string user_name{};
  std::string user_avatar{};
  std::string push_url{};
};

struct CreateRoomCommand {
  RoomKind kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  std::optional<RoomId> room_id{};  ///< none: one is drawn
  UserId user_id{};                 ///< the creator
  PusherProfile profile{};
  std::string info{};
};

struct AddPusherCommand {
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;
  UserId user_id{};
  PusherProfile profile{};
};

/// Names one user in one room: for delete_pusher, destroy_room and pusher_heartbeat.
struct MemberCommand {
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;
  UserId user_id{};
};

/// What a round of evictions came to.
struct ExpiryOutcome {
  std::size_t expired = 0;  ///< pushers that were removed
  std::size_t spared = 0;   ///< beat, left or came back in between
  std::size_t failed = 0;   ///< the store could not take it; the next sweep tries again
};

struct RoomServiceOptions {
  RoomLimits limits{};
  /// All tries to make an IM group together (protocol F.2).
  std::chrono::milliseconds group_deadline{8000};
};

/// @threads safe from any thread. No lock is held while the store or the IM service works.
class RoomService {
 public:
  RoomService(Store& store, LeaseTable& leases, ImGroups& groups, const StreamUrlSigner& streams,
              const Clock& clock, IdSource& ids, RoomServiceOptions options, Logger& logger);

  /// Makes a room with the caller as creator and first pusher; safe to repeat by its creator.
  /// @return the room's id.
  /// @errors kRoomExists; kTooManyRooms; kUnavailable when the IM group could not be made
  ///         (nothing is stored); kStoreBusy; kStoreBroken.
  Result<RoomId> CreateRoom(const CreateRoomCommand& command);

  /// @errors kRoomNotFound; kNotCreator; kStoreBusy; kStoreBroken.
  Status DestroyRoom(const MemberCommand& command);

  /// @errors kRoomNotFound; kRoomFull; kStoreBusy; kStoreBroken.
  Status AddPusher(const AddPusherCommand& command);

  /// @errors kPusherNotFound; kStoreBusy; kStoreBroken.
  Status DeletePusher(const MemberCommand& command);

  /// A heartbeat. Memory only: the store is not asked.
  /// @errors kPusherNotFound.
  Status TouchPusher(const MemberCommand& command);

  /// @errors kRoomNotFound, also for a room of the other dialect; kStoreBusy; kStoreBroken.
  Result<Room> LoadRoom(const RoomKey& key, Dialect dialect);

  /// @errors kStoreBusy; kStoreBroken.
  Result<std::vector<Room>> ListRooms(const RoomListQuery& query);

  /// Evicts pushers whose leases ran out, each with a re-check inside the atomic step.
  ExpiryOutcome ExpirePushers(std::span<const LapsedLease> leases);

 private:
  Result<RoomId> CreateNamedRoom(const CreateRoomCommand& command, const RoomId& room_id);
  Result<RoomId> CreateGeneratedRoom(const CreateRoomCommand& command);
  Status StoreNewRoom(const CreateRoomCommand& command, const RoomId& room_id);
  [[nodiscard]] Pusher MakePusher(const UserId& user_id, const PusherProfile& profile) const;
  Result<RoomChange> ExpireIfStillLapsed(const Room* stored, const LapsedLease& lease,
                                         TimePoint now);
  void LogEnd(const RoomChange& change);

  Store& store_;
  LeaseTable& leases_;
  ImGroups& groups_;
  const StreamUrlSigner& streams_;
  const Clock& clock_;
  IdSource& ids_;
  const RoomServiceOptions options_;
  Logger& logger_;
  IdReservations reservations_;
};

}  // namespace rtcroom
