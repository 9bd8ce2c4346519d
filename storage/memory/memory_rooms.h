// Rooms and their events in memory: the reference implementation for the other stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/core/room_list_index.h"
#include "daemon/core/store.h"
#include "storage/memory/audience_table.h"
#include "storage/memory/event_table.h"
#include "storage/memory/memory_accounts.h"
#include "storage/memory/memory_bans.h"
#include "storage/memory/memory_deliveries.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_messages.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryRooms : public Store {
 public:
  /// The other kinds of rows that a change of a room may change.
  struct Others {
    MemoryBans& bans;
    MemoryDeliveries& deliveries;
    MemoryMessages& messages;
    MemoryAccounts& accounts;
  };
  /// All must outlive it.
  MemoryRooms(MemoryEngine& engine, std::uint64_t max_rooms, std::string epoch,
              const Others& others);

  Result<Room> Load(const RoomKey& key) override;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override;
  Result<std::vector<Room>> List(const RoomListQuery& query) override;
  Result<AudiencePage> LoadAudiences(const RoomKey& key) override;
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                              std::span<const UserId> users) override;
  Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number, const UserId& user_id,
                                                std::size_t limit) override;
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override;
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key, const UserId& user) override;
  Result<Cursor> Newest() override;
  Result<std::size_t> TrimEvents(const EventRetention& retention) override;
  [[nodiscard]] std::uint64_t CountRooms(RoomKind kind) const override;

 private:
  Result<RoomChange> ApplyLocked(const RoomUpdate& update) REQUIRES(engine_.mutex);
  const Room* FindLocked(const RoomKey& key) const REQUIRES(engine_.mutex);
  const Audience* FindAudienceLocked(std::uint64_t room, const UserId& user) const
      REQUIRES(engine_.mutex);
  void PlaceLocked(const Room* stored, Room& room) REQUIRES(engine_.mutex);
  void KeepLocked(const Room* stored, const Room& room) REQUIRES(engine_.mutex);
  void DropLocked(const Room& room) REQUIRES(engine_.mutex);

  MemoryEngine& engine_;
  const std::uint64_t max_rooms_;
  const Others others_;
  std::unordered_map<RoomId, Room> rooms_ GUARDED_BY(engine_.mutex);  ///< without their audience
  std::unordered_map<std::uint64_t, AudienceTable> audiences_
      GUARDED_BY(engine_.mutex);  ///< by room
  std::unordered_map<std::uint64_t, RoomId> by_place_ GUARDED_BY(engine_.mutex);
  RoomListIndex order_ GUARDED_BY(engine_.mutex);
  std::uint64_t last_sequence_ GUARDED_BY(engine_.mutex) = 0;
  EventTable events_ GUARDED_BY(engine_.mutex);
};

}  // namespace rtcroom
