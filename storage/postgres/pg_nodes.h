// The nodes that are registered in a database.
#pragma once

#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// By number.
inline constexpr PgStatement kPgListNodes{"list_nodes",
                                          R"(SELECT n.node, n.name, n.rounds, n.version,
      (extract(epoch FROM clock_timestamp()) * 1000)::bigint - t.through_ms,
      coalesce((SELECT string_agg(d.name, ' ' ORDER BY d.name) FROM duties d
        WHERE d.node = n.node), ''), n.config_hash
    FROM nodes n LEFT JOIN told t ON t.node = n.node ORDER BY n.node)"};

/// The result of that statement.
Result<std::vector<ListedNode>> ReadPgNodes(PgRows& rows);

}  // namespace rtcroom
