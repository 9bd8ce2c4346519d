// GET /console/api/nodes: the servers that share the store.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/core/cluster.h"
#include "daemon/core/commit_follower.h"
#include "daemon/core/node_lease.h"

namespace rtcroom {

/// The sources of the description of the nodes. What they refer to must outlive the users.
struct NodeSources {
  Cluster& cluster;
  const NodeLease& lease;
  const CommitFollower* follower = nullptr;  ///< null: no other server can use the store
};

/// The state of this node, and the list of registered nodes from the store. If the list cannot be
/// read, the reason is given instead. Waits for the store.
nlohmann::json DescribeNodes(const NodeSources& sources);

}  // namespace rtcroom
