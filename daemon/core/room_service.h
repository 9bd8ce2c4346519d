// The use cases of rooms. Everything that changes a room goes through here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/event_log.h"
#include "daemon/core/id_source.h"
#include "daemon/core/im_groups.h"
#include "daemon/core/inactive_rooms.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room.h"
#include "daemon/core/room_creator.h"
#include "daemon/core/room_deliveries.h"
#include "daemon/core/room_event.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/room_quota.h"
#include "daemon/core/room_rules.h"
#include "daemon/core/room_store.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// Data that a pusher sends about itself; bounds as in `Pusher`.
struct PusherProfile {
  std::string user_name{};
  std::string user_avatar{};
  std::string push_url{};
};

/// Receives the `StayOf` of the new member before the call is done; null: the caller does not ask.
using StayWish = std::shared_ptr<std::string>;

struct CreateRoomCommand {
  RoomKind kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  std::optional<RoomId> room_id{};  ///< nullopt: one is drawn
  UserId user_id{};                 ///< the creator
  PusherProfile profile{};          ///< unused where the creator does not become a pusher
  std::string info{};
  std::string type{};         ///< `Room::type`
  std::string custom = "{}";  ///< `Room::custom`, of a room that is created
  std::string from{};         ///< see `MemberCommand`
  SeatOwner owner{};
  StayWish stay{};  ///< nothing where the creator does not become a pusher
};

struct AddPusherCommand {
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;
  UserId user_id{};
  PusherProfile profile{};
  std::string info{};  ///< text of the room, if it is created
  std::string from{};  ///< see `MemberCommand`
  SeatOwner owner{};
  StayWish stay{};
};

/// Identifies one user in one room: for delete_pusher, destroy_room and pusher_heartbeat.
struct MemberCommand {
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;
  UserId user_id{};
  /// The address that a pusher without a proof of identity is bound to when it joins, and that its
  /// later calls must come from; empty: any address.
  /// @source protocol F.5, `auth.gen1_bind`.
  std::string from{};
};

struct SetCustomCommand {
  MemberCommand member{};
  rules::CustomRight right = rules::CustomRight::kAnyone;
  rules::CustomEdit edit{};
};

struct AddAudienceCommand {
  MemberCommand member{};
  std::string user_info{};  ///< ≤ 1024 bytes
  /// Asked for, it makes the call of a viewer that is registered already begin another stay.
  StayWish stay{};
};

/// An operator's request to remove a pusher.
struct KickCommand {
  RoomKey room{};
  UserId user_id{};
  std::optional<std::chrono::milliseconds> ban{};  ///< keeps the user out for that long
};

struct KickOutcome {
  bool was_pusher = false;
  bool room_destroyed = false;  ///< the room ended with the kick
  std::optional<TimePoint> banned_until{};
};

/// A pusher that has to leave.
struct Eviction {
  LapsedLease lease{};
  LeaveReason reason = LeaveReason::kHeartbeatTimeout;
  bool despite_heartbeats = false;  ///< heartbeats that come now do not keep it
};

/// Result of one round of evictions.
struct ExpiryOutcome {
  std::size_t expired = 0;  ///< pushers or rooms that were removed
  std::size_t skipped = 0;  ///< sent a heartbeat, left or rejoined in between
  std::size_t failed = 0;   ///< the store rejected it; the next sweep tries again

  ExpiryOutcome& operator+=(const ExpiryOutcome& other) {
    expired += other.expired;
    skipped += other.skipped;
    failed += other.failed;
    return *this;
  }
};

struct RoomServiceOptions {
  RoomPolicy policy{};
  /// Limit of all attempts together to create an IM group (protocol F.2).
  std::chrono::milliseconds group_deadline{8000};
  /// The services to which changes enqueue deliveries.
  DeliveryServices deliveries{};
  /// Life of a push URL: an operator's removal revokes those of the removed for so long.
  std::chrono::seconds push_url_ttl = std::chrono::days(7);
};

/// Dependencies of the use cases; all of them outlive the service.
struct RoomServiceDeps {
  RoomStore& store;
  BanStore& ban_store;
  BanList& bans;
  LeaseTable& leases;
  ImGroups* groups = nullptr;  ///< null without an IM service
  const StreamUrlSigner& streams;
  const Clock& clock;
  IdSource& ids;
  RoomQuota* quota = nullptr;            ///< null: no per-caller limit
  const StreamClaims* claims = nullptr;  ///< null: no push URL is revoked
  EventLog* events = nullptr;            ///< null: why a pusher has left is not known
};

/// @threads safe from any thread. No lock is held while the store or the IM service works.
class RoomService {
 public:
  using CreateDone = RoomCreator::Done;

