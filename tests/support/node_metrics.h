// The metrics of a server that shares its store.
#pragma once

#include <set>
#include <string>

namespace rtcroom {

/// Those that only other servers on the store, or its database, change.
inline std::set<std::string> MetricsOfNodes() {
  return {"rtcroomd_nodes",
          "rtcroomd_duty",
          "rtcroomd_node_cut_off_seconds",
          "rtcroomd_node_told_age_seconds",
          "rtcroomd_clock_difference_seconds",
          "rtcroomd_store_turn_wait_seconds",
          "rtcroomd_store_second_tries_total",
          "rtcroomd_store_fenced_total",
          "rtcroomd_store_follower_age_seconds",
          "rtcroomd_store_follower_lag_seconds",
          "rtcroomd_store_connects_total",
          "rtcroomd_store_without_standby",
          "rtcroomd_store_two_primaries"};
}

}  // namespace rtcroom
