// The nodes on a database: those that are registered, their wall clocks compared with the
// database's, and the reports that nodes have left behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// The nodes, in the order of their numbers.
inline constexpr PgStatement kPgListNodes{"list_nodes",
                                          R"(SELECT n.node, n.name, n.rounds, n.version,
      (extract(epoch FROM clock_timestamp()) * 1000)::bigint - t.through_ms,
      coalesce((SELECT string_agg(d.name, ' ' ORDER BY d.name) FROM duties d
        WHERE d.node = n.node), ''), n.config_hash
    FROM nodes n LEFT JOIN told t ON t.node = n.node ORDER BY n.node)"};

/// The result of that statement.
Result<std::vector<ListedNode>> ReadPgNodes(PgRows& rows);

/// Differences from the database's clock, as the nodes have reported them: their wall clock minus
/// the database's. A node that has reported none counts as right.
///
/// @threads one thread at a time.
class PgNodeClocks {
 public:
  /// The difference of this process. Of all that the readings allow it is the least, so that the
  /// time that the network takes is no difference.
  /// @param now_ms  of the database, read between `sent` and `received`.
  static std::chrono::milliseconds Difference(TimePoint sent, TimePoint received,
                                              std::int64_t now_ms);

  struct Report {
    std::string machine{};  ///< its name: processes of one machine share its clock
    std::chrono::milliseconds ahead{0};
  };
  void Put(std::uint64_t node, Report report) { reports_[node] = std::move(report); }
  void Erase(std::uint64_t node) { reports_.erase(node); }

  /// Whether the database's clock is the wrong one: it differs from those of several machines,
  /// which agree with each other, and no node agrees with it.
  [[nodiscard]] bool DatabaseDiffers() const;
  /// Whether that node may remove data by its wall clock.
  [[nodiscard]] bool Trusts(std::uint64_t node) const;

 private:
  std::map<std::uint64_t, Report> reports_{};
};

/// Remembers since when the node of a report has been gone. A node that was cut off may come back,
/// and then still needs the records that it has not applied; a machine that was lost does not.
///
/// @threads one thread at a time.
class PgLeftReports {
 public:
  /// Call it with each round.
  /// @param left  the reports whose nodes are gone, by node.
  /// @return those that have been seen so for `kept`.
  std::vector<std::uint64_t> Observe(std::span<const std::uint64_t> left, MonotonicTime now,
                                     MonotonicTime::duration kept);
  /// This node did not see what became of the others.
  void Forget() { since_.clear(); }

 private:
  std::map<std::uint64_t, MonotonicTime> since_{};
};

}  // namespace rtcroom
