// GET /console/api/nodes: the servers that share the store.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/core/cluster.h"
#include "daemon/core/commit_follower.h"
#include "daemon/core/node_lease.h"

namespace rtcroom {

/// What this server knows of the nodes; all of it must outlive the users.
struct NodeSources {
  Cluster& cluster;
  const NodeLease& lease;
  const CommitFollower& log;
  bool is_shared = false;  ///< whether other servers can use the store
};

/// What is known here, and the nodes that are registered. Where these cannot be read, it tells why
/// instead. Waits for the store.
nlohmann::json DescribeNodes(const NodeSources& sources);

}  // namespace rtcroom
