// From the wish for a room to the room: its id, its IM group, its place in the store.
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

/// Who wants to make which room.
struct RoomWish {
  RoomKind kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  UserId creator{};
  std::optional<RoomId> room_id{};  ///< none: one is drawn
  MonotonicTime deadline{};         ///< of all tries together to make a group
  /// Enters the room that is stored by now, called once no other attempt can make it and before a
  /// group is made. kRoomNotFound: go on and make it; any other outcome is that of the attempt.
  std::function<Status()> enter_stored{};
  /// Set by whoever will take the room as anybody makes it: called instead of `Done` when the room
  /// of that kind and dialect was being made already, with what became of it.
  std::function<void(const Status&)> made_by_another{};
};

/// Makes rooms, each with its IM group, which must be there first: the client joins it next.
///
/// No thread waits for the IM service here.
///
/// @threads safe from any thread.
/// @source protocol F.2.
class RoomCreator {
 public:
  /// Stores the room of an id whose group is ready. May wait for a commit.
  /// @errors kRoomExists; what storing fails with.
  using StoreRoom = std::function<Status(const RoomId&, const GroupReady&)>;
  using Done = std::function<void(Result<RoomId>)>;

  RoomCreator(ImGroups& groups, IdSource& ids);

  /// The creator must live until all that it began is done.
  ///
  /// @param store_room  called at most once for each id that is tried.
  /// @param done  called exactly once, unless `made_by_another` is: before this returns, or later
  ///              from another thread.
  /// @errors kRoomExists; kUnavailable, with nothing stored; those of `store_room`.
  void Create(RoomWish wish, StoreRoom store_room, Done done);

 private:
  struct Attempt;

  void DrawId(const std::shared_ptr<Attempt>& attempt);
  void Reserve(const std::shared_ptr<Attempt>& attempt);
  void MakeGroup(const std::shared_ptr<Attempt>& attempt);
  void Finish(const std::shared_ptr<Attempt>& attempt, const Result<GroupReady>& group);
  void Conclude(const std::shared_ptr<Attempt>& attempt, const Status& outcome);

  ImGroups& groups_;
  IdSource& ids_;
  IdReservations reservations_;
};

}  // namespace rtcroom
