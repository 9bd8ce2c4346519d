// The types of records that not every program on the database can read, and marked tickets.
#pragma once

#include <cstdint>
#include <span>

namespace rtcroom {

/// A type of record, and the first schema version whose programs read it. Until all nodes know that
/// version, changes that need such a record are refused: they are made once all are upgraded.
struct PgNewType {
  std::int64_t type = 0;
  std::int32_t version = 0;
};

/// Add the types that a version brings, with the version. Remove them once `meta.least_version` is
/// at least that. None yet: older programs pass over the types that they do not know, ends of
/// logins.
inline constexpr std::span<const PgNewType> kPgNewTypes{};

/// The first schema version whose programs take a marked ticket of a login for what it is. Those
/// before take it for a room key, and refuse it.
inline constexpr std::int64_t kPgMarkedTickets = 3;

/// The first schema version whose programs have leases of viewers.
inline constexpr std::int64_t kPgViewerLeases = 7;

/// The first schema version whose programs read messages as they were sent: texts, custom ones, and
/// elements that are unguarded. Those before hand the body of any message to any client.
inline constexpr std::int64_t kPgPlainMessages = 9;

}  // namespace rtcroom
