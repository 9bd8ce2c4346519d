// Which node does the work that only one may do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "daemon/core/node_lease.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_nodes.h"

namespace rtcroom {

inline constexpr PgStatement kPgDutyRows{"cluster_duties", "SELECT name, node, term FROM duties"};
inline constexpr PgStatement kPgClaimDuty{
    "cluster_claim_duty",
    "UPDATE duties SET node = $1, term = term + 1 WHERE name = $2 AND term = $3"
    " AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.node = duties.node)"
    " AND EXISTS (SELECT 1 FROM nodes n WHERE n.node = $1) RETURNING term"};
inline constexpr PgStatement kPgYieldDuty{
    "cluster_yield_duty",
    "UPDATE duties SET node = NULL WHERE name = $2 AND node = $1 AND term = $3"};

/// The duties as one round of a node finds them.
///
/// @threads one thread at a time.
class PgDuties {
 public:
  /// @param rows  of `kPgDutyRows`.
  explicit PgDuties(PgRows& rows);

  /// The nodes among which duties are shared, as all of them know them.
  struct Nodes {
    std::uint64_t self = 0;
    std::vector<std::uint64_t> alive{};
    PgNodeClocks clocks{};
    bool yields = true;  ///< gives up what `clocks` forbid
  };
  /// Gives up what this node must not have, and takes what nobody has, if it is this node's turn.
  /// @param lease  of this node; a duty ends there before others can have it.
  Status Share(const Nodes& nodes, NodeLease& lease, PgConnection& connection,
               MonotonicTime deadline);

  /// The value for `NodeStanding::keeps_bounds`.
  [[nodiscard]] static bool KeepsBounds(const Nodes& nodes);

  [[nodiscard]] bool Holds(std::uint64_t node, Duty duty) const;
  /// The value for `NodeStanding::terms`.
  [[nodiscard]] std::array<std::optional<std::uint64_t>, kDuties> TermsOf(std::uint64_t node) const;

 private:
  struct Row {
    std::optional<std::uint64_t> node{};
    std::uint64_t term = 0;
  };

  std::array<Row, kDuties> rows_{};
};

}  // namespace rtcroom
