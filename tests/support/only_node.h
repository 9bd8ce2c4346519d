// A node that is alone on its store.
#pragma once

#include "daemon/core/cluster.h"
#include "daemon/core/node_lease.h"
#include "tests/support/fake_boot_clock.h"

namespace rtcroom {

/// @threads as its parts.
struct OnlyNode {
  OnlyNode() {
    lease.RenewForGood();
    lease.Record(*cluster.Renew());
  }
  OnlyNode(const OnlyNode&) = delete;
  OnlyNode& operator=(const OnlyNode&) = delete;

  FakeBootClock clock{};
  Alone cluster{};
  NodeLease lease{clock};
};

}  // namespace rtcroom
