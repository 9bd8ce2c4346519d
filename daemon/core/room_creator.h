// Room creation: its id, its IM group, its place in the store.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/id_reservations.h"
#include "daemon/core/id_source.h"
#include "daemon/core/ids.h"
#include "daemon/core/im_groups.h"

namespace rtcroom {

/// A request to create a room.
struct RoomSpec {
  RoomKind kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  UserId creator{};
  std::optional<RoomId> room_id{};  ///< nullopt: one is drawn
  MonotonicTime deadline{};         ///< end of all attempts together to create a group
  /// Enters the stored room; called once before a group is created, when no other attempt can
  /// create it. kRoomNotFound: proceed with the creation; any other result is the outcome of the
  /// attempt.
  std::function<Status()> enter_stored{};
  /// Set by a caller that accepts the room of any creator: called instead of `Done` with the
  /// outcome when the room of that kind and dialect was being created already.
  std::function<void(const Status&)> made_by_another{};
};

/// Creates rooms, each with its IM group, which must exist first: the client joins it next.
///
/// No thread blocks on the IM service. Without one the store alone decides between attempts.
///
/// @threads safe from any thread.
/// @source protocol F.2.
class RoomCreator {
 public:
  /// Stores the room of an id whose group is ready. May wait for a commit.
  /// @errors kRoomExists; errors of storing.
  using StoreRoom = std::function<Status(const RoomId&, const GroupReady&)>;
  using Done = std::function<void(Result<RoomId>)>;

  /// @param groups  null without an IM service.
  RoomCreator(ImGroups* groups, IdSource& ids);

  /// The creator must live until all its attempts are done.
  ///
  /// @param store_room  called at most once for each id that is tried.
  /// @param done  called exactly once, unless `made_by_another` is: before this returns, or later
  ///              from another thread.
  /// @errors kRoomExists; kUnavailable, with nothing stored; those of `store_room`.
  void Create(RoomSpec spec, StoreRoom store_room, Done done);

 private:
  struct Attempt;

  void DrawId(const std::shared_ptr<Attempt>& attempt);
  void Start(const std::shared_ptr<Attempt>& attempt);
  void Reserve(const std::shared_ptr<Attempt>& attempt);
  void MakeGroup(const std::shared_ptr<Attempt>& attempt);
  void Finish(const std::shared_ptr<Attempt>& attempt, const Result<GroupReady>& group);
  void Conclude(const std::shared_ptr<Attempt>& attempt, const Status& outcome);

  ImGroups* const groups_;  ///< null without an IM service
  IdSource& ids_;
  IdReservations reservations_;
};

}  // namespace rtcroom
