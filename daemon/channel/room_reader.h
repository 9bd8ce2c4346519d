// Reads rooms for new clients of the message channel: snapshots, and what a cursor has missed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/message_reads.h"
#include "daemon/channel/room_cursor.h"
#include "daemon/core/group_access.h"
#include "daemon/core/room_reach.h"

namespace rtcroom {

/// Messages between a client's cursor and the present that it does not get as events.
struct MissedMessages {
  std::uint64_t from = 1;  ///< seq of the first
  std::uint64_t to = 0;    ///< seq of the newest of the room; less than `from`: there are none
  /// The newest of them, oldest first. nullopt: the cursor belongs to another room, or to another
  /// history of the store; the server cannot tell which messages the client has.
  std::optional<std::vector<StoredMessage>> newest{};
};

/// The start of a subscription.
struct RoomView {
  Room room{};
  RoomCursor cursor{};  ///< after everything below
  /// It is present only for a client with a cursor.
  std::optional<MissedMessages> missed{};
  /// The events between the client's cursor and `cursor`, but of each custom field, and of the
  /// number of viewers where that is told, only the newest change. With the messages in `missed`,
  /// which are all then, they tell what `room` tells. nullopt: some are missing, or too many.
  std::optional<std::vector<StoredEvent>> events{};
  RoomPosition since{};  ///< of the client's cursor, where there are `events`
};

/// @threads safe from any thread: each call reads the store and never waits for a commit.
class RoomReader {
 public:
  /// Limits of what is told in place of a room: events and messages are counted apart, their bytes
  /// together.
  static constexpr std::uint64_t kMaxEvents = 500;
  static constexpr std::uint64_t kMaxMessages = 500;
  static constexpr std::size_t kMaxEventBytes = std::size_t{96} << 10;

  /// @param deps  outlive this object.
  RoomReader(const ChannelDeps& deps, GroupAccess access) : deps_(deps), access_(access) {}

  /// @param reach  of the user's login.
  /// @errors kRoomNotFound, also when it is not reached; kNotAllowed; kStoreBusy; kStoreBroken.
  Result<Room> Open(const UserId& user_id, RoomReach reach, const RoomKey& key) const;

  /// Call it after `PushReceivers::Subscribe`: who may not read the room any more is refused here,
  /// or told there.
  /// @param since  a cursor as the client sent it; any other text counts as one that is too old.
  /// @errors as `Open`.
  Result<RoomView> Read(const UserId& user_id, RoomReach reach, const RoomKey& key,
                        std::string_view since) const;

  struct HistoryQuery {
    std::optional<std::uint64_t> before{};  ///< only older ones; neither: the newest
    std::optional<std::uint64_t> after{};   ///< only newer ones
    std::size_t limit = 50;                 ///< 1..1000
    /// Bounds what is returned, and how much is read for it: `MessageReads`.
    std::uint64_t max_bytes = MessageReads::kAnyBytes;
  };
  /// @return oldest first.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<MessagePage> ReadHistory(const Room& room, const HistoryQuery& query) const;

  /// Does what `MessageStore::NewestRoomMessage` does, for a user that has opened the room
  /// before.
  /// @errors kNotAllowed when the user is no member any more, where it has to be.
  Result<std::uint64_t> NewestMessage(const UserId& user_id, RoomReach reach, const RoomKey& key,
                                      std::uint64_t room_number) const;

 private:
  /// The events after `since`, without each change of a custom field or of the number of viewers
  /// that a later one replaces; nullopt when some of them are missing, or there are too many.
  Result<std::optional<std::vector<StoredEvent>>> EventsSince(const Room& room,
                                                              std::uint64_t since) const;
  /// The newest of the messages after `since` up to `newest`, oldest first and without a gap: as
  /// many as are stored and fit. It is complete when there are no more after `since`.
  Result<MessagePage> NewestMessages(const Room& room, std::uint64_t since, std::uint64_t newest,
                                     MessageReads reads) const;
  /// The oldest of the messages after `after`, likewise; whether it is complete is left open.
  Result<MessagePage> OldestMessages(const Room& room, std::uint64_t after,
                                     MessageReads reads) const;
  /// Adds what has happened since the cursor, as far as it is known and not too much.
  Status Recover(const RoomCursor& since, RoomView& view) const;

  const ChannelDeps& deps_;
  const GroupAccess access_;
};

}  // namespace rtcroom