  RoomService(const RoomServiceDeps& deps, RoomServiceOptions options, Logger& logger);

  /// Creates a room; its creator can safely repeat the call. In gen-1 and for webrtc the caller is
  /// the first pusher; otherwise the room stays hidden until the first pusher joins or
  /// `ExpireInactive` removes it.
  ///
  /// The service must live until all its calls are done.
  ///
  /// @param done  called exactly once, with the room's id: before this returns, or, when an IM
  ///              group has to be created, later from another thread.
  /// @errors kRoomExists; kTooManyRooms; kNotAllowed; kUnavailable when the IM group could not be
  ///         created (nothing is stored); kStoreBusy; kStoreBroken.
  void CreateRoom(const CreateRoomCommand& command, CreateDone done);

  /// @errors kRoomNotFound; kNotCreator; kStoreBusy; kStoreBroken.
  Status DestroyRoom(const MemberCommand& command);

  using AddDone = std::function<void(const Status&)>;

  /// Seats a pusher. In gen-2 a missing room is created, with the caller as its creator.
  ///
  /// The service must live until all its calls are done.
  ///
  /// @param done  called exactly once: before this returns, or, when a room has to be created,
  ///              later from another thread.
  /// @errors kRoomNotFound; kRoomExists when the id belongs to a room that the dialect may not see;
  ///         kRoomFull; kTooManyRooms; kNotAllowed; kStoreBusy; kStoreBroken; where it creates
  ///         rooms also kUnavailable.
  void AddPusher(const AddPusherCommand& command, AddDone done);

  /// @param stay  only this one (`StayOf`); empty: whichever it is.
  /// @errors kPusherNotFound, also when the pusher is there by another stay; kStoreBusy;
  ///         kStoreBroken.
  Status DeletePusher(const MemberCommand& command, std::string_view stay = {});

  /// Changes custom fields of a room.
  /// @return all custom fields after the change.
  /// @errors kRoomNotFound; kNotAllowed; those of the edit; kStoreBusy; kStoreBroken.
  Result<std::string> SetCustom(const SetCustomCommand& command);

  /// Changes the mix of a room of either dialect.
  /// @errors kRoomNotFound; those of the edit; kStoreBusy; kStoreBroken.
  Status SetMix(const RoomKey& room, const rules::MixEdit& edit);

  /// @errors kRoomNotFound; kAudienceFull; kStoreBusy; kStoreBroken.
  Status AddAudience(const AddAudienceCommand& command);

  /// Succeeds also when there is no such viewer, stay or room.
  /// @param stay  as of `DeletePusher`.
  /// @errors kStoreBusy; kStoreBroken.
  Status DeleteAudience(const MemberCommand& command, std::string_view stay = {});

  /// `RoomStore::LoadAudiences`; empty when there is no such room.
  /// @errors kStoreBusy; kStoreBroken.
  Result<AudiencePage> LoadAudiences(const RoomKey& key, Dialect dialect);

