// Mapping between the log of the store and rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/event_log.h"
#include "daemon/core/notice_log.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/session_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom {

/// Positions that a group of changes gets are not known before its transaction has the turn: until
/// then `kPgProvisional + n` is the place of the n-th event of the group, counted from 1. Numbers
/// and places of rooms are positions, too.
inline constexpr std::uint64_t kPgProvisional = std::uint64_t{1} << 62;

/// The real number, where `base` is the newest position before the group.
inline std::uint64_t ResolvePgNumber(std::uint64_t number, std::uint64_t base) {
  return number > kPgProvisional ? base + (number - kPgProvisional) : number;
}

/// The record of a commit that has no other: every commit is in the log.
struct PgWritten {};

/// The content of a record: an event, or another change that all nodes need.
using PgRecorded = std::variant<StoredEvent, MixChanged, Revocation, Ban, SessionChange,
                                AccountLogin, EndedLogin, AccountValidity, PushNotice, PgWritten>;

/// Records are in the order of positions.
struct PgRecord {
  std::uint64_t position = 0;
  PgRecorded what{};  ///< where it has a position, that of the record
  TimePoint at{};     ///< when it was written, unless it is an event
  /// The room's entry in the lists after an event that changes them.
  std::uint64_t place = 0;
  std::string type{};
};

inline bool IsEvent(const PgRecord& record) {
  return std::holds_alternative<StoredEvent>(record.what);
}

/// A record to be written; its position, and other numbers in it, may be provisional.
struct PgNewRecord {
  PgRecord record{};
  std::uint64_t previous = 0;  ///< position of the room's previous event, or provisional; 0: none
};

/// The newest of what is stored beside the log; 0: none yet.
struct PgNewest {
  std::uint64_t message = 0;   ///< its position
  std::uint64_t delivery = 0;  ///< its id
};

/// A record of the log, and its commit.
struct PgLogPlace {
  std::uint64_t position = 0;  ///< 0: none yet
  std::int64_t tag = 0;
};

/// A part of the log.
struct PgLogPage {
  std::vector<PgRecord> records{};   ///< records of types that this program knows
  std::uint64_t through = 0;         ///< position of the last one that was read; 0: none was
  std::vector<std::int64_t> tags{};  ///< tags of the commits that were read, in order
  std::size_t rows = 0;              ///< how many were read
  std::uint64_t trimmed = 0;         ///< up to that position records have been removed
  PgNewest newest{};
  std::uint64_t retained = 0;  ///< number of events that are stored
};

/// The amount that a step of trimming has removed.
struct PgTrimmed {
  std::uint64_t records = 0;
  std::uint64_t events = 0;  ///< among them
};

/// The ends of the log, where a node begins.
struct PgLogEnds {
  std::string epoch{};
  std::uint64_t newest = 0;    ///< position of the newest record
  std::int64_t tag = 0;        ///< tag of that one, if it is stored
  std::uint64_t retained = 0;  ///< number of events that are stored
  PgNewest beside{};
};

namespace pg {

std::span<const PgStatement> EventReads();
std::span<const PgStatement> EventWrites();
/// The statements of a connection that only reads the log.
std::span<const PgStatement> LogFollows();

// These do what the functions of `EventLog` do.

Result<EventPage> ReadEvents(PgConnection& connection, const Cursor& cursor, std::size_t limit,
                             MonotonicTime deadline);
Result<std::vector<StoredEvent>> ReadRoomEvents(PgConnection& connection, const RoomKey& key,
                                                std::optional<std::uint64_t> before,
                                                std::size_t limit, MonotonicTime deadline);
Result<std::vector<StoredEvent>> ReadSeatLosses(PgConnection& connection, const RoomKey& key,
                                                const UserId& user, MonotonicTime deadline);
Result<PgLogEnds> LoadLogEnds(PgConnection& connection, MonotonicTime deadline);
Result<Cursor> Newest(PgConnection& connection, MonotonicTime deadline);
/// It is `Newest` as a statement of `EventReads`, to be run among others.
PgCall ReadNewest();
Result<Cursor> ReadNewest(PgRows& rows);
Result<StoredRemovalTime> LoadRemovalTime(PgConnection& connection, MonotonicTime deadline);
PgWrite BeginRemovals(TimePoint time);
/// @param trimmed  receives what was removed; as many records as may be unless no more may be.
PgWrite TrimEvents(const EventRetention& retention, PgTrimmed& trimmed);

/// `limit` records after that position, and those after them that were committed with the last one;
/// and the newest of the rest in the same snapshot.
/// @param limit  at least 1.
PgCall ReadLog(std::uint64_t after, std::size_t limit);
Result<PgLogPage> ReadLogPage(PgRows& rows);

/// Inserts the records, in order, after all that need the newest position before them.
/// @param tag  of the group.
PgCall InsertRecords(std::span<const PgNewRecord> records, std::int64_t tag);
/// The newest position before the group, in the result of that call.
Result<std::uint64_t> ReadBase(PgRows& rows);

/// The first position after `after` that a group with that tag has written; 0 when there is none.
/// @errors kStoreBroken also when records after `after` have been removed, and it is not known.
Result<std::uint64_t> FindTag(PgConnection& connection, std::int64_t tag, std::uint64_t after,
                              MonotonicTime deadline);

}  // namespace pg
}  // namespace rtcroom
