// Waiting until all that a connection has read is on the standby.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// Connections of one node that confirm what they have read, each with a mark of its own.
inline constexpr std::uint64_t kPgMarksPerNode = 256;

namespace pg {

/// The connection must prepare these.
std::span<const PgStatement> Confirms();

/// Locks the mark: so the commit is one that waits for the disk and the synchronous standby, and
/// for whatever was committed before on this server. Changes nothing. To be run, alone or at the
/// end of other calls, by `PgConnection::RunConfirming`.
///
/// @param mark  of this connection: `node * kPgMarksPerNode`, and its number in the node.
std::vector<PgCall> Confirm(std::uint64_t mark);

/// The marks of a node that ends.
PgCall RemoveMarks(std::uint64_t node);

}  // namespace pg
}  // namespace rtcroom
