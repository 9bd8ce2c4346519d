// Whether the clock of this machine lets a node start.
#pragma once

#include "daemon/base/result.h"
#include "daemon/core/cluster.h"

namespace rtcroom {

/// A node whose clock is far from the database's would sign and check tickets by it, and date what
/// it stores. One that runs already goes on: its clients are better served than sent away.
///
/// @errors kStoreBusy, with one sentence for the operator: the clock may be set meanwhile.
Status CheckStartClock(const NodeStanding& standing);

}  // namespace rtcroom