  /// `RoomStore::FindAudiences`, in rooms of either dialect.
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key, std::span<const UserId> users) {
    return store_.FindAudiences(key, users);
  }

  /// Whether the user may have a push URL: a user banned from `room`, or, when none is given, from
  /// any room of the kind, may not.
  /// @errors kNotAllowed.
  [[nodiscard]] Status CheckMayPush(RoomKind kind, const std::optional<RoomId>& room,
                                    const UserId& user_id) const;

  /// Removes a pusher on behalf of an operator, in either dialect. With a ban, neither the user nor
  /// the room needs to exist.
  /// @errors kPusherNotFound; kUnavailable when there are too many bans; kStoreBusy; kStoreBroken.
  Result<KickOutcome> KickPusher(const KickCommand& command);

  /// Ends a room on behalf of an operator, or because an outside service has ended it, in either
  /// dialect.
  /// @param holds  checked inside the atomic step, must be quick: whether that room is meant;
  /// empty:
  ///               it is.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Status DismissRoom(const RoomKey& room, const std::function<bool(const Room&)>& holds = {});

  /// A heartbeat. Memory only: no access to the store.
  /// @errors kPusherNotFound.
  Status TouchPusher(const MemberCommand& command);

  /// Why a user who had a seat has none: "banned"; how its last seat ended (`LeaveReasonName`); or,
  /// if it ended with the room, how that ended (`EndReasonName`). It reads the newest 200 events of
  /// the room at most, in pages; of older ones it finds the last eviction or kick of the user, and
  /// the last end of the room.
  /// @return static storage; empty when these events do not say.
  /// @errors kStoreBusy; kStoreBroken.
  Result<std::string_view> ReasonOfAbsence(const MemberCommand& command);

  /// @errors kRoomNotFound, also for a room that is inactive or that the dialect may not see;
  ///         kStoreBusy; kStoreBroken.
  Result<Room> LoadRoom(const RoomKey& key, Dialect dialect);

  /// It does what `LoadRoom` does, for a pusher of the room.
  /// @errors also kPusherNotFound: it is none, or is bound to another address.
  Result<Room> LoadRoomOfPusher(const MemberCommand& command);

  /// It does what `LoadRoom` does, for a pusher of the room or a viewer that has registered.
  /// @errors also kNotAllowed: it is neither, or is a pusher that is bound to another address.
  Result<Room> LoadRoomOfMember(const MemberCommand& command);

  /// The rooms that a request of `query.dialect` may see.
  /// @errors kStoreBusy; kStoreBroken.
  Result<std::vector<Room>> ListRooms(RoomListQuery query);

  /// Evicts pushers, each with a re-check of its lease inside the atomic step.
  /// @param holds  likewise re-checked: whether the eviction is still right; must be quick.
  ExpiryOutcome ExpirePushers(std::span<const Eviction> evictions,
                              const std::function<bool(const Eviction&)>& holds);

  /// Ends rooms that no pusher joined in time, likewise with a re-check.
  ExpiryOutcome ExpireInactive(std::span<const InactiveRoom> rooms);

 private:
  /// `Store::Update` and `Store::UpdateAll`, with the deliveries and revocations of the changes.
  [[nodiscard]] RoomEdit WithEffects(RoomEdit edit) const;
  Result<RoomChange> Update(const RoomKey& key, RoomEdit edit);
  Result<RoomChange> Update(RoomUpdate update);
  std::vector<Result<RoomChange>> UpdateAll(std::vector<RoomUpdate> updates);
  enum class IfAbsent : std::uint8_t { kMake, kRefuse };
  /// The store update of create_room.
  /// @errors those of `CreateRoom`; kRoomNotFound when the room is missing and must not be created.
  Status StoreRoom(const CreateRoomCommand& command, const RoomId& room_id, const GroupReady& group,
                   IfAbsent if_absent);
  /// The part of create_room for an existing room, with the checks that precede the creation of a
  /// new one.
  /// @errors those of `CreateRoom`; kRoomNotFound when there is no room of that id and kind.
  Status CreateStored(const CreateRoomCommand& command);
  /// Seats a pusher in an existing room.
  /// @errors those of `AddPusher`; kRoomNotFound when there is no room of that id and kind.
  Status AddToStored(const AddPusherCommand& command);
  /// @param tries  attempts left, in case other callers create the room and it ends again
  ///               meanwhile.
  /// @param deadline  of creating a group, for all attempts together.
  void AddPusher(const AddPusherCommand& command, int tries, MonotonicTime deadline, AddDone done);
  /// Creates the room of an add_pusher, unless it exists by now.
  Status AddOrCreate(const AddPusherCommand& command, const GroupReady& group);
  using MakeAbsent = std::function<Result<RoomChange>(const Room& room, const Pusher& creator)>;
  /// @param make_absent  the rule for a missing room.
  Status StorePusher(const AddPusherCommand& command, const MakeAbsent& make_absent);
  /// Counts the seat that the owner is about to take.
  /// @errors kTooManyRooms.
  [[nodiscard]] Result<RoomQuota::Claim> ClaimSeat(const SeatOwner& owner, const RoomKey& room,
                                                   const UserId& user_id);
  [[nodiscard]] Pusher MakePusher(Dialect dialect, const UserId& user_id,
                                  const PusherProfile& profile, const std::string& from) const;
  [[nodiscard]] std::string AccelerateUrl(const UserId& user_id, std::string_view stream) const;
  [[nodiscard]] std::string MixedPlayUrl(const Pusher& creator) const;
  [[nodiscard]] bool IsBoundElsewhere(const Room* stored, const MemberCommand& command) const;
  Result<RoomChange> Remove(const Room* stored, Dialect dialect, const UserId& user_id,
                            LeaveReason reason, TimePoint now) const;
  Result<RoomChange> ExpireIfStillLapsed(const Room* stored, const Eviction& eviction,
                                         TimePoint now);
  void LogCreation(const Room& room);
  void LogEnd(const RoomChange& change);

  RoomStore& store_;
  BanStore& ban_store_;
  BanList& bans_;
  LeaseTable& leases_;
  RoomQuota* const quota_;
  const StreamUrlSigner& streams_;
  const StreamClaims* const claims_;
  EventLog* const events_;
  const Clock& clock_;
  const RoomServiceOptions options_;
  Logger& logger_;
  RoomCreator creator_;
};

}  // namespace rtcroom
