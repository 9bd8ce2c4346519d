// The changes of rooms of one group of jobs: from the loaded rooms to the statements that write
// what has become of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/room_store.h"
#include "storage/postgres/pg_bans.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_messages.h"
#include "storage/postgres/pg_new_types.h"
#include "storage/postgres/pg_rooms.h"
#include "storage/postgres/pg_write.h"
#include "storage/shared/custom_events.h"

namespace rtcroom {

/// Runs the rules of a group over rooms in memory: each sees the results of the ones before it.
/// Only the net effect is written, and only if no room has been written meanwhile.
///
/// @threads one thread at a time.
class PgRoomGroup {
 public:
  /// @param rooms  stored now.
  /// @param now    time of records that are no events; bans that end later are in force.
  PgRoomGroup(const StoreLimits& limits, std::uint64_t rooms, TimePoint now,
              std::span<const PgNewType> new_types)
      : limits_(limits), rooms_before_(rooms), rooms_(rooms), now_(now), new_types_(new_types) {}

  /// The calls that load what the updates need; none without updates.
  std::vector<PgCall> LoadCalls(std::span<const RoomUpdate* const> updates);
  /// @param results  of those calls.
  Status Load(std::span<PgRows> results);

  /// It refuses from now on what nodes that know no newer schema cannot read.
  void RefuseBeyond(std::int32_t version) { readable_ = version; }
  /// @errors kStoreBusy when it is to be refused.
  [[nodiscard]] Status CheckReadable(const PgRecorded& what) const;
  /// The schema version that all nodes must know, to read what is to be written.
  [[nodiscard]] std::int32_t needed_version() const { return needed_; }

  /// It does what `RoomStore::UpdateAll` does for one update. Numbers and places of rooms that are
  /// made or become active are provisional.
  Result<RoomChange> Apply(const RoomUpdate& update);

  /// A record that changes no room and is readable; its row is among `OtherWrites`.
  /// @return its provisional position.
  std::uint64_t Add(const PgRecorded& what);

  /// Writes everything; each fails where a room is not as it was loaded.
  [[nodiscard]] std::vector<PgCall> WriteCalls(std::int64_t tag) const;
  /// The writes that go with the changes, after the events.
  [[nodiscard]] std::vector<PgWrite> OtherWrites() const;
  [[nodiscard]] bool has_records() const { return !records_.empty(); }

  /// Gives an outcome of `Apply` its real numbers.
  /// @param base  the newest position before the group.
  static void Resolve(std::uint64_t base, RoomChange& change);
  /// The change of the number of rooms.
  [[nodiscard]] std::int64_t added_rooms() const {
    return static_cast<std::int64_t>(rooms_) - static_cast<std::int64_t>(rooms_before_);
  }

 private:
  using Viewers = std::map<UserId, std::optional<Audience>>;  ///< nullopt: there is none
  /// The holder of an id.
  struct Holder {
    std::optional<PgRoom> loaded{};  ///< the stored room; nullopt: none
    std::optional<Room> room{};      ///< the room with the changes of the group; nullopt: none
    std::uint64_t last_position = 0;
    bool is_changed = false;
    bool is_new = false;  ///< `room` is not the loaded one
    Viewers loaded_viewers{};
    Viewers viewers{};  ///< viewers of `room`
    CustomEvents custom{};
  };
  /// The holders by id.
  using Holders = std::unordered_map<std::string, Holder, NameHash, std::equal_to<>>;
  /// The bans of the store, and of the group, by room and user.
  using Banned = std::set<std::pair<RoomKey, UserId>>;
  struct EnqueuedDelivery {
    DeliveryChange change{};
    TimePoint at{};
    std::size_t first_event = 0;  ///< place of its change's first event in `records_`
  };

  Status LoadViewers(PgRows& rows);
  /// The room as an edit sees it.
  [[nodiscard]] static Room View(const Holder& holder, const std::optional<UserId>& audience);
  [[nodiscard]] std::int32_t VersionOf(std::int64_t type) const;
  [[nodiscard]] Status CheckReadable(const RoomChange& change) const;
  void Record(PgNewRecord record);
  void SetNumbers(const Room* stored, RoomChange& change) const;
  void AddEvents(const RoomChange& change, Holder& holder);
  void Keep(const Room* stored, const RoomChange& change, Holder& holder);
  void KeepOthers(const RoomChange& change, std::size_t first_event);

  const StoreLimits& limits_;
  const std::uint64_t rooms_before_;
  std::uint64_t rooms_;
  const TimePoint now_;
  const std::span<const PgNewType> new_types_;
  std::int32_t readable_ = std::numeric_limits<std::int32_t>::max();
  std::int32_t needed_ = 0;
  Holders holders_;
  bool loads_viewers_ = false;
  std::vector<PgNewRecord> records_;
  Banned banned_;
  std::vector<PgGuest> guests_;  ///< users who have joined
  std::vector<EnqueuedDelivery> deliveries_;
  std::vector<pg::EndedRoom> ended_;
};

}  // namespace rtcroom
